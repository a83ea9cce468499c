// Maps: the loss over one or two parameters, and a decision over two inputs.

import { byId, drawn } from "./elements.js";
import { number } from "./numbers.js";
import { sizeOf } from "./arrays.js";

const SIDE = 240;
const CELLS = 32;
const MARGIN = 20;

// Positions of the cells' middles between two ends.
const spread = ([low, high], count) =>
  Array.from({ length: count }, (_, i) => low + ((i + 0.5) * (high - low)) / count);

const scaled = (value, [low, high]) => MARGIN + ((SIDE - 2 * MARGIN) * (value - low)) / (high - low);
const around = (value) => [value - Math.max(2, Math.abs(value)), value + Math.max(2, Math.abs(value))];

class Chart {
  constructor(id, names) {
    this.svg = byId(id);
    this.svg.closest("figure").hidden = false;
    this.svg.setAttribute("viewBox", `0 0 ${SIDE} ${SIDE}`);
    this.cells = drawn("g", {}, this.svg);
    this.lines = drawn("path", { class: "line" }, this.svg);
    this.points = drawn("g", {}, this.svg);
    this.ends = names.map((name, i) => {
      const at = i ? { x: 4, y: 14 } : { x: SIDE - 4, y: SIDE - 4, "text-anchor": "end" };
      drawn("text", at, this.svg).textContent = name;
      return null;
    });
  }

  // Fill the cells: `colorOf` says the colour of a value, and `values` go row by row.
  fill(values, colorOf) {
    const size = (SIDE - 2 * MARGIN) / CELLS;
    this.svg.classList.add("cells");
    if (!this.cells.childElementCount) {
      values.forEach((_, i) => {
        const [x, y] = [MARGIN + (i % CELLS) * size, SIDE - MARGIN - (Math.floor(i / CELLS) + 1) * size];
        drawn("rect", { x: x.toFixed(2), y: y.toFixed(2), width: size + 0.3, height: size + 0.3 }, this.cells);
      });
    }
    [...this.cells.children].forEach((cell, i) => cell.setAttribute("fill", colorOf(values[i])));
  }

  // The line on which the values, one for each cell, pass a level.
  contour(values, level) {
    const size = (SIDE - 2 * MARGIN) / CELLS;
    const at = (column, row) => [MARGIN + (column + 0.5) * size, SIDE - MARGIN - (row + 0.5) * size];
    const parts = [];
    const between = (a, b) => {
      const [u, v] = [values[a[1] * CELLS + a[0]] - level, values[b[1] * CELLS + b[0]] - level];
      if (u < 0 === v < 0) return [];
      const [p, q] = [at(...a), at(...b)];
      const part = u / (u - v);
      return [[p[0] + part * (q[0] - p[0]), p[1] + part * (q[1] - p[1])]];
    };
    for (let i = 0; i + 1 < CELLS; i += 1) {
      for (let j = 0; j + 1 < CELLS; j += 1) {
        const [a, b, c, d] = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
        const met = [...between(a, b), ...between(b, c), ...between(c, d), ...between(d, a)];
        for (let k = 0; k + 1 < met.length; k += 2) {
          parts.push(`M${met.slice(k, k + 2).map((p) => p.map((v) => v.toFixed(1)).join(" ")).join("L")}`);
        }
      }
    }
    this.lines.setAttribute("d", parts.join(""));
  }
}

const mixed = (share, from, to) =>
  `rgb(${from.map((v, i) => Math.round(v + (to[i] - v) * share)).join(" ")})`;
const [PALE, DEEP, LOW, HIGH] = [[255, 250, 235], [123, 44, 191], [3, 83, 164], [193, 18, 31]];
const CLASSES = ["#86bdf5", "#ffb3b8", "#a8e0b4", "#ffda94", "#d9bff5", "#b8c4cc"];
const EXAMPLES = ["#0353a4", "#c1121f", "#2b7a3d", "#b7791f", "#7b2cbf", "#495057"];

// The loss over one or two numbers of the parameters, and the way down.
export class Landscape {
  constructor(numbers, loss, machine) {
    Object.assign(this, { numbers, loss, machine, trail: [] });
    this.map = new Chart("landscape", [...numbers.map(([, , name]) => name), "J"].slice(0, 2));
    this.ranges = numbers.map(([leaf, entry]) => around(machine.number(leaf, entry)));
    machine.listeners.push(() => this.show());
    this.show();
  }

  show() {
    const at = this.numbers.map(([leaf, entry]) => this.machine.number(leaf, entry));
    at.forEach((v, i) => {
      const [low, high] = this.ranges[i];
      if (v < low || v > high) this.ranges[i] = around(v);
    });
    if (!this.machine.steps) this.trail = [];
    this.trail = [...this.trail.slice(0, this.machine.steps), at];
    if (this.numbers.length === 1) this.showCurve(at[0]);
    else this.showPlane(at);
    const now = number(this.machine.value(this.loss).data[0]);
    const where = this.numbers.map(([, , name], i) => `${name} = ${number(at[i])}`).join(", ");
    this.map.svg.setAttribute("aria-label", `Landscape of the loss: J = ${now} at ${where}`);
  }

  imagined(values) {
    const changes = values.map((v, i) => [this.numbers[i][0], this.numbers[i][1], v]);
    return this.machine.imagined(this.loss, changes).data[0];
  }

