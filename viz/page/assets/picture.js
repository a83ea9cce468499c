// The picture: its blocks and edges, and the numbers written on them.

import { byId } from "./elements.js";
import { Checks } from "./checks.js";
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
    this.findDropped();
    this.verdicts = [...this.svg.querySelectorAll("text")]
      .filter((piece) => VERDICT.test(piece.textContent) && !piece.closest(".node, .edge"))
      .map((piece) => ({ piece, was: piece.textContent }));
    const checked = this.verdicts.some(({ was }) => CHECKED.test(was));
    this.checks = this.marks && checked
      ? new Checks(data.explained, data.marks.loss, machine, () => this.rewrite()) : null;
    this.looks = this.edges.map((edge) => lookOf(edge.querySelector("path")));
    this.assigned = new Map(machine ? machine.program.assigns : []);
  }

  // Find the pieces of text with numbers in them, from the end of each line.
  find(group, { lines, kinds = [], weight }, titles) {
    const texts = group.querySelectorAll("text");
    linesOf(texts).slice(titles).forEach((pieces, i) => {
      if (weight && i) pieces.forEach((piece) => piece.classList.add("gradient"));
      const readings = (lines[i] || []).filter((part) => typeof part !== "string");
      const gradient = kinds[i] === "gradient";
      for (const found of numbersIn(pieces, readings)) this.numbers.push({ ...found, gradient });
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

  // Find the units that a random mask may drop, and the edges of them.
  findDropped() {
    for (const piece of this.svg.querySelectorAll("text.mark")) {
      if (piece.textContent.includes(DROPPED)) piece.classList.replace("mark", "dropped");
    }
    this.droppable = [
      ...[...this.blocks].map(([id, group]) => [group, this.data.blocks[id].dropped]),
      ...this.data.links.map(({ dropped }, i) => [this.edges[i], dropped]),
    ];
  }

  // Whether something is dropped now: a number that it is multiplied by is 0.
  isDropped(group, dropped) {
    if (!dropped.length) return group.classList.contains("dropped");
    return dropped.some(([place, entry]) => this.machine.value(place).data[entry] === 0);
  }

  // Write all numbers anew; those of the leaves in `updated` as they will be.
  write(updated = new Set()) {
    this.rewrite = () => this.write(updated);
    const machine = this.machine;
    const placeOf = ({ at }) => {
      const leaf = machine && machine.program.nodes[at].leaf;
      return updated.has(leaf) ? this.assigned.get(leaf) : at;
    };
    for (const { readings, gradient, piece, was, before, after, space, pieces, middle } of this.numbers) {
      const places = readings.map(placeOf);
      const live = machine && (machine.changed || places.some((at, i) => at !== readings[i].at));
      const numbers = live && readings.map((reading, i) => before[i] + written(reading, machine.value(places[i])));
      const signs = gradient ? this.signs(places[places.length - 1], after) : "";
      const text = live ? numbers.join("") + signs + space : was;
      if (piece.textContent === text) continue;
      piece.textContent = text;
      centre(pieces, middle);
    }
    this.svg.classList.toggle("changed", Boolean(machine && machine.changed));
    this.weigh();
    this.drop();
    this.mark();
  }

  // Show which units and edges are dropped by the mask as it is now.
  drop() {
    for (const [group, dropped] of this.droppable) {
      group.classList.toggle("gone", this.isDropped(group, dropped));
    }
  }

  // The signs behind a gradient: its mark, and whether a finite difference agrees.
  signs(at, after) {
    const checked = this.checks && /[✓✗]/.test(after);
    return this.marks.sign(at) + (checked ? this.checks.sign(this.marks.whose(at)) : "");
  }

  // Write the marks of the gradients as they are now. What was checked in other ways
  // than by finite differences holds for the numbers as they were, and says so.
  mark() {
    if (!this.marks) return;
    const { changed } = this.machine;
    for (const { marked, i, pieces, was, middle } of this.words) {
      const now = changed ? [this.marks.words(marked)[i] || ""] : was;
      pieces.forEach((piece, k) => { piece.textContent = now[k] || ""; });
      centre(pieces, middle);
    }
    for (const { piece, was } of this.verdicts) {
      const again = this.checks && this.checks.nodes.length && CHECKED.test(was);
      const text = changed ? (again ? this.checks.verdict() : STALE) : was;
      piece.textContent = text;
      piece.setAttribute("fill", `var(--theme-${COLOURS[text[0]] || "faint"})`);
    }
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
      this.edges[i].classList.add("weighted");
      const weight = this.machine.number(...link.weight);
      const path = this.edges[i].querySelector("path");
      path.setAttribute("stroke-width", Math.min(0.6 + Math.abs(weight), 3).toFixed(2));
      path.setAttribute("stroke-dasharray", weight < 0 ? "5,2" : "none");
    });
  }
}

const STALE = "checked for the numbers as they were";
const VERDICT = /^[✓✗](?! too much)/;
const DROPPED = "✗ dropped";
const CHECKED = /finite differences/;
const COLOURS = { "✓": "good", "✗": "alarm" };
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

// The pieces of a line in words have one height.
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

// The pieces of a line with numbers in them: each with what stands before the numbers,
// and behind the last.
function numbersIn(pieces, readings) {
  const found = [];
  let [current, end] = [pieces.length - 1, undefined];
  for (const reading of [...readings].reverse()) {
    for (let k = current; k >= 0; k -= 1) {
      const text = pieces[k].textContent;
      const at = text.slice(0, k === current ? end : undefined).lastIndexOf(reading.was);
      if (at < 0) continue;
      if (!found.length || found[0].piece !== pieces[k]) {
        const after = text.slice(at + reading.was.length);
        found.unshift({
          piece: pieces[k], was: text, readings: [], before: [], after,
          space: after.match(/\s*$/)[0], pieces, middle: middleOf(pieces),
        });
      } else {
        const [{ before }] = found;
        before[0] = text.slice(at + reading.was.length, end);
      }
      found[0].readings.unshift(reading);
      found[0].before.unshift(text.slice(0, at));
      [current, end] = [k, at];
      break;
    }
  }
  return found;
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
