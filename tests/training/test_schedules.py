"""Schedules: the rate of every step, and the rate that training uses."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

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


X = np.ones((64, 1), np.float32)
SGD = cr.optimizers.SGD(lr=0.01)


class Rates(cr.Callback):
    """Notes the rate of each epoch's last step, from `epoch_end` alone."""

    def begin(self, run: Run) -> None:
        self.seen: list[float] = []

    def epoch_end(self, run: Run) -> None:
        assert run.step_of_epoch == run.steps_per_epoch
        self.seen.append(run.lr)


@pytest.mark.parametrize("rows", [64, 16])
@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize("name", BUILT_IN)
def test_progress_is_counted_in_epochs_whatever_a_batch_is(
    name: str, loaded: bool, rows: int, tmp_path: Path
) -> None:
    schedule, _ = REFERENCES[name]
    model: cr.Model = cr.Sequential([cr.layers.Dense(1)], input_shape=1)
    options: dict[str, Any] = {
        "loss": "mse", "optimizer": SGD, "schedule": schedule, "callbacks": [Rates()],
    }  # fmt: skip
    model.fit(X, X, epochs=2, batch_size=8, **options)
    if loaded:
        model.save(tmp_path / "m")
        model = cr.load(tmp_path / "m")
    model.fit(X[:rows], X[:rows], epochs=2, batch_size=rows, **options)
    expected = [
        schedule.rate(0.01, epoch + 1, 1) for epoch in (2, 3)
    ]  # one step for each epoch, as if there had been no others
    assert options["callbacks"][0].seen == pytest.approx(expected, rel=1e-12)


def test_a_cosine_that_is_resumed_with_larger_batches() -> None:
    model = cr.Sequential([cr.layers.Dense(1)])
    spy = Rates()
    options: dict[str, Any] = {
        "loss": "mse", "optimizer": SGD, "callbacks": [spy],
        "schedule": cr.schedules.CosineDecay(epochs=10),
    }  # fmt: skip
    model.fit(X, X, epochs=2, batch_size=4, **options)
    model.fit(X, X, epochs=1, batch_size=64, **options)
    assert spy.seen == [pytest.approx(0.00905, abs=5e-6)]


def test_an_epoch_that_was_stopped_is_repeated_by_the_schedule() -> None:
    class Stop(cr.Callback):
        def step_end(self, run: Run) -> None:
            if run.step_of_epoch == 3 and run.epoch == 2:
                run.stop()

    model = cr.Sequential([cr.layers.Dense(1)])
    schedule = cr.schedules.ExponentialDecay(factor=0.5)
    spy = Rates()
    options: dict[str, Any] = {"loss": "mse", "optimizer": SGD, "schedule": schedule}
    model.fit(X, X, epochs=3, batch_size=16, callbacks=[Stop()], **options)
    model.fit(X, X, epochs=1, batch_size=64, callbacks=[spy], **options)
    assert spy.seen == [pytest.approx(0.005)]


@pytest.mark.parametrize(
    ("boundaries", "factors", "message"),
    [((1,), (1.0,), "need 2 factors"), ((2, 1), (1.0, 1.0, 1.0), "increase")],
)
def test_malformed_pieces_are_rejected(
    boundaries: tuple[float, ...], factors: tuple[float, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        cr.schedules.PiecewiseConstant(boundaries=boundaries, factors=factors)
