"""A batch with a penalty: a mean over examples, and a term of its own."""

import sys
from pathlib import Path

import chainrule as cr


def main(out: Path) -> None:
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    first = cr.layers.Dense(3, activation="tanh")
    loss = cr.losses.mse(t, cr.layers.Dense(1)(first(x)).named("y_hat"))
    kernel = next(p for p in cr.Graph([loss]).parameters if p.shape == (2, 3))
    penalized = loss + 0.01 * cr.ops.sum(cr.ops.square(kernel))
    values = {x: [[1.0, -0.5], [0.3, 0.8], [-1.2, 0.1]], t: [[1.0], [0.0], [1.0]]}
    explanation = cr.explain(penalized, kernel, (0, 1), values=values)
    print(explanation.text)
    explanation.diagram.save(out / "explain_batch.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
