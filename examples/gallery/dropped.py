"""Dropout while training: the units that are dropped."""

import sys
from pathlib import Path

import chainrule as cr


def main(out: Path) -> None:
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    hidden = cr.layers.Dropout(0.5)(cr.layers.Dense(4, activation="tanh")(x))
    loss = cr.losses.mse(t, cr.layers.Dense(1)(hidden))
    values = {x: [[1.0, 2.0]], t: [[1.0]]}
    diagram = cr.draw(loss, level="neuron", values=values, training=True, seed=3)
    diagram.save(out / "dropped.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
