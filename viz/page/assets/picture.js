// The picture: its blocks and edges, and the numbers written on them.

import { byId } from "./elements.js";
import { Marks } from "./marks.js";
import { written } from "./numbers.js";

export class Picture {
  constructor(data, machine) {
    Object.assign(this, { data, machine, words: [] });
    this.marks = data.marks && new Marks(data.marks, data.explained, machine);
    this.svg = document.querySelector("#picture svg");
    this.blocks = new Map(Object.keys(data.blocks).map((id) => [id, byId(`node-${id}`)]));
    this.edges = data.links.map((link) => byId(link.id));
    this.numbers = [];
    for (const [id, group] of this.blocks) this.find(group, data.blocks[id], 1);
    data.links.forEach((link, i) => this.find(this.edges[i], link, 0));
    for (const [id, group] of this.blocks) this.findWords(group, data.blocks[id].marked);
    this.verdict = [...this.svg.querySelectorAll("text")]
      .filter((piece) => /^[✓✗]/.test(piece.textContent) && !piece.closest(".node, .edge"))
      .map((piece) => ({ piece, was: piece.textContent }));
    this.looks = this.edges.map((edge) => lookOf(edge.querySelector("path")));
    this.assigned = new Map(machine ? machine.program.assigns : []);
  }

  // Find the pieces of text that end in a number.
  find(group, { lines, kinds = [], weight }, titles) {
    const texts = group.querySelectorAll("text");
    (titles ? linesOf(texts) : rowsOf(texts)).slice(titles).forEach((pieces, i) => {
      if (weight && i) pieces.forEach((piece) => piece.classList.add("gradient"));
      for (const reading of (lines[i] || []).filter((part) => typeof part !== "string")) {
        const last = pieces.filter((piece) => piece.textContent.includes(reading.was)).pop();
        if (last) this.numbers.push({ ...placed(pieces, last, reading), gradient: kinds[i] === "gradient" });
      }
    });
  }

  // Find the lines in which a block says what is remarkable about its gradients.
  findWords(group, marked) {
    if (!this.marks || !marked.length) return;
    for (const [i, pieces] of rowsOf(group.querySelectorAll("text.mark")).entries()) {
      pieces.forEach((piece) => piece.classList.replace("mark", "remark"));
      const was = pieces.map((piece) => piece.textContent);
      this.words.push({ marked, i, pieces, was, middle: middleOf(pieces) });
    }
  }

  // Write all numbers anew; those of the leaves in `updated` as they will be.
  write(updated = new Set()) {
    const machine = this.machine;
    for (const { reading, gradient, piece, before, after, space, pieces, middle } of this.numbers) {
      const leaf = machine && machine.program.nodes[reading.at].leaf;
      const later = updated.has(leaf) ? this.assigned.get(leaf) : undefined;
      const live = later !== undefined || (machine && machine.changed);
      const at = later === undefined ? reading.at : later;
      const text = live
        ? before + written(reading, machine.value(at)) + (gradient ? this.marks.sign(at) : "") + space
        : before + reading.was + after;
      if (piece.textContent === text) continue;
      piece.textContent = text;
      centre(pieces, middle);
    }
    this.svg.classList.toggle("changed", Boolean(machine && machine.changed));
    this.weigh();
    this.mark();
  }

  // Write the marks of the gradients as they are now. What was checked against finite
  // differences holds for the numbers as they were, and says so.
  mark() {
    if (!this.marks) return;
    const { changed } = this.machine;
    for (const { marked, i, pieces, was, middle } of this.words) {
      const now = changed ? [this.marks.words(marked)[i] || ""] : was;
      pieces.forEach((piece, k) => { piece.textContent = now[k] || ""; });
      centre(pieces, middle);
    }
    for (const { piece, was } of this.verdict) piece.textContent = changed ? STALE : was;
    this.data.links.forEach((link, i) => {
      if (link.kind !== "backward" || link.marked === null) return;
      const look = changed ? markedLook(this.marks.of(link.marked), LOOKS[link.role]) : this.looks[i];
      const path = this.edges[i].querySelector("path");
      path.setAttribute("stroke-width", look.width);
      path.setAttribute("stroke-dasharray", look.dash);
    });
  }

  // Lines as thick as the weights they stand for, dashed below zero.
  weigh() {
    if (!this.machine) return;
    this.data.links.forEach((link, i) => {
      if (!link.weight) return;
      const weight = this.machine.number(...link.weight);
      const path = this.edges[i].querySelector("path");
      path.setAttribute("stroke-width", Math.min(0.6 + Math.abs(weight), 3).toFixed(2));
      path.setAttribute("stroke-dasharray", weight < 0 ? "5,2" : "none");
    });
  }
}

const STALE = "checked for the numbers as they were";
const LOOKS = { loss: "none", between: "none", parameter: "5,2", data: "1,5" };

const lookOf = (path) => ({
  width: path ? path.getAttribute("stroke-width") || "1" : "1",
  dash: path ? path.getAttribute("stroke-dasharray") || "none" : "none",
});

// Thin and dotted where too little flows, thick where too much does.
function markedLook(mark, dash) {
  if (mark === "dead" || mark === "vanishing") return { width: "1", dash: "1,5" };
  return { width: mark ? "5" : "2.2", dash: mark ? "none" : dash };
}

// Pieces of text, line by line; those of a line have one height.
// A line of a block begins and ends with a thin space; other text, such as a sign, is by
// itself. Two lines of a unit have one height.
const THIN = "\u2009";

function linesOf(pieces) {
  const lines = [];
  let line = [];
  for (const piece of pieces) {
    const words = piece.textContent;
    if (words.length > 2 && words.startsWith(THIN) && words.endsWith(THIN)) lines.push([piece]);
    else if (words === THIN || line.length) {
      line.push(piece);
      if (words === THIN && line.length > 1) {
        lines.push(line);
        line = [];
      }
    }
  }
  return lines;
}

// The pieces of a line of an edge have one height.
function rowsOf(pieces) {
  const rows = new Map();
  for (const piece of pieces) {
    const y = piece.getAttribute("y");
    if (!rows.has(y)) rows.set(y, []);
    rows.get(y).push(piece);
  }
  return [...rows.values()];
}

function middleOf(pieces) {
  const last = pieces[pieces.length - 1];
  return (Number(pieces[0].getAttribute("x")) + Number(last.getAttribute("x")) + last.getComputedTextLength()) / 2;
}

// A number on the picture: the piece of text it is in, and what stands around it.
function placed(pieces, piece, reading) {
  const text = piece.textContent;
  const at = text.lastIndexOf(reading.was);
  return {
    reading,
    piece,
    pieces,
    before: text.slice(0, at),
    after: text.slice(at + reading.was.length),
    space: text.slice(at).match(/\s*$/)[0],
    middle: middleOf(pieces),
  };
}

// Set the pieces of a line one behind the other, around where its middle was.
function centre(pieces, middle) {
  const widths = pieces.map((piece) => piece.getComputedTextLength());
  let x = middle - widths.reduce((a, b) => a + b, 0) / 2;
  pieces.forEach((piece, i) => {
    piece.setAttribute("x", x.toFixed(2));
    x += widths[i];
  });
}
