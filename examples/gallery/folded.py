"""Twelve equal blocks with skip connections, shown once."""

import sys
from pathlib import Path

import chainrule as cr


def main(out: Path) -> None:
    x, t = cr.input("x", (None, 64)), cr.input("t", (None,), "int")
    y = cr.layers.Dense(32, activation="relu")(x)
    for number in range(12):
        with cr.scope(f"block_{number + 1}"):
            inner = cr.layers.Dense(32, activation="relu")(y)
            y = y + cr.layers.Dense(32)(inner)
    loss = cr.losses.sparse_softmax_cross_entropy(t, cr.layers.Dense(10)(y))
    diagram = cr.draw(loss, level="layer", direction="both", size="column")
    diagram.save(out / "folded.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
