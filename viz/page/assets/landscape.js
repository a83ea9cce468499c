// The landscape: the loss over one or two numbers of the parameters, and the way down.

import { CELLS, Chart, mixed, spread } from "./chart.js";
import { number } from "./numbers.js";

const [LOW, HIGH] = [[255, 250, 235], [123, 44, 191]];

function around(value) {
  const reach = Math.max(2, Math.abs(value));
  return [value - reach, value + reach];
}

export class Landscape {
  constructor(numbers, loss, machine) {
    Object.assign(this, { numbers, loss, machine, trail: [], surface: [] });
    this.chart = new Chart("landscape", [...numbers.map(([, , name]) => name), "J"]);
    this.ranges = numbers.map(([leaf, entry]) => around(machine.number(leaf, entry)));
    machine.listeners.push(() => this.show());
    this.show();
  }

  show() {
    const at = this.numbers.map(([leaf, entry]) => this.machine.number(leaf, entry));
    at.forEach((v, i) => {
      const [low, high] = this.ranges[i];
      if (!(low <= v && v <= high) && Number.isFinite(v)) this.ranges[i] = around(v);
    });
    this.trail = [...this.trail.slice(0, this.machine.steps), at];
    if (at.length === 1) this.showCurve(at);
    else this.showSurface(at);
    const where = this.numbers.map(([, , name], i) => `${name} = ${number(at[i])}`);
    const label = `Landscape of the loss: J = ${number(this.at(at))} at ${where.join(", ")}`;
    this.chart.svg.setAttribute("aria-label", label);
  }

  // The loss if the numbers were others.
  at(values) {
    const changes = this.numbers.map(([leaf, entry], i) => [leaf, entry, values[i]]);
    return this.machine.imagined(this.loss, changes).data[0];
  }

  showCurve(at) {
    const across = spread(this.ranges[0], 2 * CELLS);
    const all = across.map((v) => [v, this.at([v])]);
    const points = all.filter(([, loss]) => Number.isFinite(loss));
    const losses = points.map(([, loss]) => loss);
    this.chart.scale(this.ranges[0], [Math.min(...losses), Math.max(...losses) + 1e-12]);
    this.chart.draw(points);
    this.chart.put([[[at[0], this.at(at)], { class: "point" }]]);
  }

  showSurface(at) {
    const [across, up] = this.ranges.map((range) => spread(range));
    const losses = up.flatMap((b) => across.map((a) => this.at([a, b])));
    const finite = losses.filter(Number.isFinite);
    const low = Math.min(...finite);
    const reach = Math.max(...finite) - low || 1;
    const share = (loss) => (Number.isFinite(loss) ? Math.sqrt((loss - low) / reach) : 1);
    this.chart.scale(...this.ranges);
    this.chart.fill(losses.map((loss) => mixed(share(loss), LOW, HIGH)));
    this.chart.draw(this.trail);
    this.chart.put([[at, { class: "point" }]]);
  }
}
