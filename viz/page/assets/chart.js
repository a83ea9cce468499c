// A chart: a square of coloured cells with axes, a line and points on it.

import { byId, drawn } from "./elements.js";
import { number } from "./numbers.js";

const SIDE = 240;
const MARGIN = 32;
export const CELLS = 32;
const CELL = (SIDE - 2 * MARGIN) / CELLS;

// The middles of some cells between two ends.
export const spread = ([low, high], count = CELLS) =>
  Array.from({ length: count }, (_, i) => low + ((i + 0.5) * (high - low)) / count);

// A colour between two, each [red, green, blue].
export const mixed = (share, from, to) =>
  `rgb(${from.map((v, i) => Math.round(v + (to[i] - v) * share)).join(" ")})`;

const pathOf = (points) =>
  `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;

export class Chart {
  constructor(id, [across, up]) {
    this.svg = byId(id);
    this.svg.closest("figure").hidden = false;
    this.svg.setAttribute("viewBox", `0 0 ${SIDE} ${SIDE}`);
    this.cells = drawn("g", {}, this.svg);
    this.line = drawn("path", { class: "line" }, this.svg);
    this.points = drawn("g", {}, this.svg);
    const middle = SIDE / 2;
    this.write(middle, SIDE - 14, "middle", across);
    this.write(14, middle, "middle", up, `rotate(-90 14 ${middle})`);
    this.ends = [
      this.write(MARGIN, SIDE - 14, "start"),
      this.write(SIDE - MARGIN, SIDE - 14, "end"),
      this.write(MARGIN - 3, SIDE - MARGIN, "end"),
      this.write(MARGIN - 3, MARGIN + 8, "end"),
    ];
  }

  write(x, y, anchor, text = "", transform = "") {
    const label = drawn("text", { x, y, "text-anchor": anchor, transform }, this.svg);
    label.textContent = text;
    return label;
  }

  // Say from where to where the axes go.
  scale(across, up) {
    this.ranges = [across, up];
    [...across, ...up].forEach((v, i) => {
      this.ends[i].textContent = number(v, 2);
    });
  }

  // Where a point of the axes is on the chart.
  at([x, y]) {
    const [across, up] = this.ranges.map(([low, high], axis) => {
      const share = ((axis ? y : x) - low) / (high - low);
      return (SIDE - 2 * MARGIN) * share;
    });
    return [MARGIN + across, SIDE - MARGIN - up];
  }

  // Colour the cells, row by row from below.
  fill(colors) {
    if (!this.cells.childElementCount) {
      colors.forEach((_, i) => {
        const x = (MARGIN + (i % CELLS) * CELL).toFixed(2);
        const y = (SIDE - MARGIN - (Math.floor(i / CELLS) + 1) * CELL).toFixed(2);
        const size = (CELL + 0.2).toFixed(2);
        drawn("rect", { x, y, width: size, height: size }, this.cells);
      });
    }
    colors.forEach((color, i) => this.cells.children[i].setAttribute("fill", color));
  }

  draw(points) {
    this.line.setAttribute("d", points.length ? pathOf(points.map((p) => this.at(p))) : "");
  }

  // Put circles on the chart, each [point, attributes].
  put(points) {
    this.points.replaceChildren();
    for (const [point, attributes] of points) {
      const [cx, cy] = this.at(point).map((v) => v.toFixed(1));
      drawn("circle", { r: 5, cx, cy, ...attributes }, this.points);
    }
  }

  // Draw the line on which values, one for each cell, pass zero.
  contour(values) {
    const middle = ([i, j]) => [MARGIN + (i + 0.5) * CELL, SIDE - MARGIN - (j + 0.5) * CELL];
    const crossing = (a, b) => {
      const [u, v] = [a, b].map(([i, j]) => values[j * CELLS + i]);
      if (u < 0 === v < 0) return [];
      const [p, q] = [middle(a), middle(b)];
      return [p.map((from, axis) => from + (u / (u - v)) * (q[axis] - from))];
    };
    const parts = [];
    for (let i = 0; i + 1 < CELLS; i += 1) {
      for (let j = 0; j + 1 < CELLS; j += 1) {
        const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
        const met = corners.flatMap((a, k) => crossing(a, corners[(k + 1) % 4]));
        for (let k = 0; k + 1 < met.length; k += 2) parts.push(pathOf(met.slice(k, k + 2)));
      }
    }
    this.line.setAttribute("d", parts.join(""));
  }
}
