"""Eight layers, forward and backward, with text that a lecture hall can read."""

import sys
from pathlib import Path

import chainrule as cr

ACTIVATIONS = ("tanh", "relu", "softplus", "sigmoid", "elu", "mish", "relu", "tanh")


def main(out: Path) -> None:
    x, t = cr.input("x", (None, 4)), cr.input("t", (None, 4))
    y = x
    for activation in ACTIVATIONS:
        y = cr.layers.Dense(4, activation=activation)(y)
    loss = cr.losses.mse(t, y)
    cr.draw(loss, direction="both", size="slide").save(out / "slide.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
