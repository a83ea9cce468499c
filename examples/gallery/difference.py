"""What twenty epochs of training changed, layer by layer."""

import sys
from pathlib import Path

import numpy as np

import chainrule as cr


def main(out: Path) -> None:
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(64, 4)), rng.normal(size=(64, 2))
    model = cr.Sequential([cr.layers.Dense(8, activation="tanh"), cr.layers.Dense(2)])
    x, t = cr.input("x", (None, 4)), cr.input("t", (None, 2))
    loss = cr.losses.mse(t, model(x))
    before = cr.snapshot(loss, {x: inputs, t: targets}, label="epoch 0")
    model.fit(inputs, targets, loss="mse", optimizer="adam", epochs=20)
    after = cr.snapshot(loss, {x: inputs, t: targets}, label="epoch 20")
    diagram = cr.diff(before, after).styled(size="column")
    diagram.save(out / "difference.svg")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
