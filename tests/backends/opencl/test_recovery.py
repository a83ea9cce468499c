"""However a training run ends, the host has the last completed step."""

from __future__ import annotations

from dataclasses import field
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.backends.opencl.device.devices import OpenCLDevice
from chainrule.errors import BackendError, DivergenceError, ExecutionError
from chainrule.execution import open_backend
from chainrule.kinds.callback import Run
from chainrule.philox import generator

cl = pytest.importorskip("pyopencl")

random = np.random.default_rng(4)
ROWS, SIZE, STEPS = 40, 16, 3  # the last batch of an epoch is smaller
X = random.normal(size=(ROWS, 3)).astype(np.float32)
Y = random.normal(size=(ROWS, 1)).astype(np.float32)
PLACES = random.integers(0, 4, ROWS)


def wrong(epoch: int) -> Any:
    """Return indices, one of them out of range in the second step of an epoch."""
    places = PLACES.copy()
    places[generator(0, "shuffle", epoch).permutation(ROWS)[SIZE + 3]] = 4
    return places


@pytest.fixture(params=["numpy", "opencl"])
def any_backend(request: pytest.FixtureRequest) -> Any:
    if request.param == "opencl":
        return request.getfixturevalue("backend")
    return open_backend("numpy")


def network() -> cr.Model:
    """A model with running averages and an index that no check of the data sees."""
    x, place = cr.input("x", (None, 3)), cr.input("place", (None,), "int")
    h = cr.layers.BatchNorm()(cr.layers.Dense(4, activation="tanh")(x))
    y = cr.layers.Dense(1)(h) + ops.expand_dims(ops.pick(h, place), 1)
    return cr.Model([x, place], y)


def fit(model: cr.Model, backend: Any, places: Any = PLACES, **more: Any) -> Any:
    options: dict[str, Any] = {"epochs": 1, "callbacks": [], **more}
    return model.fit(
        [X, places], Y, loss="mse", batch_size=SIZE, backend=backend, **options
    )


class Stop(cr.Callback):
    """Ends training after some step."""

    at: int

    def step_end(self, run: Run) -> None:
        if run.step == self.at:
            run.stop()


EACH = Stop(at=10**9)
"""Never stops, but sees every step: each has a launch of its own."""


def check(model: cr.Model, backend: Any, steps: int, begun: int = 0) -> None:
    """Check that a model is what undisturbed training makes in these steps."""
    same = network()
    if begun:
        fit(same, backend, epochs=begun)
    if steps > begun * STEPS:
        fit(same, backend, epochs=9, callbacks=[Stop(at=steps)])
    for trained in (model, same):
        assert trained.session.state is not None
        assert trained.session.state.step == steps
    pairs = zip(model.session.changing, same.session.changing, strict=True)
    for got, expected in pairs:
        np.testing.assert_array_equal(got.value, expected.value, str(got))


def kernels_per_step(backend: Any) -> int:
    model = network()
    fit(model, backend, callbacks=[Stop(at=1)])
    return len(model.program.launches)  # type: ignore[union-attr]


class Failing:
    """Lets a function of pyopencl fail in its n-th call, or in all from there on."""

    def __init__(self, patch: pytest.MonkeyPatch, name: str, error: Any) -> None:
        self.calls, self.at, self.for_good = 0, 0, False
        usual = getattr(cl, name)

        def function(*args: Any, **options: Any) -> Any:
            self.calls += 1
            if self.at and (
                self.calls == self.at or (self.for_good and self.calls > self.at)
            ):
                raise error
            return usual(*args, **options)

        patch.setattr(cl, name, function)


LAUNCH = "enqueue_nd_range_kernel"
GONE = cl.RuntimeError("clEnqueueNDRangeKernel failed: DEVICE_NOT_AVAILABLE")


