// The functions that scalar expressions call; they have NumPy's names and behaviour.

export const { exp, expm1, log, log1p, sin, cos, tanh, sqrt, sign, floor } = Math;
export const absolute = Math.abs;
export const maximum = (a, b) => Math.max(a, b); // NaN where one of them is
export const minimum = (a, b) => Math.min(a, b);
export const power = (a, b) => (a === 1 || b === 0 ? 1 : a ** b);
export const rint = (x) => (x % 1 === 0.5 || x % 1 === -0.5 ? 2 * Math.round(x / 2) : Math.round(x));
export const relu = (x) => (x <= 0 ? 0 : x);
export const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
export const logical_and = (a, b) => a && b;
export const logical_or = (a, b) => a || b;
export const logical_not = (a) => !a;
export const isfinite = (x) => Number.isFinite(x);
export const where = (condition, a, b) => (condition ? a : b);
export const to_float = (x) => Number(x);
export const to_int = (x) => Math.trunc(x);

// erf(x) = 2/√π · e^(−x²) · Σ 2ⁿ x²ⁿ⁺¹ / (1 · 3 · 5 … 2n+1); all terms have one sign.
export function erf(x) {
  if (!(Math.abs(x) < 6)) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n += 1) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
