// The curve of the loss, step by step.

import { drawn } from "./elements.js";
import { number } from "./numbers.js";

const [WIDTH, HEIGHT, LEFT, BELOW, EDGE] = [220, 200, 48, 18, 8];

export class Curve {
  constructor(svg) {
    this.svg = svg;
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    const axes = `M${LEFT} ${EDGE}V${HEIGHT - BELOW}H${WIDTH - EDGE}`;
    drawn("path", { class: "axis", d: axes }, svg);
    this.line = drawn("polyline", { class: "line" }, svg);
    this.point = drawn("circle", { class: "point", r: 4 }, svg);
    const label = (x, y, anchor) => drawn("text", { x, y, "text-anchor": anchor }, svg);
    this.most = label(LEFT - 4, EDGE + 8, "end");
    this.least = label(LEFT - 4, HEIGHT - BELOW, "end");
    this.steps = label(WIDTH - EDGE, HEIGHT - 4, "end");
    label(LEFT, HEIGHT - 4, "start").textContent = "J over steps";
  }

  show(losses) {
    const finite = losses.filter(Number.isFinite);
    const top = Math.max(...finite, Number.MIN_VALUE);
    const bottom = Math.min(0, ...finite);
    const last = losses.length - 1;
    const place = (loss, i) => [
      LEFT + ((WIDTH - LEFT - EDGE) * i) / Math.max(1, last),
      HEIGHT - BELOW - ((HEIGHT - BELOW - EDGE) * (loss - bottom)) / (top - bottom),
    ];
    const points = losses.map(place).filter((point) => point.every(Number.isFinite));
    const texts = points.map((point) => point.map((v) => v.toFixed(1)));
    this.line.setAttribute("points", texts.join(" "));
    const [cx, cy] = texts[texts.length - 1] || [LEFT, HEIGHT - BELOW];
    this.point.setAttribute("cx", cx);
    this.point.setAttribute("cy", cy);
    this.most.textContent = number(top, 3);
    this.least.textContent = number(bottom, 3);
    this.steps.textContent = String(last);
    const [from, to] = [losses[0], losses[last]].map((loss) => number(loss));
    this.svg.setAttribute("aria-label", `J from ${from} to ${to} in ${last} steps`);
  }
}
