// The curve of the loss, step by step.

import { drawn } from "./elements.js";
import { number } from "./numbers.js";

const [WIDTH, HEIGHT, LEFT, BELOW] = [220, 200, 48, 18];

export class Curve {
  constructor(svg) {
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    drawn("path", { class: "axis", d: `M${LEFT} 6V${HEIGHT - BELOW}H${WIDTH - 6}` }, svg);
    this.line = drawn("polyline", { class: "line" }, svg);
    this.point = drawn("circle", { class: "point", r: 4 }, svg);
    const label = (x, y, anchor) => drawn("text", { x, y, "text-anchor": anchor }, svg);
    this.most = label(LEFT - 4, 14, "end");
    this.least = label(LEFT - 4, HEIGHT - BELOW, "end");
    this.steps = label(WIDTH - 6, HEIGHT - 4, "end");
    label(LEFT, HEIGHT - 4, "start").textContent = "J over steps";
    this.svg = svg;
  }

  show(losses) {
    const finite = losses.filter(Number.isFinite);
    const top = Math.max(...finite, Number.MIN_VALUE);
    const bottom = Math.min(0, ...finite);
    const x = (i) => LEFT + ((WIDTH - LEFT - 10) * i) / Math.max(1, losses.length - 1);
    const y = (v) => HEIGHT - BELOW - ((HEIGHT - BELOW - 10) * (v - bottom)) / (top - bottom);
    const points = losses.map((v, i) => [x(i), y(v)]).filter((p) => p.every(Number.isFinite));
    this.line.setAttribute("points", points.map((p) => p.map((v) => v.toFixed(1))).join(" "));
    const [atX, atY] = points[points.length - 1] || [LEFT, HEIGHT];
    this.point.setAttribute("cx", atX.toFixed(1));
    this.point.setAttribute("cy", atY.toFixed(1));
    this.most.textContent = number(top, 3);
    this.least.textContent = number(bottom, 3);
    this.steps.textContent = String(losses.length - 1);
    const now = number(losses[losses.length - 1]);
    this.svg.setAttribute("aria-label", `J from ${number(losses[0])} to ${now} in ${losses.length - 1} steps`);
  }
}
