"""Compiled loops: when they are compiled, what they share, and that no bit changes."""

import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.backends.numpy import (
    NumpyBackend,
    compiled_loop,
    generate,
    jit,
    script,
    ways,
)
from chainrule.backends.numpy import executable as module
from chainrule.errors import DivergenceError
from chainrule.execution import open_backend
from chainrule.ops.arithmetic import Maximum, Minimum
from chainrule.program import LEARNING_RATE, Program

RNG = np.random.default_rng(0)
SHAPE = ROWS, COLUMNS = 260, 257  # more elements than a loop needs, and odd
SPECIAL = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 3e38]
NEVER, AT_ONCE = float("inf"), -1.0


def compile_(**kwargs):
    return open_backend("numpy").compile(Program(**kwargs))


def both_ways(monkeypatch, make, feeds=()):
    """Return what a program gives with NumPy's calls, and with compiled loops."""
    found = []
    for after in (NEVER, AT_ONCE):
        monkeypatch.setattr(module, "LOOPS_AFTER", after)
        executable, parameters = make()
        for leaf, value in feeds:
            executable.put(leaf, value)
        before = [p.value.copy() for p in parameters]
        executable.run(lr=0.5)  # the second run is that of the loops
        for parameter, value in zip(parameters, before, strict=True):
            parameter.value[...] = value
        executable.run(lr=0.5)
        assert ("def loop" in executable.source) == (after == AT_ONCE)
        outputs = range(len(executable.program.outputs))
        values = [executable.fetch(i) for i in outputs]
        found.append([*values, *(p.value.copy() for p in parameters)])
    return found


