"""One entry of a weight matrix, with every path of the sum drawn."""

import sys
from pathlib import Path

import chainrule as cr


def main(out: Path) -> None:
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    first = cr.layers.Dense(3, activation="tanh")
    hidden = cr.layers.Dense(3, activation="tanh")(first(x))
    loss = cr.losses.mse(t, cr.layers.Dense(1)(hidden).named("y_hat"))
    kernel = next(p for p in cr.Graph([loss]).parameters if p.shape == (2, 3))
    values = {x: [[1.0, -0.5]], t: [[1.0]]}
    explanation = cr.explain(loss, kernel, (0, 1), values=values, unfold=True)
    diagram = explanation.diagram.styled(size="column")
    diagram.save(out / "explain_unfolded.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
