// Explanations: why a gradient is what it is, for any number of a named node.
//
// A gradient is the sum, over the numbers that a number is used for, of their gradients
// times the derivatives in between. As long as there is one such number the factors are
// written as a product; where there are several, as a sum.

import { sizeOf } from "./arrays.js";
import { number, say } from "./numbers.js";

const MOST_TERMS = 4;
const MOST_TRIED = 3000;
const SUBSCRIPT = "₀₁₂₃₄₅₆₇₈₉";
const lowered = (text) => text.replace(/\d/g, (digit) => SUBSCRIPT[digit]);
const near = (a, b) => Math.abs(a - b) <= 1e-7 + 1e-4 * Math.abs(b);
export const later = (value, i) => (i && value < 0 ? `(${number(value)})` : number(value));

// One number is {node, entry}: which of the explained nodes, and which of its numbers.
export class Explanations {
  constructor(nodes, loss, machine) {
    Object.assign(this, { nodes, loss, machine, found: new Map() });
    if (machine) machine.listeners.push(() => this.found.clear());
  }

  gradient({ node, entry }) {
    return this.machine.value(this.nodes[node].gradient).data[entry];
  }

  shape(node) {
    return this.machine.value(this.nodes[node].value).shape;
  }

  // Which number of a node has the largest gradient.
  largest(node) {
    const { data } = this.machine.value(this.nodes[node].gradient);
    return data.reduce((best, v, i) => (Math.abs(v) > Math.abs(data[best]) ? i : best), 0);
  }

  isLoss({ node }) {
    return this.nodes[node].value === this.loss;
  }

  // A number as it is written, w₂₁⁽¹⁾; the index in a batch of one is left out.
  symbol({ node, entry }) {
    const { whole, head, comma, tail, parameter } = this.nodes[node];
    const shape = this.shape(node);
    if (sizeOf(shape) === 1) return parameter ? head + tail : whole;
    const at = position(entry, shape).slice(!parameter && shape.length > 1 && shape[0] === 1 ? 1 : 0);
    const separator = comma || Math.max(...at) > 9 ? "," : "";
    return head + (comma ? "," : "") + lowered(at.join(separator)) + tail;
  }

  derivative(top, bottom) {
    return `∂${this.symbol(top)}/∂${this.symbol(bottom)}`;
  }

  slope(bottom) {
    const loss = this.nodes.findIndex((node) => node.value === this.loss);
    return this.derivative({ node: loss, entry: 0 }, bottom);
  }

  // The numbers that a number is used for: {top, bottom, slope, rule}. Where no
  // gradient flows, one of them stands for all.
  terms(bottom) {
    const key = `${bottom.node}/${bottom.entry}`;
    if (!this.found.has(key)) {
      const all = this.nodes[bottom.node].uses.flatMap((use) => this.along(use, bottom));
      const flowing = all.filter(({ slope }) => slope !== 0);
      this.found.set(key, flowing.length ? flowing : all.slice(0, 1));
    }
    return this.found.get(key);
  }

  along(use, bottom) {
    if (use.partner !== undefined) return this.multiplied(use, bottom);
    const size = sizeOf(this.shape(use.user));
    if (use.seed === null || (!use.elementwise && size > MOST_TRIED)) return [];
    const entries = use.elementwise ? [bottom.entry] : [...Array(size).keys()];
    return entries.map((entry) => ({
      top: { node: use.user, entry },
      bottom,
      slope: this.machine.imagined(use.product, [[use.seed, entry, 1]]).data[bottom.entry],
      rule: say(use.rule, this.machine),
    }));
  }

  // In a matrix product (m, k) · (k, n) the derivative is the other factor's number.
  multiplied({ user, partner, position: side }, bottom) {
    const [own, other] = [this.shape(bottom.node), this.shape(partner)];
    const [left, right] = side ? [other, own] : [own, other];
    const k = left[left.length - 1];
    const [m, n] = [sizeOf(left) / k, sizeOf(right) / k];
    const row = Math.floor(bottom.entry / (side ? n : k));
    const column = bottom.entry % (side ? n : k);
    return Array.from({ length: side ? m : n }, (_, i) => {
      const factor = { node: partner, entry: side ? i * k + row : column * n + i };
      return {
        top: { node: user, entry: side ? i * n + column : row * n + i },
        bottom,
        slope: this.machine.value(this.nodes[partner].value).data[factor.entry],
        rule: this.symbol(factor),
      };
    });
  }

