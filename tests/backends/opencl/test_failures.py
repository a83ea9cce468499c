"""Devices that are full, limited or stop working: messages, and memory released."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.backends.opencl import OpenCLBackend
from chainrule.backends.opencl.device import devices
from chainrule.errors import BackendError
from chainrule.program import Program

cl = pytest.importorskip("pyopencl")

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
Y = X.sum(1, keepdims=True)


@pytest.fixture
def own(backend: Any) -> OpenCLBackend:
    """Return a backend of the test's own, so that its memory can be counted."""
    return OpenCLBackend(backend.device)


def model() -> cr.Sequential:
    return cr.Sequential([cr.layers.Dense(8), cr.layers.Dense(1)], input_shape=3)


def fit(net: cr.Sequential, backend: Any, **options: Any) -> Any:
    return net.fit(
        X, Y, loss="mse", batch_size=16, verbose=0, backend=backend, **options
    )


def limited(monkeypatch: pytest.MonkeyPatch, nbytes: int) -> None:
    """Allow only so many bytes to be allocated."""
    from chainrule.backends.opencl.device import runtime

    def limited(usual: Any) -> Any:
        class Limited(usual):  # type: ignore[misc]
            def __init__(self, context: Any, size: int, use: Any) -> None:
                if use.nbytes + size > nbytes:
                    code = "MEM_OBJECT_ALLOCATION_FAILURE"
                    raise cl.MemoryError(f"create_buffer failed: {code}")
                super().__init__(context, size, use)

        return Limited

    for kind in ("Buffer", "SharedBuffer"):
        monkeypatch.setattr(runtime, kind, limited(getattr(runtime, kind)))


def test_a_full_device_names_the_node_the_sizes_and_a_batch_that_fits(
    own: OpenCLBackend, pretend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = cr.input("x", (None, 1024))
    parts = [ops.exp(x), ops.sin(x)]
    program = Program(outputs=parts, shapes={x: (1 << 14, 1024)})
    limited(monkeypatch, 80 << 20)
    use = own.session.runtime.use
    pretend(own, global_mem_size=80 << 20, max_mem_alloc_size=70 << 20)
    with pytest.raises(BackendError) as caught:
        own.compile(program)
    message = str(caught.value)
    assert "16384, 1024" in message
    assert "64.0 MiB needed, 80.0 MiB in all, at most 70.0 MiB in one buffer" in message
    assert "64.0 MiB that are in use; batches of at most about" in message
    assert int(message.split("about ")[1].split()[0]) < 16384
    del caught
    gc.collect()
    assert use.nbytes == 0


def test_a_network_that_does_not_fit_can_be_trained_on_the_host(
    own: OpenCLBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, fresh = model(), model()
    limited(monkeypatch, 1000)
    with pytest.raises(BackendError, match=r"in epoch 1: .*no room for .* MiB needed"):
        fit(net, own)
    fit(net, "numpy")
    fit(fresh, "numpy")
    for path, value in net.get_weights().items():
        np.testing.assert_array_equal(value, fresh.get_weights()[path])


@pytest.mark.parametrize("function", ["enqueue_nd_range_kernel", "enqueue_copy"])
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("MEM_OBJECT_ALLOCATION_FAILURE", "has no room"),
        ("OUT_OF_HOST_MEMORY", "has no room"),
        ("OUT_OF_RESOURCES", "failed"),
        ("DEVICE_NOT_AVAILABLE", "failed"),
    ],
)
def test_a_device_that_stops(
    own: OpenCLBackend,
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    code: str,
    said: str,
) -> None:
    if function == "enqueue_copy":
        monkeypatch.setattr(devices.OpenCLDevice, "shares_memory", False)
    net, fresh = model(), model()
    fit(net, own)
    fit(fresh, own)
    runtime = weakref.ref(own.session.runtime)

    def refuse(*args: Any, **options: Any) -> Any:
        raise cl.RuntimeError(f"{function} failed: {code}")

    monkeypatch.setattr(cl, function, refuse)
    with pytest.raises(BackendError, match=rf"{said}.*{code}.*backend='numpy'"):
        net.predict(X, backend=own)
    with pytest.raises(BackendError, match=rf"{said}.*{code}"):
        fit(net, own)
    monkeypatch.undo()
    assert net.program is None
    fit(net, own)  # the device has come back
    fit(fresh, own)
    for path, value in net.get_weights().items():
        np.testing.assert_array_equal(value, fresh.get_weights()[path])
    del fresh
    gc.collect()
    assert runtime() is None  # nothing holds on to the one that failed


