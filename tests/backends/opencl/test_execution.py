"""The contract of executables: inputs, phases, assignments, totals, faults."""

import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.backends.opencl import OpenCLBackend
from chainrule.backends.opencl.device.devices import OpenCLDevice
from chainrule.errors import BackendError, DivergenceError, ExecutionError
from chainrule.program import Flat, Program


def test_random_numbers_are_numpys_bit_for_bit(backend):
    x = cr.input("x", (7, 13))
    feeds = {x: np.zeros((7, 13))}
    nodes = [ops.uniform(x, "a"), ops.uniform(x, "b"), ops.bernoulli(x, 0.3, "c")]
    here = cr.evaluate(nodes, feeds, seed=2**63 + 5, step=3)
    there = cr.evaluate(nodes, feeds, backend=backend, seed=2**63 + 5, step=3)
    for a, b in zip(here, there, strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("shape", [(), (1,), (3,), (0, 2), (2, 0)], ids=str)
def test_inputs_of_any_shape(shape, backend):
    x = cr.input("x", shape)
    executable = backend.compile(Program(outputs=[x * 2.0]))
    for number in range(6):  # more often than an input has memory
        executable.put(x, np.full(shape, number))
        executable.run()
        assert executable.fetch(0).tolist() == np.full(shape, 2.0 * number).tolist()


@pytest.fixture(params=["in place", "in copies"])
def either(request, backend, monkeypatch):
    """Return a backend that works in the host's arrays, and one that copies them."""
    if request.param == "in place":
        return backend
    monkeypatch.setattr(OpenCLDevice, "works_in_place", False)
    return OpenCLBackend(backend.device)


def test_a_phase_reads_old_values_and_the_next_one_new_ones(either):
    a = cr.parameter("a", np.float32([1, 2]))
    b = cr.parameter("b", np.float32([10, 20]))
    program = Program(phases=[[(a, b + 0.0), (b, a + 0.0)], [(a, a + b)]])
    either.compile(program).run()
    either.pull([a, b])
    assert a.value.tolist() == [11, 22]
    assert b.value.tolist() == [1, 2]


def test_parameters_can_trade_places(either):
    a = cr.parameter("a", np.float32([1, 2]))
    b = cr.parameter("b", np.float32([3, 4]))
    either.compile(Program(phases=[[(a, b), (b, a)]])).run()
    either.pull([a, b])
    assert (a.value.tolist(), b.value.tolist()) == ([3, 4], [1, 2])


def test_a_flat_vector_and_its_members_are_one_memory(either):
    w = cr.parameter("w", np.ones((2, 2), np.float32))
    v = cr.parameter("v", np.float32([5]))
    flat = Flat("all", [w, v])
    program = Program(outputs=[ops.sum(w)], phases=[[(flat, flat * 2.0)]])
    executable = either.compile(program)
    executable.run()
    executable.run()
    assert executable.fetch(0) == 8
    either.pull([flat])
    assert w.value.tolist() == [[4, 4], [4, 4]]
    assert v.value.tolist() == [20]


def test_a_parameter_given_another_array_is_found_again(either):
    w = cr.parameter("w", np.float32([1, 2]))
    executable = either.compile(Program(outputs=[w * 2.0]))
    executable.run()
    w.value = np.float32([3, 4])
    executable.run()
    assert executable.fetch(0).tolist() == [6, 8]


def test_push_copies_changes_of_the_host(either):
    w = cr.parameter("w", np.float32([1, 2]))
    executable = either.compile(Program(outputs=[w * 2.0]))
    executable.run()
    w.value[...] = 5
    either.push([w])
    executable.run()
    assert executable.fetch(0).tolist() == [10, 10]


def test_pull_does_not_overwrite_what_was_pushed(either):
    w = cr.parameter("w", np.float32([1, 2]))
    flat = Flat("all", [w])
    either.compile(Program(phases=[[(flat, flat * 2.0)]])).run()
    either.pull([flat])
    flat.value[:] = 7
    either.push([flat])
    flat.value[:] = 8
    either.pull([flat])
    assert w.value.tolist() == [8, 8]


@pytest.mark.parametrize(
    "value",
    [
        np.ones((0, 3), np.float32),
        np.float32(3),
        np.broadcast_to(np.float32(2), (3, 4)),
        np.arange(12, dtype=np.float32)[::-2],
        np.frombuffer(bytearray(100), np.float32, 24, 4),
        np.ndarray((5,), np.float32, buffer=bytearray(64), offset=3),
    ],
    ids=["empty", "number", "repeated", "reversed", "within bytes", "unaligned"],
)
def test_parameters_anywhere_in_memory(value, either):
    w = cr.parameter("w", value.copy() if value.ndim == 0 else value)
    expected = np.exp(w.value / 10) + 1
    new = w.value + np.float32(1)
    executable = either.compile(
        Program(outputs=[ops.exp(w / 10.0) + 1.0], phases=[[(w, w + 1.0)]])
    )
    executable.run()
    assert np.allclose(executable.fetch(0), expected)
    either.pull([w])
    np.testing.assert_array_equal(w.value, new)


def test_parameters_lie_in_one_place_if_kernels_work_there(backend):
    runtime = backend.session.runtime
    if not runtime.device.works_in_place:
        pytest.skip("this device has copies of parameters")
    before = runtime.use.nbytes
    w = cr.parameter("w", np.ones(1 << 20, np.float32))
    executable = backend.compile(Program(phases=[[(w, w * 2.0)]]))
    executable.run()
    backend.pull([w])
    assert w.value.tolist()[::4096] == [2.0] * 256
    assert runtime.use.nbytes - before < w.value.nbytes


def test_nothing_reads_a_parameter_after_a_pull(either):
    w = cr.parameter("w", np.ones(1 << 22, np.float32))
    executable = either.compile(Program(outputs=[ops.tanh(w)]))
    executable.run()
    either.pull([w])
    w.value[...] = 5
    assert (executable.fetch(0) < 0.8).all()


@pytest.mark.parametrize("closed", [False, True])
def test_kernels_end_before_memory_whatever_goes_first(closed, backend):
    own = OpenCLBackend(backend.device)
    if not own.session.runtime.device.works_in_place:
        pytest.skip("this device has copies of parameters")
    w = cr.parameter("w", np.ones(1 << 22, np.float32))
    executable = own.compile(Program(phases=[[(w, ops.tanh(w))]]))
    for _ in range(50):
        executable.run()
    last = own.session.runtime._last
    assert last.command_execution_status != 0
    if closed:
        own.session.close()
    del own, executable, w
    gc.collect()
    assert last.command_execution_status == 0


def test_memory_that_kernels_work_in_outlives_them(either):
    """What is dropped while they run is freed when they are done."""
    w = cr.parameter("w", np.ones(1 << 22, np.float32))
    executable = either.compile(Program(phases=[[(w, ops.tanh(w))]]))
    for _ in range(50):
        executable.run()
    last = executable.launches and either.session.runtime._last
    gone = weakref.ref(w.value)
    del w, executable
    gc.collect()
    assert gone() is None
    if either.session.runtime.device.works_in_place:
        assert last.command_execution_status == 0  # complete


def test_parameters_of_any_layout_and_dtype(either):
    wide = cr.parameter("wide", np.arange(6.0).reshape(2, 3).T)
    program = Program(outputs=[ops.exp(wide)], phases=[[(wide, wide + 1.0)]])
    executable = either.compile(program)
    executable.run()
    either.pull([wide])
    expected = np.exp(np.arange(6.0).reshape(2, 3).T)
    assert np.allclose(executable.fetch(0), expected, rtol=1e-5)
    assert wide.value.dtype == np.float64
    assert wide.value.tolist() == [[1, 4], [2, 5], [3, 6]]


def test_totals_are_summed_precisely_until_they_are_taken(backend):
    x = cr.input("x", ())
    executable = backend.compile(Program(totals=[x * 1.0, cr.program.LEARNING_RATE]))
    for value in (1e8, 1.0, 1.0, -1e8):
        executable.put(x, np.array(value))
        executable.run(lr=0.5)
    assert executable.take_totals().tolist() == [2.0, 2.0]
    assert executable.take_totals().tolist() == [0.0, 0.0]


def test_an_index_out_of_range_is_reported(backend):
    x, i = cr.input("x", (3, 4)), cr.input("i", (3,), "int")
    feeds = {x: np.ones((3, 4)), i: np.array([0, 4, 1])}
    with pytest.raises(ExecutionError, match=r"pick .* must lie in 0 … 3"):
        cr.evaluate([ops.pick(x, i)], feeds, backend=backend)


def test_a_checked_program_names_what_is_not_finite(backend):
    x = cr.input("x", (3,))
    y = ops.exp(ops.log(x).named("the logarithm")) + 1.0
    executable = backend.compile(Program(outputs=[y], checked=True))
    executable.put(x, np.array([1.0, -1.0, 2.0]))
    with pytest.raises(DivergenceError, match=r"the logarithm .* produced NaN"):
        executable.run()


def test_products_of_every_layout(backend):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 37, 19)).astype(np.float32)
    w = rng.standard_normal((19, 45)).astype(np.float32)
    a, b = cr.input("a", x.shape), cr.input("b", w.shape)
    nodes = [a @ b, ops.transpose(a, (0, 2, 1)) @ a, a @ ops.transpose(a, (0, 2, 1))]
    got = cr.evaluate(nodes, {a: x, b: w}, backend=backend)
    for result, expected in zip(got, [x @ w, x.mT @ x, x @ x.mT], strict=True):
        assert np.allclose(result, expected, atol=1e-4)


