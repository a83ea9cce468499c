"""The chain from top to bottom, for a column of a paper, and in LaTeX."""

import sys
from pathlib import Path

import chainrule as cr


def main(out: Path) -> None:
    x, t = cr.input("x"), cr.input("t")
    w1, w2 = cr.parameter("w_1", 0.5), cr.parameter("w_2", 1.1)
    z = (w1 * x).named("z_1")
    y = (cr.ops.sigmoid(z) * w2).named("y_hat")
    loss = cr.ops.square(t - y).named("J(W)")
    explanation = cr.explain(loss, w1, values={x: 2.0, t: 1.0}, rankdir="TB")
    print(explanation.latex)
    explanation.diagram.save(out / "explain_column.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
