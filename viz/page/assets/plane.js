// The plane of a network's two inputs: what it decides where, and the examples.

import { Chart, mixed, spread } from "./chart.js";
import { number } from "./numbers.js";

const [UNDER, EVEN, OVER] = [[3, 83, 164], [255, 255, 255], [193, 18, 31]];
const CLASSES = ["#86bdf5", "#ffb3b8", "#a8e0b4", "#ffda94", "#d9bff5", "#b8c4cc"];
const colorOf = (index) => CLASSES[index % CLASSES.length];
const largestOf = (row) => row.indexOf(Math.max(...row));

export class Plane {
  constructor(plane, machine) {
    const [[first, a], [second, b]] = plane.axes;
    // An example's two numbers are in one row of a leaf, or are two leaves.
    const rows = first === second ? machine.leaves[first].data.length / 2 : 1;
    const at = (i) => [
      [first, a + 2 * i],
      [second, b + 2 * i],
    ];
    Object.assign(this, { plane, machine, rows, at });
    this.chart = new Chart("plane", plane.names);
    machine.listeners.push(() => this.show());
    this.show();
  }

  show() {
    const examples = Array.from({ length: this.rows }, (_, i) =>
      this.at(i).map(([leaf, entry]) => this.machine.number(leaf, entry)),
    );
    const reach = Math.max(2, ...examples.flat().map((v) => 1.25 * Math.abs(v)));
    const range = [-reach, reach];
    const points = spread(range).flatMap((y) => spread(range).map((x) => [x, y]));
    const outputs = this.predicted(points);
    const targets = this.targets();
    this.chart.scale(range, range);
    const colors = outputs[0].length > 1
      ? this.showClasses(outputs, targets)
      : this.showDecision(outputs, targets);
    this.chart.put(examples.map((point, i) => [point, { class: "example", fill: colors[i] }]));
    const ends = `${number(-reach, 3)} to ${number(reach, 3)}`;
    const label = `What the network decides for inputs from ${ends}`;
    this.chart.svg.setAttribute("aria-label", label);
  }

  // The predictions for some points, as many at a time as there are examples.
  predicted(points) {
    const found = [];
    for (let start = 0; start < points.length; start += this.rows) {
      const some = points.slice(start, start + this.rows);
      const changes = some.flatMap((point, i) =>
        this.at(i).map(([leaf, entry], axis) => [leaf, entry, point[axis]]),
      );
      const { data } = this.machine.imagined(this.plane.output, changes);
      const wide = data.length / this.rows;
      some.forEach((_, i) => found.push([...data.slice(i * wide, (i + 1) * wide)]));
    }
    return found;
  }

  // The class, or the wanted number, of each example; none where no input is a target.
  targets() {
    if (this.plane.target === null) return [];
    const { data } = this.machine.leaves[this.plane.target];
    const wide = data.length / this.rows;
    return Array.from({ length: this.rows }, (_, i) =>
      wide > 1 ? largestOf([...data.slice(i * wide, (i + 1) * wide)]) : data[i],
    );
  }

  // Colour the plane by the side of the decision; return the colours of the examples.
  showDecision(outputs, targets) {
    const level = this.level(targets);
    const values = outputs.map(([value]) => value - level);
    const most = Math.max(...values.map(Math.abs), 1e-12);
    const color = (v, share) => mixed(share, EVEN, v < 0 ? UNDER : OVER);
    this.chart.fill(values.map((v) => color(v, (0.75 * Math.abs(v)) / most)));
    this.chart.contour(values);
    return targets.map((target) => color(target - level, 1));
  }

  showClasses(outputs, targets) {
    this.chart.fill(outputs.map((row) => colorOf(largestOf(row))));
    this.chart.draw([]);
    return targets.map(colorOf);
  }

  // The prediction at which the decision changes.
  level(targets) {
    if (this.plane.threshold !== null) return this.plane.threshold;
    const [low, high] = [Math.min(...targets), Math.max(...targets)];
    return low < high ? (low + high) / 2 : 0.5;
  }
}