@pytest.mark.parametrize("before", [0, 2])
def test_an_index_out_of_range_that_is_noticed_late(
    any_backend: Any, before: int
) -> None:
    model = network()
    if before:
        fit(model, any_backend, epochs=before)
    with pytest.raises(ExecutionError) as caught:
        fit(model, any_backend, wrong(epoch=before + 1))
    step = before * STEPS + 1
    message = str(caught.value)
    assert f"in epoch {before + 1}: " in message
    assert "indices must lie in 0 … 3" in message
    assert message.endswith(f"the parameters are those after step {step}")
    check(model, any_backend, step, before)
    assert np.isfinite(fit(model, any_backend)["loss"][-1])


def test_a_step_that_breaks_off_is_as_if_it_had_not_begun(
    backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    per_step = kernels_per_step(backend)
    model = network()
    fit(model, backend)
    launch = Failing(monkeypatch, LAUNCH, GONE)
    launch.at = 2 * per_step  # the last kernel of the second step
    with pytest.raises(BackendError, match=r"epoch 2: .*failed.* after step 4$"):
        fit(model, backend, epochs=2, callbacks=[EACH])
    launch.at = 0
    check(model, backend, 4, 1)


@pytest.mark.parametrize("function", [LAUNCH, "enqueue_copy"])
def test_a_device_that_vanishes_leaves_the_last_whole_epoch(
    backend: Any, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    if function != LAUNCH:
        monkeypatch.setattr(OpenCLDevice, "shares_memory", False)
    per_step = kernels_per_step(backend)
    model = network()
    fit(model, backend)
    before = {path: p.value.copy() for path, p in model.parameters.items()}
    call, context = (Failing(monkeypatch, name, GONE) for name in (function, "Context"))
    call.at, context.at = 2 * per_step if function == LAUNCH else 12, 1
    call.for_good = context.for_good = True
    session = backend.session
    with pytest.raises(BackendError, match=r"NOT_AVAILABLE.* after step 3$"):
        fit(model, backend, epochs=3)
    assert model.program is None  # what was compiled holds memory of the device
    for path, value in before.items():
        np.testing.assert_array_equal(model.parameters[path].value, value)
    call.at = context.at = 0
    here = network()
    here.set_weights(before)
    there = model.predict([X, PLACES], backend="numpy")
    np.testing.assert_array_equal(there, here.predict([X, PLACES], backend="numpy"))
    assert fit(model, "numpy")["loss"]
    assert fit(model, backend)["loss"]  # the device is there again
    assert backend.session is not session


def boom(at: int, error: type[BaseException]) -> cr.Callback:
    """Return a callback that raises after some step."""

    class Boom(cr.Callback):
        def step_end(self, run: Run) -> None:
            if run.step == at:
                raise error("boom")

    return Boom()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_callback_that_raises(any_backend: Any, error: type[BaseException]) -> None:
    model = network()
    with pytest.raises(error):
        fit(model, any_backend, epochs=3, callbacks=[boom(5, error)])
    check(model, any_backend, 5)


def test_a_callback_that_raises_after_an_unnoticed_fault(backend: Any) -> None:
    model = network()
    with pytest.raises(ValueError, match="boom") as caught:
        fit(model, backend, np.full(ROWS, 7), callbacks=[boom(2, ValueError)])
    assert "the parameters are those it began with" in caught.value.__notes__
    fresh = network()
    for path, value in model.get_weights().items():
        np.testing.assert_array_equal(value, fresh.get_weights()[path])


def test_ctrl_c_pressed_twice_within_a_step(
    backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = network()
    fit(model, backend)
    launch = Failing(monkeypatch, LAUNCH, KeyboardInterrupt)
    launch.at = kernels_per_step(backend) * 3
    launch.calls = 0
    with pytest.raises(KeyboardInterrupt):
        fit(model, backend, epochs=2, callbacks=[EACH])
    check(model, backend, 3)


def test_no_room_for_the_program_of_the_last_batch(
    backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = network()
    usual = backend.compile

    def compile(program: Any) -> Any:
        if ROWS % SIZE in [shape[0] for shape in program.shapes.values()]:
            raise BackendError("no room")
        return usual(program)

    monkeypatch.setattr(backend, "compile", compile)
    with pytest.raises(BackendError, match=r"no room; .* after step 2$"):
        fit(model, backend)
    monkeypatch.undo()
    check(model, backend, 2)


def test_divergence_that_cannot_be_located(
    backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = network()
    fit(model, backend)
    usual = backend.compile

    def compile(program: Any) -> Any:
        if program.checked:
            raise BackendError("no room")
        return usual(program)

    monkeypatch.setattr(backend, "compile", compile)
    with pytest.raises(DivergenceError, match="in epoch 2: the loss or a parameter"):
        fit(model, backend, optimizer=cr.optimizers.Adam(lr=1e38), epochs=9)
    check(model, backend, 3)


class Look(cr.Callback):
    """Uses the model while it is trained."""

    _backends: tuple[Any, ...] = field(default=("numpy",), init=False)

    def begin(self, run: Run) -> None:
        self.outputs: list[Any] = []
        self.weights: list[Any] = []

    def step_end(self, run: Run) -> None:
        on = self._backends[run.step % len(self._backends)]
        self.outputs.append(run.model.predict([X, PLACES], backend=on))
        self.weights.append(run.model.get_weights())


def test_callbacks_see_the_model_as_it_is(backend: Any) -> None:
    there, here = Look(), Look()
    there._backends = "numpy", backend
    model = network()
    watched = fit(model, backend, epochs=2, callbacks=[there])
    assert watched["loss"] == fit(network(), backend, epochs=2)["loss"]
    fit(network(), "numpy", epochs=2, callbacks=[here])
    np.testing.assert_allclose(there.outputs, here.outputs, atol=1e-4)
    for got, expected in zip(there.weights, here.weights, strict=True):
        for path, value in expected.items():
            np.testing.assert_allclose(got[path], value, atol=1e-4)


class Halve(cr.Callback):
    """Changes the model while it is trained."""

    def step_end(self, run: Run) -> None:
        run.model.set_weights({k: v / 2 for k, v in run.model.get_weights().items()})


def test_callbacks_may_change_the_model(backend: Any) -> None:
    models = network(), network()
    for model, on in zip(models, (backend, "numpy"), strict=True):
        fit(model, on, epochs=2, callbacks=[Halve()])
    for path, value in models[0].get_weights().items():
        expected = models[1].get_weights()[path]
        np.testing.assert_allclose(value, expected, atol=1e-5)


class Evaluate(cr.Callback):
    """Computes something of the model's own graph while it is trained."""

    _on: Any = field(default="numpy", init=False)

    def begin(self, run: Run) -> None:
        self.outputs: list[Any] = []

    def step_end(self, run: Run) -> None:
        feeds = dict(zip(run.model.inputs, (X, PLACES), strict=True))
        self.outputs += cr.evaluate(run.model.outputs, feeds, backend=self._on)


def test_evaluating_a_graph_in_a_callback_does_not_disturb_training(
    backend: Any,
) -> None:
    there, here = Evaluate(), Evaluate()
    there._on = backend
    watched = fit(network(), backend, epochs=2, callbacks=[there])
    assert watched["loss"] == fit(network(), backend, epochs=2)["loss"]
    fit(network(), "numpy", epochs=2, callbacks=[here])
    np.testing.assert_allclose(there.outputs, here.outputs, atol=1e-4)


def test_what_is_set_after_a_fault_is_what_is_evaluated(backend: Any) -> None:
    model = network()
    with pytest.raises(DivergenceError):
        fit(model, backend, optimizer=cr.optimizers.Adam(lr=1e38), epochs=9)
    for parameter in model.parameters.values():
        parameter.value[...] = 0.5
    feeds: dict[Any, Any] = dict(zip(model.inputs, (X, PLACES), strict=True))
    here, there = (
        cr.evaluate(model.outputs, feeds, backend=on)[0] for on in ("numpy", backend)
    )
    np.testing.assert_allclose(there, here, atol=1e-5)
