"""Many steps in one launch: the same bytes, and as quick to stop."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.backends.opencl import OpenCLBackend
from chainrule.backends.opencl.device import feeds, pace
from chainrule.backends.opencl.device.pace import Pace
from chainrule.kinds.callback import Run
from chainrule.plugins.callbacks.progress import Progress

cl = pytest.importorskip("pyopencl")

random = np.random.default_rng(8)
ROWS, SIZE = 203, 8  # the last batch of an epoch is smaller
X = random.normal(size=(ROWS, 6)).astype(np.float32)
KINDS = random.integers(0, 3, ROWS)
Y = random.normal(size=(ROWS, 2)).astype(np.float32)
layers, optimizers = cr.layers, cr.optimizers


@pytest.fixture
def own(backend: Any) -> Any:
    """Return a backend of which no launch has been timed."""
    if not backend.session.runtime.device.is_cpu:
        pytest.skip("many steps share a launch on processors alone")
    return OpenCLBackend(backend.device)


class Steps(cr.Callback):
    """Sees every step, so that each has a launch of its own."""

    def begin(self, run: Run) -> None:
        self.seen: list[int] = []

    def step_end(self, run: Run) -> None:
        self.seen.append(run.step)


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list of the kernels launched from now on."""
    usual, seen = cl.enqueue_nd_range_kernel, []

    def enqueue(queue: Any, kernel: Any, *args: Any) -> Any:
        seen.append(kernel)
        return usual(queue, kernel, *args)

    monkeypatch.setattr(cl, "enqueue_nd_range_kernel", enqueue)
    return seen


def embedding() -> cr.Model:
    """A model of two inputs, one of them indices."""
    x, kind = cr.input("x", (None, 6)), cr.input("kind", (None,), "int")
    h = layers.Dense(5, activation="tanh")(x)
    return cr.Model([x, kind], layers.Dense(2)(h) + cr.ops.one_hot(kind, 2))


def plain() -> cr.Model:
    return cr.Sequential([layers.Dense(7, activation="relu"), layers.Dense(2)])


def noisy() -> cr.Model:
    return cr.Sequential([
        layers.Dense(7, activation="gelu"), layers.Dropout(0.3), layers.BatchNorm(),
        layers.Dropout(0.1), layers.Dense(2),
    ])  # fmt: skip


def classifier() -> cr.Model:
    return cr.Sequential([layers.Dense(9, activation="relu"), layers.Dense(3)])


CASES: dict[str, tuple[Callable[[], cr.Model], dict[str, Any]]] = {
    "sgd": (plain, {"optimizer": optimizers.SGD(lr=0.01)}),
    "momentum": (plain, {"optimizer": optimizers.Momentum(lr=0.01)}),
    "adam": (plain, {"optimizer": optimizers.Adam(lr=0.01)}),
    "rmsprop": (plain, {"optimizer": "rmsprop"}),
    "dropout and batch norm": (noisy, {"optimizer": "adam"}),
    "schedule": (plain, {"schedule": cr.schedules.CosineDecay(epochs=3)}),
    "constraint and penalty": (
        plain,
        {"regularizers": [cr.regularizers.MaxNorm(0.5), cr.regularizers.L2(0.01)]},
    ),
    "clipped": (noisy, {"optimizer": optimizers.Adam(lr=0.01, clip_norm=0.1)}),
    "float64": (plain, {"dtype": "float64"}),
    "in order": (plain, {"shuffle": False}),
    "validation": (plain, {"validation": (X[:50], Y[:50])}),
    "weighted": (plain, {"sample_weight": np.abs(Y[:, 0])}),
    "metrics": (
        classifier,
        {
            "y": KINDS,
            "loss": "sparse_softmax_cross_entropy",
            "metrics": ["accuracy"],
            "class_weight": {0: 1.0, 1: 2.0, 2: 0.5},
        },
    ),
    "two inputs": (embedding, {"x": [X, KINDS % 2]}),
}


def fit(model: cr.Model, backend: Any, **options: Any) -> Any:
    given: dict[str, Any] = {
        "x": X, "y": Y, "loss": "mse", "epochs": 4, "batch_size": SIZE, "seed": 3,
        "callbacks": [], **options,
    }  # fmt: skip
    return model.fit(given.pop("x"), given.pop("y"), backend=backend, **given)


def same(model: cr.Model, other: cr.Model) -> None:
    """Check that two models and their optimizers have the same bytes."""
    assert model.session.state is not None
    assert other.session.state is not None
    assert model.session.state.step == other.session.state.step
    pairs = zip(model.session.changing, other.session.changing, strict=True)
    for got, expected in pairs:
        np.testing.assert_array_equal(got.value, expected.value, str(got))


@pytest.mark.parametrize("case", CASES)
def test_many_steps_at_once_give_the_same_bytes(
    case: str, own: Any, launched: list[Any]
) -> None:
    make, options = CASES[case]
    once, each, steps = make(), make(), Steps()
    history = fit(once, own, **options)
    few = len(launched)
    expected = fit(each, own, callbacks=[steps], **options)
    same(once, each)
    for name, numbers in expected.items():
        assert history[name] == numbers
    assert history.rates == expected.rates
    assert steps.seen == list(range(1, 4 * 26 + 1))
    assert few < (len(launched) - few) / 2


