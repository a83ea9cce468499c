// The machine: the program with numbers that can be changed, computed when asked for.

import { advanced, arrayOf, evaluate, needed } from "./interpreter.js";

export class Machine {
  constructor(program) {
    this.program = program;
    this.start = program.leaves.map(arrayOf);
    this.leaves = [...this.start];
    this.changed = false;
    this.steps = 0;
    this.listeners = [];
    this.orders = new Map();
    this.values = [];
  }

  // The value of a node; only what it depends on is computed, and once.
  value(place) {
    if (this.values[place] === undefined) {
      const missing = this.order(place).filter((i) => this.values[i] === undefined);
      evaluate(this.program, this.leaves, missing, this.values);
    }
    return this.values[place];
  }

  // The value of a node if some numbers, [[leaf, entry, number] …], were others.
  imagined(place, changes) {
    const leaves = [...this.leaves];
    for (const [leaf, entry, number] of changes) {
      if (leaves[leaf] === this.leaves[leaf]) {
        leaves[leaf] = { ...leaves[leaf], data: leaves[leaf].data.slice() };
      }
      leaves[leaf].data[entry] = number;
    }
    const changed = [...new Set(changes.map(([leaf]) => leaf))];
    const { order, others } = this.affected(place, changed);
    const values = [];
    for (const i of others) values[i] = this.value(i);
    return evaluate(this.program, leaves, order, values)[place];
  }

  // The nodes that a node depends on, in order.
  order(place) {
    if (!this.orders.has(place)) this.orders.set(place, needed(this.program, [place]));
    return this.orders.get(place);
  }

  // Of the nodes that a node depends on, those that some leaves change, and what they use.
  affected(place, leaves) {
    const key = `${place}/${leaves}`;
    if (this.orders.has(key)) return this.orders.get(key);
    const found = new Set();
    const others = new Set([place]);
    for (const i of this.order(place)) {
      const { leaf, inputs = [] } = this.program.nodes[i];
      if (!leaves.includes(leaf) && !inputs.some((j) => found.has(j))) continue;
      found.add(i);
      inputs.forEach((j) => others.add(j));
    }
    const result = { order: [...found], others: [...others].filter((i) => !found.has(i)) };
    this.orders.set(key, result);
    return result;
  }

  number(leaf, entry) {
    return this.leaves[leaf].data[entry];
  }

  set(leaf, entry, number) {
    const { shape, data } = this.leaves[leaf];
    this.leaves[leaf] = { shape, data: Float64Array.from(data, (v, i) => (i === entry ? number : v)) };
    this.tell(true);
  }

  // One step of the optimizer: forward, backward, update.
  step() {
    for (const [, place] of this.program.assigns) this.value(place);
    this.leaves = advanced(this.program, this.leaves, this.values);
    this.steps += 1;
    this.tell(true);
  }

  reset() {
    this.leaves = [...this.start];
    this.steps = 0;
    this.tell(false);
  }

  tell(changed) {
    this.changed = changed;
    this.values = [];
    for (const listener of this.listeners) listener();
  }
}
