"""Schedules: the rate of every step, and the rate that training uses."""

from __future__ import annotations

import math

import numpy as np
import pytest

import chainrule as cr
from chainrule.kinds.callback import Run
from chainrule.registry import registry

PER_EPOCH = 4
REFERENCES = {
    "constant": (cr.schedules.Constant(), lambda t: 1.0),
    "exponential_decay": (
        cr.schedules.ExponentialDecay(factor=0.5, epochs=2), lambda t: 0.5 ** (t / 2),
    ),
    "step_decay": (
        cr.schedules.StepDecay(factor=0.1, epochs=2), lambda t: 0.1 ** int(t / 2),
    ),
    "cosine_decay": (
        cr.schedules.CosineDecay(epochs=3, floor=0.1),
        lambda t: 0.1 + 0.9 * (1 + math.cos(math.pi * min(t / 3, 1))) / 2,
    ),
    "piecewise_constant": (
        cr.schedules.PiecewiseConstant(boundaries=(1, 3), factors=(1.0, 0.3, 0.1)),
        lambda t: 1.0 if t < 1 else 0.3 if t < 3 else 0.1,
    ),
    "warmup": (
        cr.schedules.Warmup(epochs=2, then=cr.schedules.StepDecay(epochs=3)),
        lambda t: min(1, (t * PER_EPOCH + 1) / (2 * PER_EPOCH)) * 0.5 ** int(t / 3),
    ),
}  # fmt: skip
BUILT_IN = [
    e.name for e in registry.entries("schedules") if e.distribution == "chainrule"
]


@pytest.mark.parametrize("name", BUILT_IN)
def test_rates(name: str) -> None:
    assert name in REFERENCES, f"write a reference for {name}"
    schedule, reference = REFERENCES[name]
    for step in range(1, 6 * PER_EPOCH):
        passed = (step - 1) / PER_EPOCH
        rate = schedule.rate(0.2, step, PER_EPOCH)
        assert rate == pytest.approx(0.2 * reference(passed), rel=1e-12)


def test_training_follows_the_schedule() -> None:
    used: list[float] = []

    class Spy(cr.Callback):
        def step_end(self, run: Run) -> None:
            used.append(run.lr)

    x = np.ones((8, 1), np.float32)
    model = cr.Sequential([cr.layers.Dense(1, kernel_initializer="zeros")])
    schedule = cr.schedules.PiecewiseConstant(boundaries=(1,), factors=(1.0, 0.5))
    model.fit(
        x, x, loss="mse", optimizer=cr.optimizers.SGD(lr=0.1), schedule=schedule,
        epochs=2, batch_size=4, callbacks=[Spy()], shuffle=False,
    )  # fmt: skip
    assert used == [0.1, 0.1, 0.05, 0.05]
    w = b = 0.0
    for lr in used:
        slope = 2 * (w + b - 1)
        w, b = w - lr * slope, b - lr * slope
    assert model.predict(x)[0, 0] == pytest.approx(w + b, rel=1e-5)


@pytest.mark.parametrize(
    ("boundaries", "factors", "message"),
    [((1,), (1.0,), "need 2 factors"), ((2, 1), (1.0, 1.0, 1.0), "increase")],
)
def test_malformed_pieces_are_rejected(
    boundaries: tuple[float, ...], factors: tuple[float, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        cr.schedules.PiecewiseConstant(boundaries=boundaries, factors=factors)
