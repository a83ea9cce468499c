"""A diagram for papers, in TikZ and PDF, and for other tools, in JSON and DOT."""

import sys
from pathlib import Path

import chainrule as cr


def main(out: Path) -> None:
    x, t = cr.input("x"), cr.input("t")
    w = cr.parameter("w", 0.5)
    y = cr.ops.sigmoid(w * x).named("y_hat")
    loss = cr.ops.square(t - y).named("J")
    diagram = cr.draw(loss, level="layer", direction="both", values={x: 2.0, t: 1.0})
    for suffix in ("tikz", "pdf", "json", "dot", "svg"):
        diagram.save(out / f"papers.{suffix}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
