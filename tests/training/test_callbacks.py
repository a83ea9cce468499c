"""Callbacks: what they see, stop and write."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.kinds.callback import Run

random = np.random.default_rng(5)
X = random.normal(size=(23, 6)).astype(np.float32)
LABELS = random.integers(0, 3, 23)
SPARSE = "sparse_softmax_cross_entropy"


def linear() -> cr.Sequential:
    return cr.Sequential([cr.layers.Dense(3)])


def test_callbacks_see_the_run() -> None:
    seen: list[tuple[str, int, int]] = []

    class Spy(cr.Callback):
        def begin(self, run: Run) -> None:
            seen.append(("begin", run.epoch, run.step))

        def epoch_begin(self, run: Run) -> None:
            seen.append(("epoch_begin", run.epoch, run.step))

        def step_end(self, run: Run) -> None:
            seen.append(("step_end", run.epoch, run.step))

        def epoch_end(self, run: Run) -> None:
            seen.append(("epoch_end", run.epoch, len(run.history["loss"])))

        def end(self, run: Run) -> None:
            seen.append(("end", run.epoch, run.step))

    linear().fit(X, LABELS, loss=SPARSE, epochs=2, batch_size=16, callbacks=[Spy()])
    assert seen == [
        ("begin", 0, 0),
        ("epoch_begin", 1, 0), ("step_end", 1, 1), ("step_end", 1, 2),
        ("epoch_end", 1, 1),
        ("epoch_begin", 2, 2), ("step_end", 2, 3), ("step_end", 2, 4),
        ("epoch_end", 2, 2),
        ("end", 2, 4),
    ]  # fmt: skip


def test_a_callback_may_stop_in_the_middle_of_an_epoch() -> None:
    class Enough(cr.Callback):
        def step_end(self, run: Run) -> None:
            if run.step == 4:
                run.stop()

    model = linear()
    history = model.fit(
        X, LABELS, loss=SPARSE, epochs=9, batch_size=8, callbacks=[Enough()]
    )
    assert history.epochs == 1  # the second ended early, so it has no numbers
    assert not history.interrupted
    assert model.session.state is not None
    assert model.session.state.step == 4


@pytest.mark.parametrize("schedule", [None, cr.schedules.Constant()])
def test_a_rate_that_is_scaled_is_that_of_the_next_step(schedule: Any) -> None:
    seen: list[float] = []

    class Halve(cr.Callback):
        def step_end(self, run: Run) -> None:
            seen.append(run.lr)
            run.scale_lr(0.5)

    linear().fit(
        X, LABELS, loss=SPARSE, optimizer=cr.optimizers.SGD(lr=1.0), batch_size=5,
        schedule=schedule, callbacks=[Halve()],
    )  # fmt: skip
    assert seen == [1.0, 0.5, 0.25, 0.125, 0.0625]


def test_an_epoch_that_ended_early_is_in_no_later_number() -> None:
    class Broken(cr.Callback):
        def step_end(self, run: Run) -> None:
            raise RuntimeError

    still: Any = {"loss": SPARSE, "optimizer": cr.optimizers.SGD(lr=1e-12)}
    model, twin = linear(), linear()
    with pytest.raises(RuntimeError):
        model.fit(X, LABELS, callbacks=[Broken()], **still)
    history = model.fit(X, LABELS, **still)
    assert history["loss"] == pytest.approx(twin.fit(X, LABELS, **still)["loss"])


def test_a_history_given_as_callback_continues() -> None:
    history = cr.callbacks.History()
    model = linear()
    for _ in range(2):
        model.fit(X, LABELS, loss=SPARSE, epochs=3, callbacks=[history])
    assert history.epochs == 6


def test_checkpoint_writes_the_model_after_each_epoch(tmp_path: Any) -> None:
    path = tmp_path / "model.safetensors"
    model = linear()
    checkpoint = cr.callbacks.Checkpoint(path)
    assert checkpoint.to_config()["path"] == str(path)
    model.fit(X, LABELS, loss=SPARSE, callbacks=[checkpoint])
    for name, weights in cr.load(path).get_weights().items():
        np.testing.assert_array_equal(weights, model.get_weights()[name])
