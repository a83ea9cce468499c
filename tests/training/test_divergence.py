"""Training runs that diverge, fail or are interrupted: nothing is lost."""

from __future__ import annotations

import signal
import threading
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.backends.numpy import NumpyBackend
from chainrule.backends.numpy.executable import NumpyExecutable
from chainrule.errors import DivergenceError
from chainrule.kinds.callback import Run

random = np.random.default_rng(2)
X = random.normal(size=(40, 3)).astype(np.float32)
Y = random.normal(size=(40, 1)).astype(np.float32)


def linear() -> cr.Sequential:
    return cr.Sequential([cr.layers.Dense(8), cr.layers.Dense(1)], input_shape=3)


class Keep(cr.Callback):
    """Keeps the weights after each epoch, and counts how often `end` is called."""

    def begin(self, run: Run) -> None:
        self.weights: list[dict[str, Any]] = []
        self.ends = 0

    def epoch_end(self, run: Run) -> None:
        self.weights.append(run.model.get_weights())

    def end(self, run: Run) -> None:
        self.ends += 1


def test_divergence_names_node_and_step_and_keeps_the_last_finite_epoch() -> None:
    model, keep = linear(), Keep()
    with pytest.raises(DivergenceError) as caught:
        model.fit(
            X, Y, loss="mse", optimizer=cr.optimizers.SGD(lr=3.0), epochs=50,
            batch_size=16, callbacks=[keep],
        )  # fmt: skip
    history = model.history
    assert history is not None
    epochs = history.epochs
    assert 1 <= epochs < 50
    assert np.isfinite(history["loss"]).all()
    message = str(caught.value)
    assert f"diverged in epoch {epochs + 1}, step " in message
    step = int(message.split("step ")[1].split(":")[0])
    assert 3 * epochs < step <= 3 * (epochs + 1) + 1
    assert "produced infinity" in message or "produced NaN" in message
    assert "learning rate" in message
    assert keep.ends == 1
    for path, value in model.get_weights().items():
        np.testing.assert_array_equal(value, keep.weights[-1][path])


def test_training_can_continue_after_a_divergence() -> None:
    careful, careless = linear(), linear()
    calm = cr.optimizers.SGD(lr=0.01)
    for model in (careful, careless):
        model.fit(X, Y, loss="mse", optimizer=calm)
    with pytest.raises(DivergenceError):
        careless.fit(X, Y, loss="mse", optimizer=cr.optimizers.SGD(lr=1e30), epochs=9)
    for model in (careful, careless):
        model.fit(X, Y, loss="mse", optimizer=calm)
    for path, value in careful.get_weights().items():
        np.testing.assert_array_equal(value, careless.get_weights()[path])


def test_an_overflow_of_the_parameters_alone_is_noticed() -> None:
    model = linear()
    huge = cr.optimizers.SGD(lr=3e38)
    with pytest.raises(DivergenceError, match="epoch 1"):
        model.fit(X, Y * 1e4, loss="mse", optimizer=huge, batch_size=40)
    assert all(np.isfinite(value).all() for value in model.get_weights().values())


class Press(cr.Callback):
    """Presses Ctrl-C after some step."""

    at: int
    raises: bool = False

    def step_end(self, run: Run) -> None:
        if run.step == self.at:
            if self.raises:
                raise KeyboardInterrupt
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("raises", [False, True])
def test_ctrl_c_ends_training_cleanly(raises: bool) -> None:
    model, keep = linear(), Keep()
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        model.fit(
            X, Y, loss="mse", batch_size=16, epochs=9,
            callbacks=[Press(at=7, raises=raises), keep],
        )  # fmt: skip
    assert signal.getsignal(signal.SIGINT) is before
    assert model.history is not None
    assert model.history.interrupted
    assert model.history.epochs == 2  # 3 steps each; the third had done one
    assert model.session.state is not None
    assert model.session.state.step == 7
    assert keep.ends == 1
    history = model.fit(X, Y, loss="mse", batch_size=16)
    assert not history.interrupted


def test_ctrl_c_restores_the_best_weights() -> None:
    model, keep = linear(), Keep()
    with pytest.raises(KeyboardInterrupt):
        model.fit(
            X, Y, loss="mse", batch_size=20, epochs=9, validation=(X, -3 * Y),
            optimizer=cr.optimizers.SGD(lr=0.05),
            regularizers=[cr.regularizers.EarlyStopping(patience=9)],
            callbacks=[keep, Press(at=11)],
        )  # fmt: skip
    assert model.history is not None
    best = int(np.argmin(model.history["val_loss"]))
    assert best < model.history.epochs - 1
    for path, value in model.get_weights().items():
        np.testing.assert_array_equal(value, keep.weights[best][path])


