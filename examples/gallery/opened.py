"""One layer shown operation by operation, the other as one block."""

import sys
from pathlib import Path

import chainrule as cr


def main(out: Path) -> None:
    x, t = cr.input("x", (None, 64)), cr.input("t", (None,), "int")
    hidden = cr.layers.Dense(32, activation="relu")(x)
    loss = cr.losses.sparse_softmax_cross_entropy(t, cr.layers.Dense(10)(hidden))
    diagram = cr.draw(
        loss, level="layer", direction="both", expand="dense_2", size="slide"
    )
    diagram.save(out / "opened.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
