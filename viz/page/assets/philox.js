// Random numbers as a function of seed, stream and step: Philox4x64-10.

import { zeros } from "./arrays.js";

const MASK = (1n << 64n) - 1n;
const MULTIPLY = [0xd2e7470ee14c6c93n, 0xca5a826395121157n];
const BUMP = [0x9e3779b97f4a7c15n, 0xbb67ae8584caa73bn];

function philox(counter, key) {
  let [a, b, c, d] = counter;
  let [k, l] = key;
  for (let round = 0; round < 10; round += 1) {
    const [p, q] = [a * MULTIPLY[0], c * MULTIPLY[1]];
    [a, b, c, d] = [(q >> 64n) ^ b ^ k, q & MASK, (p >> 64n) ^ d ^ l, p & MASK];
    [k, l] = [(k + BUMP[0]) & MASK, (l + BUMP[1]) & MASK];
  }
  return [a, b, c, d];
}

// Numbers in [0, 1): of each 64-bit word the low half, then the high half.
export function uniform(node, seed, step) {
  const y = zeros(node.shape);
  const key = [BigInt(seed), BigInt(node.key)];
  let words = [];
  y.data.forEach((_, i) => {
    if (i % 8 === 0) words = philox([BigInt(i / 8 + 1), 0n, BigInt(step), 0n], key);
    const word = words[(i % 8) >> 1];
    const half = i % 2 ? word >> 32n : word & 0xffffffffn;
    y.data[i] = Number(half >> 8n) * 2 ** -24;
  });
  return y;
}
