"""A 2-3-1 network by operations, forward and backward."""

import sys
from pathlib import Path

import chainrule as cr


def main(out: Path) -> None:
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    hidden = cr.layers.Dense(3, activation="tanh")(x)
    loss = cr.losses.mse(t, cr.layers.Dense(1)(hidden).named("y_hat"))
    values = {x: [[1.0, -0.5], [0.3, 0.8]], t: [[1.0], [0.0]]}
    diagram = cr.draw(loss, level="op", direction="both", values=values, size="column")
    diagram.save(out / "operations.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