  showCurve(at) {
    const across = spread(this.ranges[0], 2 * CELLS);
    const losses = across.map((v) => this.imagined([v]));
    const finite = losses.filter(Number.isFinite);
    const range = [Math.min(...finite), Math.max(...finite) + 1e-12];
    const place = (v, loss) =>
      [scaled(v, this.ranges[0]), SIDE - scaled(loss, range)].map((c) => c.toFixed(1)).join(" ");
    const line = across.map((v, i) => [v, losses[i]]).filter(([, l]) => Number.isFinite(l));
    this.map.lines.setAttribute("d", `M${line.map((p) => place(...p)).join("L")}`);
    this.put([[at, this.imagined([at])]].map((p) => place(...p)));
  }

  showPlane(at) {
    const [across, up] = this.ranges.map((range) => spread(range, CELLS));
    const losses = up.flatMap((b) => across.map((a) => this.imagined([a, b])));
    const finite = losses.filter(Number.isFinite);
    const [low, high] = [Math.min(...finite), Math.max(...finite)];
    const share = (v) => Math.sqrt((Math.min(v, high) - low) / (high - low || 1));
    this.map.fill(losses, (v) => mixed(Number.isFinite(v) ? share(v) : 1, PALE, DEEP));
    const place = (p) =>
      [scaled(p[0], this.ranges[0]), SIDE - scaled(p[1], this.ranges[1])].map((c) => c.toFixed(1)).join(" ");
    this.map.lines.setAttribute("d", `M${this.trail.map(place).join("L")}`);
    this.put([place(at)]);
  }

  put(places) {
    this.map.points.replaceChildren();
    for (const place of places) {
      const [cx, cy] = place.split(" ");
      drawn("circle", { class: "point", r: 5, cx, cy }, this.map.points);
    }
  }
}

// What a network of two inputs decides, over the plane of its inputs.
export class Plane {
  constructor(plane, names, machine) {
    Object.assign(this, { plane, machine });
    this.map = new Chart("plane", names);
    machine.listeners.push(() => this.show());
    this.show();
  }

  // The two coordinates of each example.
  examples() {
    const [[first, a], [second, b]] = this.plane.axes;
    const [x, y] = [this.machine.leaves[first].data, this.machine.leaves[second].data];
    const rows = first === second ? x.length / 2 : 1;
    return Array.from({ length: rows }, (_, i) => [x[a + 2 * i], y[b + (first === second ? 2 * i : 0)]]);
  }

  // The predictions for some points, as many at a time as there are examples.
  predicted(points, rows) {
    const [[first, a], [second, b]] = this.plane.axes;
    const found = [];
    for (let start = 0; start < points.length; start += rows) {
      const some = points.slice(start, start + rows);
      const changes = some.flatMap(([x, y], i) => [
        [first, a + 2 * i, x],
        [second, b + (first === second ? 2 * i : 0), y],
      ]);
      const { shape, data } = this.machine.imagined(this.plane.output, changes);
      const wide = sizeOf(shape) / rows;
      some.forEach((_, i) => found.push([...data.slice(i * wide, (i + 1) * wide)]));
    }
    return found;
  }

  show() {
    const examples = this.examples();
    const largest = Math.max(2, ...examples.flat().map((v) => 1.25 * Math.abs(v)));
    const range = [-largest, largest];
    const cells = spread(range, CELLS);
    const points = cells.flatMap((y) => cells.map((x) => [x, y]));
    const outputs = this.predicted(points, examples.length);
    const several = outputs[0].length > 1;
    const targets = this.targets(examples.length);
    if (several) this.showClasses(outputs);
    else this.showDecision(outputs.map(([v]) => v), this.level(targets));
    this.map.points.replaceChildren();
    examples.forEach(([x, y], i) => {
      const fill = several ? EXAMPLES[targets[i] % EXAMPLES.length] : targets[i] > this.level(targets) ? "#c1121f" : "#0353a4";
      const place = { cx: scaled(x, range).toFixed(1), cy: (SIDE - scaled(y, range)).toFixed(1) };
      drawn("circle", { class: "example", r: 5, fill: targets.length ? fill : "#f59f00", ...place }, this.map.points);
    });
    this.map.svg.setAttribute("aria-label", `What the network decides for inputs from ${number(-largest, 3)} to ${number(largest, 3)}`);
  }

  // The class or the wanted number of each example.
  targets(rows) {
    if (this.plane.target === null) return [];
    const { data } = this.machine.leaves[this.plane.target];
    const wide = data.length / rows;
    return Array.from({ length: rows }, (_, i) => {
      const row = [...data.slice(i * wide, (i + 1) * wide)];
      return wide > 1 ? row.indexOf(Math.max(...row)) : row[0];
    });
  }

  // The prediction at which the decision changes.
  level(targets) {
    if (this.plane.threshold !== null) return this.plane.threshold;
    const low = Math.min(...targets);
    const high = Math.max(...targets);
    return low < high ? (low + high) / 2 : 0.5;
  }

  showDecision(values, level) {
    const most = Math.max(...values.map((v) => Math.abs(v - level)), 1e-12);
    this.map.fill(values, (v) => mixed(Math.min(1, (0.75 * Math.abs(v - level)) / most), [255, 255, 255], v < level ? LOW : HIGH));
    this.map.contour(values, level);
  }

  showClasses(outputs) {
    const chosen = outputs.map((row) => row.indexOf(Math.max(...row)));
    this.map.fill(chosen, (c) => CLASSES[c % CLASSES.length]);
    this.map.lines.setAttribute("d", "");
  }
}
