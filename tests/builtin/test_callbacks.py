"""The built-in callbacks that act on numbers: learning rate, averages, checkpoints."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import HyperparameterError
from chainrule.kinds.callback import Run
from chainrule.plugins.callbacks.checkpoint import Checkpoint

random = np.random.default_rng(1)
X = random.normal(size=(12, 3)).astype(np.float32)
Y = X.sum(axis=1)


def rates(values: list[float], callback: cr.Callback, lr: float = 1.0) -> list[float]:
    """Return the learning rate of each epoch when these numbers are reached."""
    history = cr.callbacks.History()
    run = Run(
        model=None, history=history, last_epoch=len(values), steps_per_epoch=1, epoch=0,
        step=0, lr=lr, better={"loss": "min", "accuracy": "max"},
    )  # fmt: skip
    callback.begin(run)
    used = []
    for value in values:
        run.record(lr=lr * run.lr_scale)
        used.append(run.lr)
        history.append({"loss": value, "accuracy": -value})
        callback.epoch_end(run)
    return used


def keras(
    values: list[float], factor: float, patience: int, cooldown: int, min_delta: float
) -> list[float]:
    """Return the learning rates of tf.keras's ReduceLROnPlateau, from 1 on."""
    lr, best, wait, cooling, used = 1.0, math.inf, 0, 0, []
    for value in values:
        used.append(lr)
        if cooling > 0:
            cooling, wait = cooling - 1, 0
        if value < best - min_delta:
            best, wait = value, 0
        elif cooling <= 0:
            wait += 1
            if wait >= patience:
                lr, cooling, wait = lr * factor, cooldown, 0
    return used


@pytest.mark.parametrize("patience", [1, 2, 3])
@pytest.mark.parametrize("cooldown", [0, 1, 3])
def test_the_rate_falls_where_that_of_keras_does(patience: int, cooldown: int) -> None:
    for seed in range(20):
        numbers = np.random.default_rng(seed)
        values = (numbers.normal(size=25) - 0.1 * np.arange(25)).round(1).tolist()
        callback = cr.callbacks.ReduceLROnPlateau(
            "loss", factor=0.5, patience=patience, cooldown=cooldown, min_delta=0.15
        )
        wanted = keras(values, 0.5, patience, cooldown, 0.15)
        assert rates(values, callback) == wanted
        assert len({*wanted}) > 1


def test_a_metric_says_which_number_is_better() -> None:
    callback = cr.callbacks.ReduceLROnPlateau("accuracy", patience=1)
    assert rates([3.0, 2.0, 1.0], callback) == [1.0, 1.0, 1.0]  # accuracy rises
    assert rates([1.0, 2.0, 3.0], callback) == pytest.approx([1.0, 1.0, 0.1])


def test_a_rate_has_a_floor() -> None:
    callback = cr.callbacks.ReduceLROnPlateau("loss", patience=1, min_lr=0.02)
    assert rates([1.0] * 5, callback) == pytest.approx([1.0, 1.0, 0.1, 0.02, 0.02])


class Rates(cr.Callback):
    """Notes the learning rate of each step."""

    def begin(self, run: Run) -> None:
        self.seen: list[float] = []

    def step_end(self, run: Run) -> None:
        self.seen.append(run.lr)


def fitted(model: Any, *callbacks: cr.Callback, **how: Any) -> Any:
    options = {"loss": "mse", "optimizer": cr.optimizers.SGD(lr=0.1), "verbose": 0}
    model.fit(X, Y, callbacks=callbacks, batch_size=6, **(options | how))
    return model


def linear() -> cr.Sequential:
    return cr.Sequential([cr.layers.Dense(1)], input_shape=3)


@pytest.mark.parametrize("scheduled", [False, True])
def test_training_uses_the_reduced_rate_also_when_resumed(
    scheduled: bool, tmp_path: Path
) -> None:
    schedule = cr.schedules.ExponentialDecay(0.5, 1) if scheduled else None
    seen = Rates()
    plateau = cr.callbacks.ReduceLROnPlateau("loss", patience=1, min_delta=1e9)
    model = fitted(linear(), seen, plateau, epochs=3, schedule=schedule)
    decay = (0.5 ** (np.arange(8) / 2)) if scheduled else np.ones(8)
    wanted = 0.1 * decay * [1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01]
    assert seen.seen == pytest.approx(wanted[:6])
    model.save(tmp_path / "model.safetensors")
    fitted(cr.load(tmp_path / "model.safetensors"), seen, schedule=schedule)
    assert seen.seen == pytest.approx(wanted[6:])


@pytest.mark.parametrize(
    "callback",
    [
        cr.callbacks.ReduceLROnPlateau(),
        cr.callbacks.Checkpoint("model.safetensors", save_best_only=True),
    ],
    ids=["plateau", "checkpoint"],
)
def test_what_is_not_measured_cannot_be_monitored(callback: cr.Callback) -> None:
    with pytest.raises(HyperparameterError, match=r"val_loss.*Give fit valid"):
        fitted(linear(), callback)


def test_only_the_best_model_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    saved: list[int] = []

    class Spy(Checkpoint):
        """Notes which epochs were saved."""

        def epoch_end(self, run: Run) -> None:
            path.unlink(missing_ok=True)
            super().epoch_end(run)
            if path.exists():
                saved.append(run.epoch)

    model = linear()
    fitted(
        model, Spy(str(path), save_best_only=True, monitor="loss"), epochs=12,
        optimizer=cr.optimizers.Momentum(lr=0.2),
    )  # fmt: skip
    assert model.history is not None
    losses = model.history["loss"]
    best = [i + 1 for i, loss in enumerate(losses) if loss < min([9e9, *losses[:i]])]
    assert saved == best
    assert len(best) < 12


def test_the_weights_are_averaged() -> None:
    class Steps(cr.Callback):
        """Keeps the weights before the first step and after each."""

        def begin(self, run: Run) -> None:
            self.weights = [run.model.get_weights()]

        def step_end(self, run: Run) -> None:
            self.weights.append(run.model.get_weights())

    steps = Steps()
    average = cr.callbacks.WeightAverage(decay=0.75)
    model = fitted(linear(), steps, average, epochs=4)
    wanted = steps.weights[0]
    for weights in steps.weights[1:]:
        wanted = {n: 0.75 * wanted[n] + 0.25 * w for n, w in weights.items()}
    for name, weights in model.get_weights().items():
        np.testing.assert_allclose(weights, wanted[name], rtol=1e-5)
