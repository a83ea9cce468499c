"""Launches: small kernels share one, and inputs do not wait."""

import gc
import math

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.backends.opencl import OpenCLBackend
from chainrule.backends.opencl.device import feeds
from chainrule.backends.opencl.lowering.small_launches import WAKING, merge_small
from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import Argument, Slot
from chainrule.program import Program

cl = pytest.importorskip("pyopencl")


def network(width):
    """Return a loss of two layers, the leaves, and the gradients."""
    random = np.random.default_rng(0)
    x, t = cr.input("x", (9, width)), cr.input("t", (9, 3))
    w, v = (
        cr.parameter(name, random.standard_normal(shape).astype(np.float32))
        for name, shape in (("w", (width, width)), ("v", (width, 3)))
    )
    loss = cr.losses.mse(t, ops.tanh(x @ w) @ v + ops.uniform(t, "noise"))
    feed = {x: random.random(x.shape), t: random.random(t.shape)}
    return [loss, *cr.grad(loss, [w, v])], feed


def run(backend, outputs, feed):
    executable = backend.compile(Program(outputs=outputs))
    for leaf, values in feed.items():
        executable.put(leaf, values)
    executable.run(seed=5, step=2)
    return executable, [executable.fetch(i) for i in range(len(outputs))]


def test_a_small_program_is_one_launch_and_computes_the_same(backend):
    if not backend.session.runtime.device.is_cpu:
        pytest.skip("small kernels share launches on processors alone")
    outputs, feed = network(7)
    executable, got = run(backend, outputs, feed)
    assert len(executable.launches) == 1
    expected = cr.evaluate(outputs, feed, seed=5, step=2)
    for a, b in zip(got, expected, strict=True):
        assert np.allclose(a, b, atol=1e-5)


def test_large_kernels_have_launches_of_their_own(backend):
    outputs, feed = network(600)
    executable, _ = run(backend, outputs, feed)
    assert len(executable.launches) > 2


def deep(layers, width):
    """Return a network of equal layers, its gradients, and values for its input."""
    h = x = cr.input("x", (8, width))
    random = np.random.default_rng(0)
    flat = random.standard_normal((layers, width, width)).astype(np.float32) / width
    weights = [cr.parameter(f"w{i}", value) for i, value in enumerate(flat)]
    for weight, value in zip(weights, flat, strict=True):
        weight.value = value  # a part of the same memory
        h = ops.tanh(h @ weight)
    slopes = cr.grad(ops.sum(ops.square(h)), weights)
    return [h, *slopes], {x: random.uniform(-1, 1, x.shape)}


def counted(backend, layers, word):
    """Check what a network of equal layers computes; count a word in its source."""
    outputs, feed = deep(layers, 8)
    executable, got = run(backend, outputs, feed)
    for a, b in zip(got, cr.evaluate(outputs, feed), strict=True):
        assert np.allclose(a, b, atol=1e-5)
    return executable, executable.source.count(word)


def test_equal_layers_share_their_functions(backend):
    if not backend.session.runtime.device.is_cpu:
        pytest.skip("small kernels share launches on processors alone")
    _, few = counted(backend, 6, "noinline")
    executable, many = counted(backend, 60, "noinline")
    assert 0 < many <= few + 2
    (prepared,) = executable.launches
    assert len(prepared.launch.arguments) <= 70  # parameters, and one for all results


def launch(effort, *slots):
    """Return a launch that does nothing to some slots."""
    return Launch(
        label="nothing", nodes=(), arguments=tuple(Argument(s, "float") for s in slots),
        statements="", items=(1,), effort=effort,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("effort", "units", "count"),
    [
        (1.5, 2, 1), (1.5, 64, 1), (3.9, 2, 1), (4.1, 2, 2), (3.9, 64, 2),
        (1e9, 1, 1), (math.inf, 1, 2), (math.inf, 2, 2),
    ],
)  # fmt: skip
def test_a_step_is_one_launch_unless_cores_save_more(effort, units, count):
    """Its large kernel is `effort` times what a launch costs; there would be two."""
    first, second = launch(10, Slot(8)), launch(10, Slot(8), Slot(8, persistent=True))
    large = launch(effort * WAKING, *second.slots)
    assert len(merge_small([first, second, large], set(), units)) == count
    assert len(merge_small([first, second, large], None, units)) == 2


