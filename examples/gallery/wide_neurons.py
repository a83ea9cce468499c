"""Wide layers by neurons, abbreviated: x₁ x₂ x₃ ⋮ x₇₈₃ x₇₈₄."""

import sys
from pathlib import Path

import chainrule as cr


def main(out: Path) -> None:
    x, t = cr.input("x", (None, 784)), cr.input("t", (None,), "int")
    hidden = cr.layers.Dense(32, activation="relu")(x)
    loss = cr.losses.sparse_softmax_cross_entropy(t, cr.layers.Dense(10)(hidden))
    cr.draw(loss, level="neuron").save(out / "wide_neurons.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
