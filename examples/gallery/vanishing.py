"""A chain of sigmoids: the gradient vanishes, and the picture marks it."""

import sys
from pathlib import Path

import numpy as np

import chainrule as cr


def main(out: Path) -> None:
    x, t = cr.input("x", (None, 4)), cr.input("t", (None, 4))
    y = x
    for _ in range(6):
        y = cr.layers.Dense(4, activation="sigmoid")(y)
    loss = cr.losses.mse(t, y)
    values = {x: np.ones((8, 4)), t: np.zeros((8, 4))}
    diagram = cr.draw(
        loss, level="layer", direction="both", values=values, fold=False, size="slide"
    )
    diagram.save(out / "vanishing.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