def test_only_what_nothing_else_uses_shares_memory():
    inner, passed, kept = Slot(6), Slot(100), Slot(4, persistent=True)
    late = Slot(64)
    small = [launch(10, inner, kept), launch(10, inner, passed), launch(10, late)]
    made, _ = merge_small([*small, launch(1e9, passed)], None, 2)
    assert {kept, passed} < {*made.slots}
    (pool,) = {*made.slots} - {kept, passed}
    assert pool.nbytes == 64 + 64
    assert "(a0 + 16, " in made.statements  # the third begins after the first


def test_equal_layers_that_are_large_share_their_kernels(gpu):
    _, few = counted(gpu, 3, "kernel void")
    executable, many = counted(gpu, 9, "kernel void")
    assert many <= few + 2
    assert many < len(executable.launches)


def test_host_numbers_reach_kernels_that_share_a_launch(backend):
    w = cr.parameter("w", np.ones((3, 4), np.float32))
    rate = cr.program.LEARNING_RATE
    program = Program(phases=[[(w, w - rate * ops.sum(w))], [(w, w * 2.0)]])
    executable = backend.compile(program)
    executable.run(lr=0.5)
    executable.run(lr=0.25)
    backend.pull([w])
    assert np.allclose(w.value, 2 * (-10 + 0.25 * 120))


@pytest.mark.parametrize("shared", [True, False])
def test_a_batch_is_not_overwritten_while_it_is_read(shared, backend, monkeypatch):
    if not shared:
        monkeypatch.setattr(feeds, "LARGEST_SHARED", 0)
    x = cr.input("x", (64, 4096))
    executable = backend.compile(Program(totals=[ops.sum(ops.exp(ops.log(x)))]))
    data = np.ones((640, 4096), np.float32) * np.arange(1, 641)[:, None]
    for step in range(30):
        rows = np.arange(64) * 10 + step % 10
        executable.put(x, data, rows)
        executable.run(step=step + 1)
    total = 3 * data.sum(dtype=np.float64)
    assert executable.take_totals()[0] == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("shared", [True, False])
def test_what_was_put_stays_until_something_else_is(shared, backend, monkeypatch):
    if not shared:
        monkeypatch.setattr(feeds, "LARGEST_SHARED", 0)
    x, flag = cr.input("x", (3,)), cr.input("flag", (3,), "bool")
    w = cr.parameter("w", np.float32([1, 1, 1]))
    executable = backend.compile(Program(outputs=[ops.where(flag, x, -x) * w]))
    executable.put(flag, np.array([True, False, True]))
    executable.put(x, np.array([1.0, 2.0, 3.0]))
    executable.run()
    executable.run()
    assert executable.fetch(0).tolist() == [1, -2, 3]
    executable.put(x, np.arange(4), np.array([3, 2, 1]))
    executable.run()
    assert executable.fetch(0).tolist() == [3, -2, 1]
    w.value = np.float32([2, 2, 2])
    executable.run()
    assert executable.fetch(0).tolist() == [6, -4, 2]


def test_a_processor_and_its_host_share_memory(backend, monkeypatch):
    if not backend.session.runtime.device.shares_memory:
        pytest.skip("the device has memory of its own")
    made = OpenCLBackend(backend.device)
    w = cr.parameter("w", np.arange(5, dtype=np.float32))
    total = cr.input("t", (300,))
    program = Program(phases=[[(w, w + 1)]], outputs=[w * w], totals=[ops.sum(total)])

    def copied(*args, **options):
        raise AssertionError("a command copies")

    for name in ("enqueue_copy", "enqueue_fill_buffer"):
        monkeypatch.setattr(cl, name, copied)
    executable = made.compile(program)
    executable.put(total, np.ones(300))
    for step in (1, 2):
        executable.run(step=step)
    assert executable.take_totals()[0] == 600
    assert executable.take_totals()[0] == 0
    made.pull([w])
    assert w.value.tolist() == [2, 3, 4, 5, 6]
    w.value[:] = 7
    made.push([w])
    executable.run()
    assert executable.fetch(0).tolist() == [49] * 5
    use = made.session.runtime.use
    assert use.nbytes > 0
    del executable, made.session, w
    gc.collect()
    assert use.nbytes == 0


def test_memory_that_is_still_read_outlives_its_program(backend):
    made = OpenCLBackend(backend.device)
    x = cr.input("x", (256, 4096))
    w = cr.parameter("w", np.zeros((), np.float32))
    executable = made.compile(Program(phases=[[(w, ops.sum(ops.exp(x)))]]))
    executable.put(x, np.zeros(x.shape))
    for _ in range(5):
        executable.run()
    del executable
    made.pull([w])
    assert w.value == 256 * 4096
