"""Indexing: rows by index, and their derivative, which adds rows up where they were."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.execution import open_backend
from chainrule.program import Program

SHAPES = [
    ((5, 4), (7,)),
    ((5,), (7,)),
    ((5, 4, 3), (2, 3)),
    ((5, 1), (7,)),
    ((5, 17), (9,)),
    ((1, 17), (9,)),
    ((5, 4), ()),
    ((0, 4), (0,)),
    ((5, 0), (3,)),
    ((5, 4), (0,)),
    ((300, 33), (1000,)),
]
"""Shapes of what rows are taken from, and of the indices."""
BACKENDS = ("numpy", "opencl")


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    opened = open_backend(request.param)
    if not all(met for met, _ in opened.diagnose()) and request.param == "opencl":
        pytest.skip("there is no OpenCL device")
    return str(request.param)


def random_case(shape, indices):
    random = np.random.default_rng(len(shape) + sum(shape) + sum(indices))
    w = cr.parameter("w", random.standard_normal(shape).astype(np.float32))
    return w, random.integers(max(shape[0], 1), size=indices), random


@pytest.mark.parametrize(("shape", "indices"), SHAPES, ids=str)
def test_the_gradient_of_rows_is_added_up_where_they_were(shape, indices, backend):
    w, at, random = random_case(shape, indices)
    y = ops.take(w, at)
    factor = random.standard_normal(y.shape)
    (first,) = cr.grad(ops.sum(ops.sin(y) * factor), [w])
    (second,) = cr.grad(ops.sum(ops.square(first)), [w])
    got = cr.evaluate([first, second], backend=backend, dtype="float64")
    slope = np.zeros(shape)
    np.add.at(slope, at, np.cos(w.value[at].astype(float)) * factor)
    np.testing.assert_allclose(got[0], slope, rtol=1e-12, atol=1e-12)
    again = np.zeros(shape)
    np.add.at(again, at, -2 * slope[at] * np.sin(w.value[at].astype(float)) * factor)
    np.testing.assert_allclose(got[1], again, rtol=1e-12, atol=1e-12)


def random_sum(shape, indices):
    """Return a scattered sum, and what it is if its rows are added in their order."""
    w, at, random = random_case(shape, indices)
    x = random.standard_normal((*indices, *shape[1:])).astype(np.float32)
    wanted = np.zeros_like(w.value)
    np.add.at(wanted, at, x)
    return ops.scatter_add(cr.parameter("x", x), at, shape[0]), wanted


@pytest.mark.parametrize("way", ["", "blocked", "numba", "loops"])
@pytest.mark.parametrize(("shape", "indices"), SHAPES, ids=str)
def test_numpy_adds_rows_in_their_order_in_every_way(shape, indices, way):
    if way == "numba":
        pytest.importorskip("numba")
    total, wanted = random_sum(shape, indices)
    numpy = open_backend("numpy")
    with numpy.ways()[way]() if way else nullcontext():
        executable = numpy.compile(Program(outputs=[total]))
        executable.run()
    np.testing.assert_array_equal(executable.fetch(0), wanted)


@pytest.mark.parametrize(("shape", "indices"), SHAPES, ids=str)
def test_every_run_adds_rows_in_their_order(shape, indices, backend):
    total, wanted = random_sum(shape, indices)
    for _ in range(3):
        (got,) = cr.evaluate([total], backend=backend)
        np.testing.assert_array_equal(got, wanted)


def test_integers_and_truth_values_are_added_too(backend):
    at = np.array([1, 1, 0])
    for x in (np.array([2, 3, 4]), np.array([True, True, False])):
        (got,) = cr.evaluate([ops.scatter_add(x, at, 3)], backend=backend)
        np.testing.assert_array_equal(got, [x[2], x[0] + int(x[1]), 0])
        assert got.dtype == np.int64


def test_every_axis_may_be_open(backend):
    x, at = cr.input("x", (None, None)), cr.input("at", (None,), "int")
    (slope,) = cr.grad(ops.sum(ops.square(ops.take(x, at))), [x])
    assert slope.shape == x.shape
    value = np.arange(6.0).reshape(3, 2)
    (got,) = cr.evaluate([slope], {x: value, at: [1, 1, 2]}, backend=backend)
    np.testing.assert_array_equal(got, [[0, 0], [8, 12], [8, 10]])


def test_the_gradient_of_many_rows_takes_no_more_memory_than_they_do(backend):
    rows = 16_000
    w = cr.parameter("w", np.zeros((rows, 16), np.float32))
    at = cr.input("at", (rows,), "int")
    (slope,) = cr.grad(ops.sum(ops.take(w, at)), [w])
    executable = open_backend(backend).compile(Program(outputs=[slope]))
    assert executable.peak_memory < 5_000_000


def test_a_row_that_is_not_there_is_refused(backend):
    x = cr.input("x", (3, 2))
    feeds = {x: np.ones((3, 2))}
    for at in ([0, 1, 2], [0, -1, 1]):
        with pytest.raises(cr.ChainRuleError, match=r"indices must lie in 0 … 1"):
            cr.evaluate([ops.scatter_add(x, np.array(at), 2)], feeds, backend=backend)


def test_a_backend_without_a_kernel_expands_it():
    kernels = {**open_backend("numpy").kernels}
    del kernels[ops.ScatterAdd]
    x = cr.parameter("x", np.arange(24.0).reshape(4, 3, 2))
    at = np.array([[0, 1, 1], [4, 0, 0], [1, 1, 1], [2, 2, 2]])
    program = Program(outputs=[ops.scatter_add(x, at, 5)])
    (phase,) = program.lower(kernels)
    got = cr.evaluate([*phase.outputs])[0]
    wanted = np.zeros((5, 2))
    np.add.at(wanted, at, x.value)
    np.testing.assert_allclose(got, wanted)


@pytest.mark.parametrize(
    ("x", "at"),
    [((3, 2), (2,)), ((3,), (3, 1)), ((3, 2), (3, 3))],
)
def test_one_index_for_each_row(x, at):
    with pytest.raises(cr.errors.ShapeError, match="one integer for each row of"):
        ops.scatter_add(np.ones(x), np.ones(at, int), 4)
