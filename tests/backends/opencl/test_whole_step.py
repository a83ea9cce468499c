"""Whole steps: one launch that the cores share computes what several launches do."""

from __future__ import annotations

import math
import os
import threading
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.backends.opencl import OpenCLBackend
from chainrule.backends.opencl.device.devices import OpenCLDevice
from chainrule.backends.opencl.device.threads import VARIABLE, WORKERS, Workers
from chainrule.backends.opencl.lowering import whole_step as module
from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import Argument, Slot
from chainrule.program import Program
from tests.backends.opencl.test_many_steps import CASES, Steps, fit, same

cl = pytest.importorskip("pyopencl")


@pytest.fixture
def own(backend: Any, monkeypatch: pytest.MonkeyPatch) -> OpenCLBackend:
    """Return a backend whose steps are whole, however small they are."""
    device = backend.session.runtime.device
    if not device.has_threads or device.compute_units < 2:
        pytest.skip("whole steps are for threads that are kept on their cores")
    monkeypatch.setattr(module, "WAITING", 0)
    monkeypatch.setattr(module, "ALONE", 0)
    return OpenCLBackend(backend.device)


def forms(model: cr.Model) -> list[int]:
    """Return the work items of each launch of a model's training step."""
    launches = model.program.launches  # type: ignore[union-attr]
    return [prepared.launch.items[0] for prepared in launches]