@pytest.mark.parametrize("case", CASES)
def test_steps_of_several_launches_are_prepared_together(
    case: str, own: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "chainrule.backends.opencl.lowering.lower"
    monkeypatch.setattr(f"{module}.merge_small", lambda launches, *_: launches)
    usual, puts = feeds.SharedFeed.put, []

    def put(self: Any, values: Any, rows: Any = None, **runs: Any) -> None:
        puts.append(self)
        usual(self, values, rows, **runs)

    monkeypatch.setattr(feeds.SharedFeed, "put", put)
    make, options = CASES[case]
    once, each = make(), make()
    history = fit(once, own, **options)
    few = len(puts)
    expected = fit(each, own, callbacks=[Steps()], **options)
    same(once, each)
    assert {**history} == {**expected}
    assert few < (len(puts) - few) / 2


def test_many_steps_where_memory_is_not_shared(
    own: Any, launched: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "LARGEST_SHARED", 0)
    once, each = noisy(), noisy()
    fit(once, own)
    few = len(launched)
    fit(each, own, callbacks=[Steps()])
    same(once, each)
    assert few < (len(launched) - few) / 2


class Now(cr.Callback):
    """Is content with being called now and then, and may end the run."""

    every_step = False
    stop_at: int = 10**9

    def begin(self, run: Run) -> None:
        self.seen: list[int] = []

    def step_end(self, run: Run) -> None:
        self.seen.append(run.step)
        if run.step >= self.stop_at:
            run.stop()


def test_a_callback_that_need_not_see_every_step(own: Any) -> None:
    now, model = Now(), plain()
    fit(model, own, callbacks=[now])
    assert now.seen[-1] == 4 * 26
    assert len(now.seen) < 52
    assert now.seen == sorted(set(now.seen))


def test_what_stops_a_run_ends_it_after_the_launch(own: Any) -> None:
    now, model, each = Now(stop_at=30), plain(), plain()
    fit(model, own, callbacks=[now])
    assert model.session.state is not None
    last = now.seen[-1]
    assert 30 <= last < 52

    class Stop(cr.Callback):
        def step_end(self, run: Run) -> None:
            if run.step == last:
                run.stop()

    fit(each, own, callbacks=[Stop()])
    same(model, each)


def test_progress_in_a_terminal_does_not_ask_for_every_step() -> None:
    assert not Progress.every_step


def test_ctrl_c_is_heeded_within_a_second(own: Any) -> None:
    model = plain()
    fit(model, own)
    x, y = np.tile(X, (3000, 1)), np.tile(Y, (3000, 1))
    pressed: list[float] = []

    def press() -> None:
        pressed.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.5, press)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        fit(model, own, x=x, y=y, epochs=1000)
    assert time.perf_counter() - pressed[0] < 1
    assert model.session.state is not None
    assert model.session.state.step > 4 * 26
    assert all(np.isfinite(p.value).all() for p in model.parameters.values())


def test_a_schedule_that_raises_lets_the_steps_before_it_be(own: Any) -> None:
    class Broken(cr.Schedule):
        def rate(self, lr: float, step: int, steps_per_epoch: int) -> float:
            if step > 4 * 26 + 17:
                raise ValueError("no rate")
            return lr

    model, each = plain(), plain()
    fit(model, own)
    fit(each, own)
    with pytest.raises(ValueError, match="no rate"):
        fit(model, own, schedule=Broken())
    with pytest.raises(ValueError, match="no rate"):
        fit(each, own, schedule=Broken(), callbacks=[Steps()])
    same(model, each)
    assert model.session.state is not None
    assert model.session.state.step == 4 * 26 + 17


def test_parameters_that_moved_between_launches(own: Any) -> None:
    once, each = plain(), plain()
    for model, callbacks in ((once, []), (each, [Steps()])):
        fit(model, own, callbacks=callbacks)
        for parameter in model.parameters.values():
            parameter.value = parameter.value.copy()
        fit(model, own, callbacks=callbacks)
    same(once, each)


def test_a_profile_times_every_step(own: Any) -> None:
    once, timed = plain(), plain()
    fit(once, own)
    history = fit(timed, own, profile=True)
    same(once, timed)
    assert history.profile is not None
    assert {row.calls for row in history.profile.rows} == {4 * 26}


class Clock:
    """A time that events move on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(pace.time, "perf_counter", lambda: self.now)

    def event(self, seconds: float) -> Any:
        """Return the event of a launch that takes so long."""
        status = cl.command_execution_status.RUNNING
        return SimpleNamespace(seconds=seconds, command_execution_status=status)

    def wait(self, event: Any) -> None:
        self.now += event.seconds


@pytest.mark.parametrize("step", [1e-5, 1e-3, 0.02, 3.0])
def test_a_launch_takes_a_moment(step: float, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    made = Pace(clock)  # type: ignore[arg-type]
    longest = 0.0
    for _ in range(40):
        longest = max(longest, made.runs * step)
        made.launched(clock.event(made.runs * step), made.runs)
    assert longest <= max(4 * pace.MOMENT, step)
    assert made.runs * step >= pace.MOMENT / 2
    for _ in range(40):  # the machine is slower now
        made.launched(clock.event(made.runs * step * 100), made.runs)
    assert made.runs * step * 100 <= max(4 * pace.MOMENT, step * 100)


def test_short_epochs_do_not_hide_how_long_many_steps_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch)
    made = Pace(clock)  # type: ignore[arg-type]
    for _ in range(200):
        made.launched(clock.event(3e-5), min(made.runs, 3))
    assert made.runs <= 4 * 3


def test_an_idle_device_begins_with_few_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    made = Pace(clock)  # type: ignore[arg-type]
    made.runs = 1000
    event = clock.event(0.01)
    given = []
    for _ in range(4):
        given.append(made.allowed(60))
        made.launched(event, given[-1])
    assert given == [16, 32, 60, 60]
    event.command_execution_status = cl.command_execution_status.COMPLETE
    assert made.allowed(60) == 16
    assert made.allowed(1) == 1