def test_evaluate_is_not_stuck_with_a_device_that_failed(
    own: OpenCLBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = cr.input("x", (3,))
    y, feeds = x * 3.0, {x: np.ones(3)}
    assert cr.evaluate([y], feeds, backend=own)[0].tolist() == [3, 3, 3]

    def refuse(*args: Any, **options: Any) -> Any:
        raise cl.RuntimeError("OUT_OF_RESOURCES")

    with monkeypatch.context() as patch:
        patch.setattr(cl, "enqueue_nd_range_kernel", refuse)
        with pytest.raises(BackendError, match="at mul for"):
            cr.evaluate([y], feeds, backend=own)
        assert own.session.runtime.failed
    assert cr.evaluate([y], feeds, backend=own)[0].tolist() == [3, 3, 3]
    assert not own.session.runtime.failed


def test_a_device_without_float64(own: OpenCLBackend, pretend: Any) -> None:
    pretend(own, double_fp_config=0)
    x, w = cr.input("x", (3,)), cr.parameter("w", np.ones(3))
    feeds = {x: np.ones(3)}
    with pytest.raises(BackendError, match=r"is float64, which .* use float32"):
        cr.evaluate([x * 2.0], feeds, backend=own, dtype="float64")
    with pytest.raises(BackendError, match=r"parameter w is float64.*use float32"):
        cr.evaluate([x * w], feeds, backend=own)
    assert cr.evaluate([x * 2.0], feeds, backend=own)[0].tolist() == [2, 2, 2]


@pytest.mark.parametrize("largest", [1, 16])
def test_a_device_with_small_groups(
    own: OpenCLBackend, pretend: Any, monkeypatch: pytest.MonkeyPatch, largest: int
) -> None:
    pretend(own, max_work_group_size=largest)
    sizes: list[Any] = []
    usual = cl.enqueue_nd_range_kernel

    def enqueue(queue: Any, kernel: Any, items: Any, local: Any) -> Any:
        sizes.append(local)
        return usual(queue, kernel, items, local)

    monkeypatch.setattr(cl, "enqueue_nd_range_kernel", enqueue)
    x = cr.input("x", (33, 70))
    nodes = [ops.softmax(x), ops.sum(ops.exp(x), 0), ops.tanh(x), x @ x.T]
    feeds = {x: np.random.default_rng(1).normal(size=(33, 70))}
    got = cr.evaluate(nodes, feeds, backend=own)
    assert all(np.prod(local or 1) <= largest for local in sizes)
    for a, b in zip(got, cr.evaluate(nodes, feeds, backend="numpy"), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_kernels_that_do_not_build_stop_a_training_run_with_their_source(
    own: OpenCLBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, before = model(), model().get_weights()
    runtime = own.session.runtime
    usual = runtime.build

    def build(text: str, **options: Any) -> Any:
        return usual(f"nonsense = ;\n{text}", **options)

    monkeypatch.setattr(runtime, "build", build)
    with pytest.raises(BackendError, match=r"cannot build[\s\S]*   1  nonsense = ;"):
        fit(net, own)
    for path, value in net.get_weights().items():
        np.testing.assert_array_equal(value, before[path])
    assert fit(net, "numpy")["loss"]


def test_a_device_that_stops_while_a_program_is_compiled(
    own: OpenCLBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kernel(*args: Any) -> Any:
        raise cl.MemoryError("clCreateKernel failed: OUT_OF_HOST_MEMORY")

    with monkeypatch.context() as patch:
        patch.setattr(cl, "Kernel", kernel)
        with pytest.raises(BackendError, match=r"has no room: .*OUT_OF_HOST_MEMORY"):
            fit(model(), own)
    assert fit(model(), own)["loss"]


def test_no_driver_comes_with_the_command_that_installs_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none() -> Any:
        raise cl.LogicError("clGetPlatformIDs failed: PLATFORM_NOT_FOUND_KHR")

    monkeypatch.setattr(cl, "get_platforms", none)
    with pytest.raises(BackendError, match=r"no OpenCL driver.*pyopencl\[pocl\]"):
        fit(model(), OpenCLBackend())
    assert not devices.diagnose()[0][0]


def test_a_device_that_cannot_be_opened(
    backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def context(devices: Any) -> Any:
        raise cl.RuntimeError("create_context failed: DEVICE_NOT_AVAILABLE")

    monkeypatch.setattr(cl, "Context", context)
    with pytest.raises(BackendError, match="cannot be opened: create_context"):
        fit(model(), OpenCLBackend())


def resident() -> int:
    """Return how many bytes of memory this process has."""
    gc.collect()
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")
def test_five_thousand_steps_leak_nothing(own: OpenCLBackend) -> None:
    seen: list[tuple[int, int]] = []

    class Watch(cr.Callback):
        def epoch_end(self, run: Any) -> None:
            if run.epoch in (10, 50):
                seen.append((resident(), own.session.runtime.use.nbytes))

    x = np.repeat(X, 10, axis=0)
    model().fit(
        x, x[:, :1], loss="mse", batch_size=4, epochs=50, backend=own,
        callbacks=[Watch()],
    )  # fmt: skip
    (before, held), (after, still) = seen
    assert still == held
    assert after - before < 2 << 20


def test_training_runs_leave_nothing_behind(own: OpenCLBackend) -> None:
    held = []
    for _ in range(6):
        net = model()
        fit(net, own)
        net.predict(X, backend=own)
        del net
        gc.collect()
        held.append(own.session.runtime.use.nbytes)
    assert max(held) < 500  # the last one's parameters, not six models'


def test_backends_leave_nothing_behind(backend: Any) -> None:
    opened = OpenCLBackend(backend.device)
    net = model()
    fit(net, opened)
    runtime = weakref.ref(opened.session.runtime)
    del opened, net
    gc.collect()
    assert runtime() is None


FULL = """
import resource
import numpy as np
import chainrule as cr

x = cr.input("x", (None, 1000))
y = cr.ops.cumsum(cr.ops.expand_dims(x, 1) * cr.ops.expand_dims(x, 0), 0)
cr.evaluate([y], {x: np.ones((2, 1000))}, backend="opencl")
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (200 << 20),) * 2)
try:
    cr.evaluate([y], {x: np.ones((400, 1000))}, backend="opencl")
except cr.errors.BackendError as error:
    print("has no room for mul" in str(error))
print(cr.evaluate([y], {x: np.ones((2, 1000))}, backend="opencl")[0].sum())
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc here")
def test_a_host_that_is_full_is_no_end_of_the_process(backend: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "True\n6000.0\n"
