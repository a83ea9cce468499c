"""Open axes: what is 1 only when it runs is not broadcast, by any op."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.errors import ShapeError
from chainrule.execution import open_backend
from chainrule.testing.reference import interpret

OPEN = (None, 2, 2)
PAIRS = {
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "pow": lambda a, b: ops.exp(a) ** b,
    "maximum": ops.maximum,
    "where": lambda a, b: ops.where(a > 0, a, b),
    "where on a condition": lambda a, b: ops.where(b > 0, a, 2 * a),
    "matmul": lambda a, b: a @ b,
    "matmul of transposes": lambda a, b: (
        ops.transpose(a, (0, 2, 1)) @ ops.transpose(b, (0, 2, 1))
    ),
    "matmul of a stack of stacks": (
        lambda a, b: ops.expand_dims(a, 0) @ ops.expand_dims(b, 1)
    ),
    "sum of a product": lambda a, b: ops.sum(a * b, 0),
    "max of a matmul": lambda a, b: ops.max(a @ b, 1),
    "concatenate": lambda a, b: ops.concatenate([a, b], 1),
    "concatenate along the last": lambda a, b: ops.concatenate([a, b]),
}
"""Functions of two arrays whose first axes are open and must be equal."""


def slopes_of(build):
    a, b = cr.input("a", OPEN), cr.input("b", OPEN)
    y = build(a, b)
    wrt = [x for x in (a, b) if x in cr.backward(ops.sum(ops.sin(y))).gradient]
    return a, b, [y, *cr.grad(ops.sum(ops.sin(y)), wrt)]


def of_size(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.5, 1.5, (n, 2, 2))


@pytest.mark.parametrize("sizes", [(1, 3), (3, 1), (0, 1), (2, 3)], ids=str)
@pytest.mark.parametrize("name", PAIRS)
def test_sizes_that_differ_are_refused(name, sizes):
    if name == "matmul of a stack of stacks":
        pytest.skip("its axes do not meet")
    a, b, nodes = slopes_of(PAIRS[name])
    feeds = {a: of_size(sizes[0], 0), b: of_size(sizes[1], 1)}
    for wanted in (nodes, nodes[:1]):
        with pytest.raises(ShapeError):
            cr.evaluate(wanted, feeds)


@pytest.fixture(params=["numpy", "opencl"])
def backend(request: pytest.FixtureRequest) -> str:
    met = all(met for met, _ in open_backend(request.param).diagnose())
    if request.param == "opencl" and not met:
        pytest.skip("there is no OpenCL device")
    return str(request.param)


@pytest.mark.parametrize("n", [0, 1, 3])
@pytest.mark.parametrize("name", PAIRS)
def test_gradients_have_the_shapes_of_their_operands(name, backend, n):
    a, b, nodes = slopes_of(PAIRS[name])
    feeds = {a: of_size(n, 0), b: of_size(n, 1)}
    got = cr.evaluate(nodes, feeds, backend=backend, dtype="float64")
    for x, y in zip(got, interpret(nodes, feeds), strict=True):
        assert x.shape == y.shape
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-12)
    assert all(x.shape == (n, 2, 2) for x in got[1:])


@pytest.mark.parametrize("sizes", [(1, 3), (3, 1)], ids=str)
def test_rows_and_their_indices_are_as_many(sizes):
    x, at = cr.input("x", (None, 4)), cr.input("at", (None,), "int")
    y = ops.pick(x, at)
    (slope,) = cr.grad(ops.sum(ops.square(y)), [x])
    feeds = {x: np.ones((sizes[0], 4)), at: np.zeros(sizes[1], int)}
    with pytest.raises(ShapeError, match="the open dimension of"):
        cr.evaluate([y, slope], feeds)


def test_an_axis_that_is_declared_as_one_is_broadcast_and_summed():
    a, b = cr.input("a", (1, 2, 2)), cr.input("b", OPEN)
    y = a @ b
    nodes = [y, *cr.grad(ops.sum(ops.sin(y)), [a, b])]
    feeds = {a: of_size(1, 0), b: of_size(3, 1)}
    got = cr.evaluate(nodes, feeds, dtype="float64")
    for x, wanted in zip(got, interpret(nodes, feeds), strict=True):
        np.testing.assert_allclose(x, wanted, rtol=1e-9)
    assert got[1].shape == (1, 2, 2)


def test_a_slice_of_an_open_axis_may_be_shorter():
    x = cr.input("x", (None, 2))
    y = x[:5]
    assert y.shape == (None, 2)
    got, slope = cr.evaluate([y, *cr.grad(ops.sum(y), [x])], {x: np.ones((3, 2))})
    assert got.shape == slope.shape == (3, 2)


def test_an_index_beyond_an_open_axis_is_refused():
    x = cr.input("x", (None, 2))
    with pytest.raises(ShapeError, match=r"too short for what is taken from it"):
        cr.evaluate([x[5]], {x: np.ones((3, 2))})


def test_the_gradient_along_an_open_axis_of_a_concatenation(backend):
    a, b = cr.input("a", (None, 2)), cr.input("b", (3, 2))
    for parts in ([a, b, a], [b, a], [a, -a]):
        y = ops.concatenate(parts, 0)
        first = cr.grad(ops.sum(y * y * y), [a])[0]
        (second,) = cr.grad(ops.sum(first * first), [a])
        feeds = {a: np.arange(4.0).reshape(2, 2), b: np.ones((3, 2))}
        got = cr.evaluate([first, second], feeds, backend=backend, dtype="float64")
        for x, wanted in zip(got, interpret([first, second], feeds), strict=True):
            np.testing.assert_allclose(x, wanted)


@pytest.mark.parametrize(
    "build",
    [
        lambda: ops.concatenate([np.ones((2, 1)), np.ones((2, 3))], 0),
        lambda: ops.concatenate([np.ones((2, 3)), np.ones((2, 1))], 0),
        lambda: ops.concatenate([np.ones((2, 1)), np.ones((3, 3))]),
        lambda: ops.concatenate([np.ones((1, 2)), np.ones((2,))], 0),
        lambda: ops.where(np.ones((2, 3)) > 0, np.ones((2, 2)), 0.0),
        lambda: ops.pick(np.ones((2, 3)), np.ones(3, int)),
        lambda: ops.training(cr.input("a", (2, 1)), cr.input("b", (2, 3))),
        lambda: np.ones((2, 2, 3)) @ cr.parameter("w", np.ones((3, 3, 2))),
    ],
)
def test_what_cannot_fit_is_refused_when_the_graph_is_built(build):
    with pytest.raises(ShapeError):
        build()
