"""Shapes are inferred when a graph is built; an error names what does not fit."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.errors import GraphError, ShapeError

X = cr.input("x", (None, 4))
W = cr.parameter("W", np.ones((4, 3)))
V = cr.parameter("v", np.ones(3))
T = cr.input("t", (None,), "int")


@pytest.mark.parametrize(
    ("node", "shape"),
    [
        (X @ W, (None, 3)),
        (X + np.ones(4), (None, 4)),
        (X + np.ones((5, 4)), (5, 4)),
        (X.T, (4, None)),
        (X.sum(0), (4,)),
        (X.sum(1), (None,)),
        (X.mean(), ()),
        (X.sum(-1, keepdims=True), (None, 1)),
        (ops.reshape(X, (-1, 2, 2)), (None, 2, 2)),
        (ops.expand_dims(X, (0, -1)), (1, None, 4, 1)),
        (ops.squeeze(X[:, :1], 1), (None,)),
        (X[:, 1], (None,)),
        (X[:, -1], (None,)),
        (X[..., 1:3], (None, 2)),
        (X[2:], (None, 4)),
        (ops.concatenate([X, X]), (None, 8)),
        (ops.concatenate([X, X], 0), (None, 4)),
        (ops.softmax(X), (None, 4)),
        (ops.argmax(X), (None,)),
        (ops.pick(X, T), (None,)),
        (ops.one_hot(T, 7), (None, 7)),
        (ops.take(W, T), (None, 3)),
        (np.ones(4) @ W, (3,)),
        (X @ np.ones(4), (None,)),
        (ops.where(X > 0, X, 0.0), (None, 4)),
    ],
    ids=str,
)
def test_inferred(node: cr.Node, shape: tuple[int | None, ...]) -> None:
    assert node.shape == shape


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: X + np.ones(3), r"x \(batch, 4\).*do not broadcast"),
        (lambda: W @ np.ones((2, 2)), "inner sizes 3 and 2"),
        (lambda: X @ V, r"x \(batch, 4\) times v \(3\): the inner sizes 4 and 3"),
        (lambda: V @ W, r"v \(3\) times W \(4, 3\): the inner sizes 3 and 4"),
        (lambda: W.T @ V, r"transpose of W \(3, 4\) times v \(3\)"),
        (
            lambda: np.ones((2, 3, 4)) @ (cr.parameter("S", np.ones((5, 4, 3)))),
            r"the leading sizes \(2\) and \(5\) must broadcast",
        ),
        (lambda: X[0] + V, r"view of x \(4\) and v \(3\) do not broadcast"),
        (
            lambda: ops.bernoulli(V, X),
            r"bernoulli: shapes of v \(3\) and x \(batch, 4\) do not broadcast",
        ),
        (lambda: ops.softmax(X, (0, 1)), r"axis must be one integer, got \(0, 1\)"),
        (lambda: ops.concatenate([X, X], None), "axis must be one integer, got None"),
        (lambda: X @ 2.0, r"a scalar is not a matrix, use \*"),
        (lambda: X.sum(2), r"axis must be from -2 to 1 for x \(batch, 4\), got 2"),
        (lambda: X.sum(0).sum().sum(0), r"axis must be left out for sum \(\), got 0"),
        (lambda: ops.max(X, 0.5), "an integer or a tuple of integers, got 0.5"),
        (lambda: X.sum((1, -1)), "twice"),
        (lambda: ops.reshape(W, (5,)), "12 elements"),
        (lambda: ops.reshape(W, (-1, -1)), "at most one size"),
        (lambda: W[4], "has no index 4"),
        (lambda: W[::-1], "step of axis 0 must be positive, got -1"),
        (lambda: W[np.array([0, 1])], r"write cr.ops.take\(x, indices\)"),
        (lambda: W[1, 2, 3], "3 indices"),
        (lambda: W["a"], "cr.ops.take"),
        (lambda: ops.squeeze(W, 0), "axis 0 .* is not 1"),
        (
            lambda: ops.transpose(W, (0, 0)),
            r"names one axis of W \(4, 3\) twice",
        ),
        (lambda: ops.transpose(W, (0, 2)), "axis must be from -2 to 1"),
        (
            lambda: ops.transpose(W, (0,)),
            r"each axis of W \(4, 3\) once, got \(0,\)",
        ),
        (
            lambda: ops.expand_dims(V, 2),
            r"from -2 to 1 for v \(3\), got 2",
        ),
        (lambda: ops.broadcast_to(W, (2, 3)), "does not broadcast to"),
        (lambda: ops.concatenate([W, np.ones((2, 2))]), "differ"),
        (lambda: ops.concatenate([np.ones((1, 2)), np.ones((2, 2))], 1), "differ"),
        (lambda: ops.concatenate([]), "nothing to concatenate"),
        (lambda: ops.one_hot(X, 3), "indices must be integers, got x .* of float"),
        (lambda: ops.pick(X, X), "one integer for each row .* got x .* of float"),
        (lambda: ops.take(X, X), "indices must be integers"),
        (lambda: ops.where(X, X, X), "write a comparison"),
        (lambda: ops.training(X, W), "must have one shape and dtype"),
        (lambda: ops.also_update(X, W, X), "cannot replace"),
        (lambda: cr.input("x", 3), r"write shape=\(3,\)"),
    ],
)
def test_misfits_say_what_and_why(build, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        build()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: ops.tanh(X, W), r"tanh\(x\) takes 1 operand, got 2: x .*, W \(4, 3\)"),
        (lambda: ops.mul(W), r"mul\(a, b\) takes 2 operands, got 1: W \(4, 3\)"),
        (lambda: ops.where(X, X), r"where\(condition, a, b\) takes 3 operands, got 2"),
        (ops.sum_like, r"sum_like\(x, like\) takes 2 operands, got none"),
        (lambda: ops.Sum((0,))(X, X), r"sum\(x\) takes 1 operand, got 2"),
    ],
)
def test_the_names_of_operands_say_how_many_there_are(build, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        build()


def test_open_sizes_that_differ_are_refused_at_run_time() -> None:
    a, b = cr.input("a", (None,)), cr.input("b", (None,))
    with pytest.raises(ShapeError):
        cr.evaluate([a + b], {a: np.ones(2), b: np.ones(3)})