def test_large_products_are_tuned_and_right(backend, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    rng = np.random.default_rng(0)
    x = rng.standard_normal((150, 200)).astype(np.float32)
    w = rng.standard_normal((120, 200)).astype(np.float32)
    a, b = cr.input("a", x.shape), cr.input("b", w.shape)
    (got,) = cr.evaluate([a @ b.T], {a: x, b: w}, backend=backend)
    assert np.allclose(got, x @ w.T, atol=1e-3)
    if backend.chosen().kind == "cpu":
        assert list(tmp_path.rglob("*.json"))


def test_the_source_can_be_read(backend):
    x = cr.input("x", (4, 3))
    executable = backend.compile(Program(outputs=[ops.softmax(ops.tanh(x))]))
    assert executable.source.count("kernel void") == 1
    assert "tanh(" in executable.source


def test_importing_the_plugin_opens_nothing():
    code = (
        "import sys; from chainrule.execution import open_backend;"
        "open_backend('opencl:7'); assert 'pyopencl' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_too_little_memory_names_the_input(backend):
    x = cr.input("x", (1 << 21, 1 << 18))
    program = Program(outputs=[ops.exp(x[:1])], shapes={x: (1 << 21, 1 << 18)})
    with pytest.raises(BackendError, match=r"no room for input x: 2,097,152.0 MiB"):
        backend.compile(program)


def test_a_profile_has_a_row_for_every_kernel(backend):
    x, w = cr.input("x", (512, 512)), cr.parameter("w", np.ones((512, 512), np.float32))
    executable = backend.compile(Program(outputs=[ops.softmax(x @ w)]))
    with backend.profiled() as profile:
        for _ in range(3):
            executable.run()
    rows = {row.name.split()[0]: row for row in profile.rows}
    assert {name: row.calls for name, row in rows.items()} == {"matmul": 3, "max": 3}
    assert rows["matmul"].flops == 3 * 2 * 512**3
    assert rows["matmul"].nbytes == 3 * 3 * 4 * 512**2  # two operands and the result
    assert rows["max"].nbytes == 3 * 2 * 4 * 512**2  # softmax, read and written once
    assert all(row.seconds > 0 for row in profile.rows)


def test_trial_runs_of_kernels_are_not_in_a_profile(backend, monkeypatch):
    monkeypatch.setattr(
        "chainrule.backends.opencl.products.tuning._table", lambda file: {}
    )
    x, w = cr.input("x", (512, 512)), cr.parameter("w", np.ones((512, 512), np.float32))
    with backend.profiled() as profile:
        backend.compile(Program(outputs=[x @ w])).run()
    assert [row.calls for row in profile.rows] == [1]
