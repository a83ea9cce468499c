// A product in flight: a gradient slides down an edge, meets the factor, and lands.

import { drawn } from "./elements.js";
import { say } from "./numbers.js";

const FLIGHT = 800;
const REST = 900;
const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// Let a number fly along a backward edge, from the loss's side to the operand's.
export function fly(edge, flow, machine) {
  const path = edge.querySelector("path");
  if (!flow || !path || still()) return;
  const [upstream, factor] = flow.factors.map((parts) => say(parts, machine));
  const product = say(flow.product, machine);
  const color = path.getAttribute("stroke");
  const label = drawn("g", { class: "flight" }, path.ownerSVGElement.querySelector("g.graph"));
  const plate = drawn("rect", { rx: 5, height: 22, fill: color }, label);
  const text = drawn("text", { "text-anchor": "middle", dy: "0.35em" }, label);
  const length = path.getTotalLength();
  const begin = performance.now();
  function frame(now) {
    const part = Math.min(1, (now - begin) / FLIGHT);
    const at = path.getPointAtLength(length * (1 - part));
    label.setAttribute("transform", `translate(${at.x} ${at.y})`);
    text.textContent = said(part, upstream, factor, product);
    const width = text.getComputedTextLength() + 14;
    for (const [key, value] of Object.entries({ x: -width / 2, y: -11, width })) {
      plate.setAttribute(key, value);
    }
    if (part < 1) requestAnimationFrame(frame);
    else setTimeout(() => label.remove(), REST);
  }
  requestAnimationFrame(frame);
}

function said(part, upstream, factor, product) {
  if (upstream === undefined) return product;
  if (part < 0.35) return upstream;
  return part < 1 ? `${upstream} · ${factor}` : `${upstream} · ${factor} = ${product}`;
}