def test_ctrl_c_while_the_best_weights_are_copied(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, keep, calls = linear(), Keep(), [0]

    def interrupted(self: NumpyBackend, copies: Any) -> None:
        calls[0] += 1
        for target, source in copies:
            target[...] = source
            if calls[0] == 6:  # in the third epoch, each of which is the best
                raise KeyboardInterrupt

    monkeypatch.setattr(NumpyBackend, "copy_all", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(
            X, Y, loss="mse", epochs=9, optimizer=cr.optimizers.SGD(lr=1e-3),
            regularizers=[cr.regularizers.EarlyStopping(patience=9, monitor="loss")],
            callbacks=[keep], backend="numpy",
        )  # fmt: skip
    assert model.history is not None
    assert model.history.restored == 2
    for path, value in model.get_weights().items():
        np.testing.assert_array_equal(value, keep.weights[1][path])


def test_a_users_signal_handler_stays_in_place() -> None:
    pressed = []
    before = signal.signal(signal.SIGINT, lambda *_: pressed.append(1))
    try:
        history = linear().fit(X, Y, loss="mse", batch_size=16, callbacks=[Press(at=2)])
    finally:
        signal.signal(signal.SIGINT, before)
    assert pressed == [1]
    assert history.epochs == 1


def test_training_works_in_a_thread() -> None:
    histories: list[Any] = []
    thread = threading.Thread(
        target=lambda: histories.append(linear().fit(X, Y, loss="mse"))
    )
    thread.start()
    thread.join()
    assert histories[0].epochs == 1


class Seen(cr.Callback):
    """Keeps the counts of the run when training has ended."""

    def step_end(self, run: Run) -> None:
        """Do nothing; with a hook the loop counts the steps of an epoch."""

    def end(self, run: Run) -> None:
        self.counts = run.step, run.step_of_epoch


def test_after_a_divergence_the_run_counts_the_steps_of_its_parameters() -> None:
    model, seen = linear(), Seen()
    huge = cr.optimizers.SGD(lr=3e38)
    with pytest.raises(DivergenceError):
        model.fit(
            X, Y * 1e4, loss="mse", optimizer=huge, batch_size=20, callbacks=[seen]
        )
    assert seen.counts == (0, 0)


def break_once(
    monkeypatch: pytest.MonkeyPatch, at: int, fault: type[BaseException]
) -> None:
    """Let a step fail after it has computed everything, but not when repeated."""
    run = NumpyExecutable.run
    broken: list[int] = []

    def breaks(self: NumpyExecutable, *, step: int = 1, **how: Any) -> None:
        run(self, step=step, **how)
        if step == at and not broken:
            broken.append(step)
            raise fault

    monkeypatch.setattr(NumpyExecutable, "run", breaks)


@pytest.mark.parametrize("best", [False, True])
@pytest.mark.parametrize("fault", [MemoryError, KeyboardInterrupt])
def test_a_torn_step_is_undone(
    fault: type[BaseException], best: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, seen = linear(), Seen()
    break_once(monkeypatch, 5, fault)
    stops = [cr.regularizers.EarlyStopping(patience=9)] if best else []
    with pytest.raises(fault) as caught:
        model.fit(
            X, Y, loss="mse", batch_size=16, epochs=9, validation=(X, Y),
            regularizers=stops, callbacks=[seen], backend="numpy",
        )  # fmt: skip
    again = issubclass(fault, Exception)  # after Ctrl-C nothing is repeated
    assert seen.counts == ((4, 1) if again else (3, 0))
    whose = "the best ones" if best else "those after step 3"
    notes = [] if again else [f"the parameters are {whose}"]
    assert getattr(caught.value, "__notes__", []) == notes
    assert caught.value.__context__ is None  # the loop's own errors stay inside


def test_ctrl_c_while_the_totals_of_an_epoch_are_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, keep = linear(), Keep()
    take, taken = NumpyExecutable.take_totals, []

    def interrupted(self: NumpyExecutable) -> Any:
        taken.append(self)
        if len(taken) == 4:  # of the last batch in the second epoch
            raise KeyboardInterrupt
        return take(self)

    monkeypatch.setattr(NumpyExecutable, "take_totals", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        model.fit(
            X, Y, loss="mse", batch_size=16, epochs=9, callbacks=[keep],
            backend="numpy",
        )  # fmt: skip
    assert caught.value.__notes__ == ["the parameters are those after step 3"]
    assert model.session.state is not None
    assert model.session.state.step == 3
    for path, value in model.get_weights().items():
        np.testing.assert_array_equal(value, keep.weights[0][path])


class Halve(cr.Callback):
    """Halves the weights after each step; keeps those an epoch begins with."""

    def epoch_begin(self, run: Run) -> None:
        self.weights = run.model.get_weights()

    def step_end(self, run: Run) -> None:
        run.model.set_weights({k: v / 2 for k, v in run.model.get_weights().items()})


def test_steps_between_which_a_callback_set_weights_are_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, halve = linear(), Halve()
    break_once(monkeypatch, 5, MemoryError)
    with pytest.raises(MemoryError) as caught:
        model.fit(
            X, Y, loss="mse", batch_size=16, epochs=9, callbacks=[halve],
            backend="numpy",
        )  # fmt: skip
    assert caught.value.__notes__ == ["the parameters are those after step 3"]
    for path, value in model.get_weights().items():
        np.testing.assert_array_equal(value, halve.weights[path])
