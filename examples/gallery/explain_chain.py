"""Why ∂J/∂w₁ is −0.1694: the chain, its factors and their product."""

import sys
from pathlib import Path

import chainrule as cr


def main(out: Path) -> None:
    x, t = cr.input("x"), cr.input("t")
    w1, w2 = cr.parameter("w_1", 0.5), cr.parameter("w_2", 1.1)
    z = (w1 * x).named("z_1")
    y = (cr.ops.sigmoid(z) * w2).named("y_hat")
    loss = cr.ops.square(t - y).named("J(W)")
    explanation = cr.explain(loss, w1, values={x: 2.0, t: 1.0})
    print(explanation.text)
    explanation.diagram.save(out / "explain_chain.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