  // The factors from a number upward, while it is used for one other alone.
  chain(asked) {
    const factors = [];
    for (let at = asked; !this.isLoss(at); ) {
      const terms = this.terms(at);
      if (terms.length !== 1) break;
      factors.push(terms[0]);
      at = terms[0].top;
    }
    return factors;
  }

  // The text, and the numbers that a reader may ask for next.
  tell(asked) {
    const chain = this.chain(asked);
    const top = chain.length ? chain[chain.length - 1].top : asked;
    if (!chain.length) return this.sum(top);
    const factors = chain.map((each) => ({
      symbol: this.derivative(each.top, each.bottom), value: each.slope, rule: each.rule,
    }));
    const rules = factors.map(({ symbol, value, rule }) =>
      [symbol, ...(rule && rule !== number(value) ? [rule] : []), number(value)].join(" = "),
    );
    if (!this.isLoss(top)) factors.push({ symbol: this.slope(top), value: this.gradient(top) });
    factors.reverse();
    const lines = this.equation(asked, [
      factors.map(({ symbol }) => symbol).join(" · "),
      factors.map(({ value }, i) => later(value, i)).join(" · "),
      ...(factors.length > 1 ? [number(this.gradient(asked))] : []),
    ]);
    const above = this.isLoss(top) ? { lines: [], next: [] } : this.sum(top);
    return { lines: [...lines, "", ...rules.reverse(), "", ...above.lines], next: above.next };
  }

  // One step of the chain rule on one line.
  said(asked) {
    return this.sum(asked).lines.slice(0, 3).map((line) => line.trim()).join(" ");
  }

  sum(top) {
    if (this.isLoss(top)) return { lines: [`${this.slope(top)} = 1`], next: [] };
    const gradient = number(this.gradient(top));
    const terms = this.terms(top).map((each) => ({ ...each, upstream: this.gradient(each.top) }));
    if (!terms.length) return { lines: this.equation(top, [gradient]), next: [] };
    if (terms.length === 1 && this.isLoss(terms[0].top)) {
      const rule = terms[0].rule === gradient ? "" : terms[0].rule;
      return { lines: this.equation(top, rule ? [rule, gradient] : [gradient]), next: [] };
    }
    const weight = ({ upstream, slope }) => Math.abs(upstream * slope);
    const largest = [...terms].sort((a, b) => weight(b) - weight(a)).slice(0, MOST_TERMS);
    const shown = terms.filter((each) => largest.includes(each));
    const more = shown.length < terms.length ? " + …" : "";
    const joined = (write) => shown.map(write).join(" + ") + more;
    const factor = (each) => (this.isLoss(each.top) ? [] : [this.slope(each.top)]);
    const lines = this.equation(top, [
      joined((each) => [...factor(each), this.derivative(each.top, top)].join(" · ")),
      joined((each, i) => `${later(each.upstream, i)} · ${later(each.slope, 1)}`),
      gradient,
    ]);
    if (more) lines.push(`${terms.length} terms, of which the largest are written`);
    return { lines, next: shown.map((each) => each.top).filter((each) => !this.isLoss(each)) };
  }

  equation(bottom, sides) {
    const symbol = this.slope(bottom);
    const pad = " ".repeat([...symbol].length);
    return sides.map((side, i) => `${i ? pad : symbol} = ${side}`);
  }

  // A finite difference of the loss, where the number is one that can be changed.
  check(asked) {
    const { leaf } = this.nodes[asked.node];
    if (leaf === null) return "";
    const value = this.machine.number(leaf, asked.entry);
    const step = 1e-5 * Math.max(1, Math.abs(value));
    const [above, below] = [value + step, value - step].map(
      (v) => this.machine.imagined(this.loss, [[leaf, asked.entry, v]]).data[0],
    );
    const slope = (above - below) / (2 * step);
    return `${near(slope, this.gradient(asked)) ? "✓" : "✗"} finite difference ${number(slope)}`;
  }
}

// Where an entry is, counted from 1 as in w₂₁: row and column.
export function position(entry, shape) {
  const at = [];
  let rest = entry;
  for (const size of [...shape].reverse()) {
    at.unshift((rest % size) + 1);
    rest = Math.floor(rest / size);
  }
  return at;
}