def numbers_of_every_kind(count):
    """Return arrays of all magnitudes in which all pairs of special numbers meet."""
    pairs = np.array(np.meshgrid(*[SPECIAL] * count)).reshape(count, -1)
    arrays = RNG.normal(size=(count, *SHAPE)) * 10 ** RNG.uniform(-5, 5, SHAPE)
    arrays.reshape(count, -1)[:, : pairs.shape[1]] = pairs
    return arrays


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("op", compiled_loop.EXACT, ids=lambda op: op.type_name)
def test_every_op_gives_the_bits_that_numpy_gives(op, dtype, monkeypatch):
    x, y, z = leaves = [cr.input(name, SHAPE) for name in "xyz"]
    if op in (ops.LogicalAnd, ops.LogicalOr):
        result = op()(x > 0.5, y > 0.5)
    elif op in (ops.LogicalNot, ops.ToFloat):
        result = op()(x > 0.5)
    elif op is ops.Where:
        result = op()(x > 0.5, y, z)
    else:
        result = op()(*(x, y)["{1}" not in compiled_loop.EXACT[op] :])
    if result.dtype == "bool":
        result = ops.where(result, y, z)
    feeds = list(zip(leaves, numbers_of_every_kind(3), strict=True))
    numpy, loop = both_ways(
        monkeypatch,
        lambda: (compile_(outputs=[result, ops.abs(result) * z], dtype=dtype), []),
        feeds,
    )
    for a, b in zip(numpy, loop, strict=True):
        np.testing.assert_array_equal(a, b)  # NaN where NaN is
        if op not in (Maximum, Minimum):  # of 0 and −0 either is the larger one
            whole = ~np.isnan(a)
            np.testing.assert_array_equal(np.signbit(a[whole]), np.signbit(b[whole]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_computed_from_integers_are_rounded_where_numpy_rounds(
    dtype, monkeypatch
):
    x, i, j = (
        cr.input("x", SHAPE),
        cr.input("i", SHAPE, "int"),
        cr.input("j", SHAPE, "int"),
    )
    feeds = [(x, RNG.normal(size=SHAPE)),
             (i, RNG.integers(-(2**62), 2**62, SHAPE)),
             (j, RNG.integers(-3, 3, SHAPE))]  # fmt: skip
    outputs = [(i + x) * x, ops.sqrt(i) + 1.0, i / j + x, ops.where(x > 0, i, x) * x,
               (i + j) * i - j]  # fmt: skip
    numpy, loop = both_ways(
        monkeypatch, lambda: (compile_(outputs=outputs, dtype=dtype), []), feeds
    )
    for a, b in zip(numpy, loop, strict=True):
        np.testing.assert_array_equal(a, b)


def test_operands_of_all_layouts(monkeypatch):
    x, square = cr.input("x", (8, 64, 257)), cr.input("square", (300, 300))
    row, column = cr.input("row", (257,)), cr.input("column", (64, 1))
    one = cr.input("one", (1, 1, 1))
    spread = ops.broadcast_to(ops.sum(row), (8, 64, 257))
    first = ops.relu(x * row + column) - one * spread
    second = square - ops.transpose(square) * 2.0 + square
    part = square[:, 20:] * square[:, :280] + 1.0
    turned = ops.transpose(square) * 3.0 + 1.0
    masked = ops.where(square > 0.0, square, cr.constant(-np.inf)) * 3.0
    feeds = [(x, RNG.normal(size=(8, 64, 257))), (square, RNG.normal(size=(300, 300))),
             (row, RNG.normal(size=257)), (column, RNG.normal(size=(64, 1))),
             (one, np.array([[[3.0]]]))]  # fmt: skip
    numpy, loop = both_ways(
        monkeypatch,
        lambda: (compile_(outputs=[first, second, part, turned, masked]), []),
        feeds,
    )
    for a, b in zip(numpy, loop, strict=True):
        np.testing.assert_array_equal(a, b)
    data = [value.astype(np.float32) for _, value in feeds]
    expected = np.maximum(data[0] * data[2] + data[3], 0) - 3 * data[2].sum()
    np.testing.assert_allclose(loop[0], expected, atol=1e-3)
    np.testing.assert_allclose(loop[1], 2 * data[1] - 2 * data[1].T, atol=1e-5)


@pytest.mark.parametrize("size", [300, 800])  # 800²: also in blocks
def test_nothing_is_overwritten_that_is_still_read_the_other_way_round(
    size, monkeypatch
):
    x = cr.input("x", (size, size))
    product = x @ x
    turned = ops.transpose(product) * 0.5
    y = product + turned  # fits into the memory of the product, which ends here
    both = x @ (x + 1.0)
    z = both - both * ops.transpose(both)
    w = cr.parameter("w", RNG.normal(size=(size, size)))
    old = w.value.copy()
    new = w - LEARNING_RATE * (ops.transpose(w) * 2.0 + x)
    value = RNG.normal(size=(size, size)).astype(np.float32)

    def make():
        w.value[...] = old
        return compile_(outputs=[y, z], phases=[[(w, new)]]), [w]

    for found, other, assigned in both_ways(monkeypatch, make, [(x, value)]):
        p, q = value @ value, value @ (value + 1)
        np.testing.assert_allclose(found, p + p.T / 2, rtol=1e-4, atol=1e-3)
        np.testing.assert_allclose(other, q - q * q.T, rtol=1e-3, atol=0.1)
        np.testing.assert_allclose(assigned, old - 0.5 * (2 * old.T + value), atol=1e-5)


@pytest.mark.parametrize("size", [300, 800])  # 800²: also in blocks
@pytest.mark.parametrize("look", [ops.transpose, lambda w: w[:, :1]])
def test_a_new_value_does_not_overwrite_what_it_is_computed_from(
    look, size, monkeypatch
):
    x = cr.input("x", (size, size))
    w = cr.parameter("w", RNG.normal(size=(size, size)).astype(np.float32))
    old = w.value.copy()
    value = RNG.normal(size=(size, size)).astype(np.float32)

    def make():
        w.value[...] = old
        return compile_(phases=[[(w, (look(w) + x) * 2.0)]]), [w]

    expected = ((old.T if look is ops.transpose else old[:, :1]) + value) * 2
    for (assigned,) in both_ways(monkeypatch, make, [(x, value)]):
        np.testing.assert_allclose(assigned, expected, rtol=1e-6)


def test_training_is_the_same_with_loops_and_without(monkeypatch):
    x, y = RNG.normal(size=(96, 300)), RNG.integers(0, 10, 96)

    def train():
        model = cr.Sequential([cr.layers.Dense(260, activation="relu"),
                               cr.layers.Dense(260, activation="relu"),
                               cr.layers.Dense(10)])  # fmt: skip
        model.fit(x, y, loss="sparse_softmax_cross_entropy", seed=3, epochs=3)
        return model

    found = {}
    for after in (NEVER, AT_ONCE):
        monkeypatch.setattr(module, "LOOPS_AFTER", after)
        monkeypatch.setattr(compiled_loop, "COMPILED_FROM", 4096)
        found[after] = train()
    assert "loop" not in found[NEVER].program.source
    source = found[AT_ONCE].program.source
    assert source.count("loop_2(") == 3, "two layers share what they have in common"
    for name, parameter in found[NEVER].parameters.items():
        other = found[AT_ONCE].parameters[name]
        np.testing.assert_array_equal(parameter.value, other.value)


def test_loops_give_back_the_memory_that_is_read_last(monkeypatch):
    h = x = cr.input("x", (300, 300))
    for _ in range(4):
        h = ops.relu(h @ x) * 2.0 + 1.0
    monkeypatch.setattr(module, "LOOPS_AFTER", AT_ONCE)
    executable = compile_(outputs=[h])
    before = executable.peak_memory
    executable.run()
    executable.run()
    assert "def loop" in executable.source
    assert executable.peak_memory <= before


def test_a_checked_program_has_no_loops(monkeypatch):
    monkeypatch.setattr(module, "LOOPS_AFTER", AT_ONCE)
    x = cr.input("x", SHAPE)
    executable = compile_(outputs=[ops.sqrt(x - 1.0) * x], checked=True)
    executable.put(x, np.full(SHAPE, 2.0))
    executable.run()
    executable.run()
    executable.put(x, np.zeros(SHAPE))
    with pytest.raises(DivergenceError, match=r"^sqrt .* produced NaN"):
        executable.run()


def test_loops_are_compiled_when_a_program_has_run_for_a_while():
    x = cr.input("x", SHAPE)
    executable = compile_(outputs=[ops.sqrt(x + 1.0) * x])
    value = np.abs(RNG.normal(size=SHAPE)).astype(np.float32)
    executable.put(x, value)
    executable.run()
    assert "loop" not in executable.source
    first = executable.fetch(0)
    executable._seconds = module.LOOPS_AFTER * 2
    np.testing.assert_array_equal(executable.fetch(0), first)
    executable.run()
    assert "def loop(" in executable.source
    np.testing.assert_array_equal(executable.fetch(0), first)


def test_loops_of_small_arrays_are_compiled_later():
    x = cr.input("x", (16, 16))
    executable = compile_(outputs=[ops.sqrt(x + 1.0) * x])
    value = RNG.random((16, 16)).astype(np.float32)
    executable.put(x, value)
    executable._seconds = module.LOOPS_AFTER * 2
    executable.run()
    assert "loop" not in executable.source
    first = executable.fetch(0)
    executable._seconds = module.LOOPS_AFTER * 4
    executable.run()
    assert "def loop(" in executable.source
    np.testing.assert_array_equal(executable.fetch(0), first)


@pytest.mark.parametrize(
    ("columns", "repeated", "loops"),
    [
        (10, (10,), 1),
        (10, (32, 1), 1),
        (10, (32, 10), 0),
        (10, (), 0),
        (400, (400,), 0),
    ],
)
def test_an_operand_that_is_repeated_in_short_rows_is_worth_a_loop(
    columns, repeated, loops, monkeypatch
):
    x, y = cr.input("x", (32, columns)), cr.input("y", repeated)
    values = RNG.normal(size=(32, columns)), RNG.normal(size=repeated)
    found = []
    for after in (NEVER, AT_ONCE):
        monkeypatch.setattr(module, "LOOPS_AFTER", after)
        executable = compile_(outputs=[ops.sin(ops.sin(x) - y)])
        for leaf, value in zip((x, y), values, strict=True):
            executable.put(leaf, value)
        executable.run()
        found.append(executable.fetch(0))
    assert executable.source.count("def loop") == loops
    np.testing.assert_array_equal(*found)


def test_a_program_of_many_different_loops_compiles_some(monkeypatch):
    monkeypatch.setattr(module, "LOOPS_AFTER", AT_ONCE)
    monkeypatch.setattr(generate, "MOST_LOOPS", 3)
    monkeypatch.setattr(script, "jitted", ways._as_python)
    monkeypatch.setattr(script, "compile_for", lambda loop, arrays: None)
    x, large = cr.input("x", (20, 20)), cr.input("large", (300, 300))
    small = [ops.cumsum(x, axis=0)]
    for n in range(6):
        h = small[-1]
        for _ in range(n + 1):
            h = ops.sqrt(h * h + 1.0)
        small.append(ops.tanh(h))
    executable = compile_(outputs=[*small, ops.sqrt(large * 2.0 + 1.0)])
    values = {x: RNG.random(x.shape), large: RNG.random(large.shape)}
    for leaf, value in values.items():
        executable.put(leaf, value)
    for _ in range(2):
        executable.run()
    assert executable.source.count("def loop") == 4  # the large one, and three


def test_compiling_is_not_part_of_a_call():
    x = cr.input("x", SHAPE)
    executable = compile_(outputs=[ops.sqrt(x * 3.0) * x * x])
    jit.jitted.cache_clear()
    executable._compile_loops()
    loop = executable._function.run.__globals__["loop"]
    before = list(loop.signatures)
    executable.run()
    assert len(before) == 1
    assert loop.signatures == before


@pytest.mark.parametrize("why", ["missing", "switched off"])
def test_without_numba_nothing_changes(why, monkeypatch):
    if why == "missing":
        monkeypatch.setitem(sys.modules, "numba", None)
    else:
        monkeypatch.setattr("numba.config.DISABLE_JIT", True)
    jit.numba_version.cache_clear()
    monkeypatch.setattr(module, "LOOPS_AFTER", AT_ONCE)
    x = cr.input("x", SHAPE)
    executable = compile_(outputs=[ops.sqrt(x + 1.0) * x])
    executable.put(x, np.ones(SHAPE))
    for _ in range(3):
        executable.run()
    said = NumpyBackend().diagnose()
    jit.numba_version.cache_clear()
    assert (False, "loops over large arrays are not compiled: pip install "
            "'chainrule[fast]'") in said  # fmt: skip
    assert "loop" not in executable.source
    np.testing.assert_allclose(executable.fetch(0), np.sqrt(2), rtol=1e-6)


def test_a_plugins_kernel_is_not_replaced(monkeypatch):
    x = cr.input("x", SHAPE)
    sqrt = "sqrt({0}, {out}); add({out}, one, {out})"
    monkeypatch.setattr(module, "LOOPS_AFTER", AT_ONCE)

    class Mine(NumpyBackend):
        kernels = {**NumpyBackend.kernels, ops.Sqrt: sqrt}

    executable = Mine().compile(Program(outputs=[ops.sqrt(x + 1.0) * x * x]))
    executable.put(x, np.ones(SHAPE))
    executable.run()
    executable.run()
    assert "def loop(" in executable.source
    np.testing.assert_allclose(executable.fetch(0), np.sqrt(2) + 1, rtol=1e-6)


def test_a_profile_attributes_a_loop_to_all_that_it_computes(monkeypatch):
    monkeypatch.setattr(module, "LOOPS_AFTER", AT_ONCE)
    x = cr.input("x", SHAPE)
    y = ops.sqrt(x + 1.0)
    backend = NumpyBackend()
    executable = backend.compile(Program(outputs=[y, y * x]))
    executable.put(x, np.ones(SHAPE))
    executable.run()
    with backend.profiled() as profile:
        executable.run()
    (row,) = [row for row in profile.rows if row.flops]
    names = [node.op.type_name for node in row.tasks[0].nodes]
    assert names == ["add", "sqrt", "mul"]


def test_a_program_that_numba_cannot_compile_goes_on_without_it(monkeypatch):
    def broken(loop, arrays):
        raise RuntimeError("LLVM is not well")

    monkeypatch.setattr("chainrule.backends.numpy.script.compile_for", broken)
    monkeypatch.setattr(module, "LOOPS_AFTER", AT_ONCE)
    x = cr.input("x", SHAPE)
    executable = compile_(outputs=[ops.sqrt(x + 1.0) * x])
    executable.put(x, np.ones(SHAPE))
    with pytest.warns(RuntimeWarning, match="LLVM is not well"):
        executable.run()
    executable.run()
    np.testing.assert_allclose(executable.fetch(0), np.sqrt(2), rtol=1e-6)