@pytest.mark.parametrize("case", CASES)
def test_a_whole_step_gives_the_same_bytes(
    case: str, own: OpenCLBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, options = CASES[case]
    once, each = make(), make()
    history = fit(once, own, **options)
    units = own.session.runtime.device.compute_units
    assert forms(once) == [units]
    monkeypatch.setattr(OpenCLDevice, "has_threads", False)
    expected = fit(each, OpenCLBackend(own.device), callbacks=[Steps()], **options)
    assert forms(each) == [1]
    same(once, each)
    assert {**history} == {**expected}


def wide(backend: Any, epochs: int = 2) -> cr.Model:
    """Return a model with large products that was trained on a backend."""
    hidden = [cr.layers.Dense(280, activation="tanh") for _ in range(2)]
    model = cr.Sequential([*hidden, cr.layers.Dense(7)])
    more(model, backend, epochs)
    return model


def more(model: cr.Model, backend: Any, epochs: int = 2) -> None:
    """Train such a model."""
    random = np.random.default_rng(0)
    x = random.normal(size=(600, 300)).astype(np.float32)
    model.fit(
        x, random.integers(0, 7, 600), loss="sparse_softmax_cross_entropy",
        backend=backend, epochs=epochs, optimizer=cr.optimizers.SGD(lr=0.1),
        batch_size=300, verbose=0, seed=1,
    )  # fmt: skip


def test_large_products_in_a_whole_step(own: OpenCLBackend) -> None:
    """They copy operands to local memory, which all kernels of the step share."""
    once, expected = wide(own), wide("numpy")
    assert forms(once) == [own.session.runtime.device.compute_units]
    assert "local uchar scratch" in once.program.source  # type: ignore[union-attr]
    pairs = zip(once.session.changing, expected.session.changing, strict=True)
    for got, wanted in pairs:
        np.testing.assert_allclose(got.value, wanted.value, rtol=1e-3, atol=1e-4)


def step_of(own: OpenCLBackend) -> tuple[Any, cr.Parameter]:
    """Return a compiled step that doubles the square of a parameter, and it."""
    w = cr.parameter("w", np.full((64, 48), 1.5, np.float32))
    new = ops.square(w) @ cr.constant(np.eye(48, dtype=np.float32) * 2)
    program = Program(phases=[[(w, ops.tanh(new))]], training=True)
    return own.compile(program), w


def test_it_does_not_matter_when_cores_begin(own: OpenCLBackend) -> None:
    """One does all there is to do; the others find it done, and clear the counters."""
    executable, w = step_of(own)
    ((kernel, launch, group),) = executable.launches
    expected = w.value
    for _ in range(5):
        expected = np.tanh(2 * expected**2)
    kernel.set_arg(kernel.num_args - 1, np.uint64(5))
    queue = own.session.runtime.queue
    for first in range(launch.items[0]):
        cl.enqueue_nd_range_kernel(queue, kernel, (1,), group, (first,))
    own.session.mirrors.mirror(w).newer = True
    own.pull([w])
    np.testing.assert_allclose(w.value, expected, rtol=1e-5)
    executable.run()
    own.pull([w])
    np.testing.assert_allclose(w.value, np.tanh(2 * expected**2), rtol=1e-5)


def test_a_profile_shows_the_kernels_of_a_whole_step(own: OpenCLBackend) -> None:
    model, plain = wide(own), wide(own)
    with own.profiled() as profile:
        more(model, own)
    assert len(profile.rows) == len(forms(model)) > 8
    more(model, own)
    assert forms(model) == [own.session.runtime.device.compute_units]
    more(plain, own)
    more(plain, own)
    same(model, plain)


def test_a_profile_shows_the_kernels_of_a_step_for_few_cores(backend: Any) -> None:
    """Which would be one launch of one work item if the cores did not share it."""
    own = OpenCLBackend(backend.device)
    device = own.session.runtime.device
    if not device.has_threads or device.compute_units < 2:
        pytest.skip("whole steps are for threads that are kept on their cores")
    x = np.random.default_rng(0).normal(size=(96, 784)).astype(np.float32)
    model = cr.Sequential([cr.layers.Dense(64, activation="relu"), cr.layers.Dense(2)])
    fit(model, own, x=x, y=x[:, :2], batch_size=32)
    assert forms(model) == [device.compute_units]
    with own.profiled() as profile:
        fit(model, own, x=x, y=x[:, :2], batch_size=32)
    assert len(profile.rows) > 1


def places() -> list[int]:
    """Return on how many cores each of PoCL's threads may run."""
    return [len(os.sched_getaffinity(thread)) for thread in WORKERS._cores]


def test_threads_are_kept_on_their_cores_while_they_share_a_step(
    own: OpenCLBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other programs leave the host's thread its core."""
    if not WORKERS._cores:
        pytest.skip("somebody else says where PoCL's threads are")
    assert VARIABLE not in os.environ
    every = os.cpu_count()
    make, options = CASES["adam"]
    small = make()
    monkeypatch.setattr(module, "WAITING", 1 << 30)
    fit(small, OpenCLBackend(own.device), **options)
    assert {*places()} == {every}
    monkeypatch.setattr(module, "WAITING", 0)
    large = make()
    fit(large, own, **options)
    assert {*places()} == {1}
    assert {*WORKERS._cores.values()} == {
        *range(own.session.runtime.device.compute_units)
    }
    fit(small, own, **options)
    assert {*places()} == {1}  # the same program, but this backend shares it


def test_threads_of_others_are_left_alone() -> None:
    workers, stop = Workers(), threading.Event()
    with workers.opening():
        thread = threading.Thread(target=stop.wait)
        thread.start()
    try:
        assert not workers._cores
        workers.keep(in_place=True)
        assert thread.native_id is not None
        assert len(os.sched_getaffinity(thread.native_id)) == os.cpu_count()
    finally:
        stop.set()
        thread.join()


def launch(
    effort: float, slots: int = 1, items: int = 8, text: str = "", size: int = 8
) -> Launch:
    """Return a launch that does nothing."""
    given = [Argument(Slot(8, persistent=True), "float") for _ in range(slots)]
    given += [Argument(Slot(size), "float")] * bool(size)
    return Launch(
        label="nothing",
        nodes=(),
        arguments=tuple(given),
        statements=text,
        items=(items,),
        effort=effort,
    )


ENOUGH = 4 * module.WAITING


@pytest.mark.parametrize(
    ("launches", "units", "taken"),
    [
        ([launch(ENOUGH)] * 3, 2, True),
        ([launch(ENOUGH)] * 3, 64, True),
        ([launch(ENOUGH / 4)] * 3, 2, False),
        ([launch(ENOUGH, items=1)] * 3, 2, False),
        ([launch(ENOUGH)] * 3, 1, False),
        ([launch(ENOUGH, size=module.LARGEST)] * 3, 2, True),
        ([launch(ENOUGH, size=module.LARGEST + 1)] * 3, 2, False),
        ([launch(math.inf)] * 3, 2, True),
        ([launch(ENOUGH, size=0)] * 3, 2, True),
        ([launch(ENOUGH, slots=60), launch(ENOUGH, slots=60)], 2, False),
        ([launch(ENOUGH, text=f"{i};") for i in range(70)], 2, False),
    ],
)
def test_a_step_is_shared_where_that_saves_more_than_it_costs(
    launches: list[Launch], units: int, taken: bool
) -> None:
    assert (module.whole_step(launches, (), units) is not None) is taken


def test_what_one_core_does_is_one_stage() -> None:
    small, large = launch(10), launch(1e6)
    step = module.WholeStep([small, small, large, small], (), 4)
    assert step.launch.statements.count("await_tasks") == 3
    assert step.launch.statements.count("run * 8;") == 1  # as many tasks as items
