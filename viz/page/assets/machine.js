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

  // The value of a node; only what it depends on is computed.
  value(place) {
    if (this.values[place] === undefined) this.values[place] = this.computed(place, this.leaves);
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
    return this.computed(place, leaves);
  }

  computed(place, leaves) {
    if (!this.orders.has(place)) this.orders.set(place, needed(this.program, [place]));
    return evaluate(this.program, leaves, this.orders.get(place))[place];
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
    const order = needed(this.program, this.program.assigns.map(([, place]) => place));
    this.leaves = advanced(this.program, this.leaves, evaluate(this.program, this.leaves, order));
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
