// The interpreter: a program's nodes computed one by one, operands before results.

import { zeros } from "./arrays.js";
import { kernels } from "./kernels.js";

// A leaf without numbers is all zeros.
export const arrayOf = ({ shape, value }) =>
  value ? { shape, data: Float64Array.from(value, Number) } : zeros(shape);

// The nodes that some nodes depend on, in order.
export function needed(program, wanted) {
  const found = new Set(wanted);
  for (let i = program.nodes.length - 1; i >= 0; i -= 1) {
    if (found.has(i)) (program.nodes[i].inputs || []).forEach((j) => found.add(j));
  }
  return [...found].sort((a, b) => a - b);
}

// The values of all nodes in `order`, for the leaves as they are, added to `values`.
export function evaluate(program, leaves, order, values = []) {
  const run = { seed: program.seed, step: leaves[program.step].data[0] };
  for (const i of order) {
    const node = program.nodes[i];
    values[i] =
      node.op === undefined
        ? leaves[node.leaf]
        : kernels[node.op](node, node.inputs.map((j) => values[j]), run);
  }
  return values;
}

// The leaves after one step: every new value is computed from the old ones.
export function advanced(program, leaves, values) {
  const after = [...leaves];
  for (const [leaf, place] of program.assigns) after[leaf] = values[place];
  after[program.step] = { shape: [], data: leaves[program.step].data.map((n) => n + 1) };
  return after;
}
