"""The chain of the lecture for a dark slide."""

import sys
from pathlib import Path

import chainrule as cr


def main(out: Path) -> None:
    x, t = cr.input("x"), cr.input("t")
    w1, w2 = cr.parameter("w_1", 0.5), cr.parameter("w_2", 1.1)
    z = (w1 * x).named("z_1")
    y = (cr.ops.sigmoid(z) * w2).named("y_hat")
    loss = cr.ops.square(t - y).named("J(W)")
    values = {x: 2.0, t: 1.0}
    diagram = cr.draw(
        loss, level="layer", direction="both", values=values, theme="dark", size="slide"
    )
    diagram.save(out / "dark.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
