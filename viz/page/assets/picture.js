// The picture: its blocks and edges, and the numbers written on them.

import { byId } from "./elements.js";
import { written } from "./numbers.js";

export class Picture {
  constructor(data, machine) {
    this.data = data;
    this.machine = machine;
    this.svg = document.querySelector("#picture svg");
    this.blocks = new Map(Object.keys(data.blocks).map((id) => [id, byId(`node-${id}`)]));
    this.edges = data.links.map((link) => byId(link.id));
    this.numbers = [];
    for (const [id, group] of this.blocks) this.find(group, data.blocks[id].lines, 1);
    data.links.forEach((link, i) => this.find(this.edges[i], link.lines, 0));
    this.assigned = new Map(machine ? machine.program.assigns : []);
  }

  // Find the pieces of text that end in a number; a line's pieces have one height.
  find(group, lines, titles) {
    const rows = new Map();
    for (const piece of group.querySelectorAll("text")) {
      const y = piece.getAttribute("y");
      if (!rows.has(y)) rows.set(y, []);
      rows.get(y).push(piece);
    }
    [...rows.values()].slice(titles).forEach((pieces, i) => {
      for (const reading of (lines[i] || []).filter((part) => typeof part !== "string")) {
        const last = pieces.filter((piece) => piece.textContent.includes(reading.was)).pop();
        if (last) this.numbers.push(placed(pieces, last, reading));
      }
    });
  }

  // Write all numbers anew; those of the leaves in `updated` as they will be.
  write(updated = new Set()) {
    const machine = this.machine;
    for (const { reading, piece, before, after, space, pieces, middle } of this.numbers) {
      const leaf = machine && machine.program.nodes[reading.at].leaf;
      const later = updated.has(leaf) ? this.assigned.get(leaf) : undefined;
      const live = later !== undefined || (machine && machine.changed);
      const at = later === undefined ? reading.at : later;
      const text = live
        ? before + written(reading, machine.value(at)) + space
        : before + reading.was + after;
      if (piece.textContent === text) continue;
      piece.textContent = text;
      centre(pieces, middle);
    }
    this.svg.classList.toggle("changed", Boolean(machine && machine.changed));
    this.weigh();
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

// A number on the picture: the piece of text it is in, and what stands around it.
function placed(pieces, piece, reading) {
  const text = piece.textContent;
  const at = text.lastIndexOf(reading.was);
  const last = pieces[pieces.length - 1];
  const left = Number(pieces[0].getAttribute("x"));
  const right = Number(last.getAttribute("x")) + last.getComputedTextLength();
  return {
    reading,
    piece,
    pieces,
    before: text.slice(0, at),
    after: text.slice(at + reading.was.length),
    space: text.slice(at).match(/\s*$/)[0],
    middle: (left + right) / 2,
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
