"""The digits network by layers: every rule of the backward pass, and its norm."""

import sys
from pathlib import Path

import chainrule as cr


def main(out: Path) -> None:
    (x_train, y_train), _ = cr.datasets.digits()
    x, t = cr.input("x", (None, 64)), cr.input("t", (None,), "int")
    hidden = cr.layers.Dense(32, activation="relu")(x)
    loss = cr.losses.sparse_softmax_cross_entropy(t, cr.layers.Dense(10)(hidden))
    values = {x: x_train[:32], t: y_train[:32]}
    diagram = cr.draw(
        loss,
        level="layer",
        direction="both",
        values=values,
        check=True,
        size="column",
    )
    diagram.save(out / "digits_layers.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
