"""Graphs that the search found, each as small as it could be made."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.testing.fuzz.check import Trial
from chainrule.testing.fuzz.problem import Problem

X, Y = cr.input("x", (2, 3)), cr.input("y", (2, 3))
COLUMN, S = cr.input("column", (2, 1)), cr.input("s", ())
FEEDS = {
    X: np.array([[1.0, -1.0, 2.0], [0.0, -1.0, -0.5]]),
    Y: np.array([[0.3, 1.2, -0.4], [2.0, 0.1, -1.0]]),
    COLUMN: np.array([[-2.0], [-1.0]]),
    S: np.array(1.0),
}
TWO, ONE = cr.constant(2.0), cr.constant(1.0)
E = ops.exp(X)
TOTAL = ops.sum(COLUMN, 0, keepdims=True)


@pytest.mark.parametrize(
    "outputs",
    [
        [TWO / ops.sigmoid(X) + TWO],
        [(ONE + E) / (ONE + E)],
        [ops.mean(COLUMN, 0, keepdims=True), ops.log(ops.softmax(TOTAL))],
        [ops.reciprocal(ops.exp(X - Y))],
        [E * (E / ops.sum(E, -1, keepdims=True))],
        [(ops.exp(X) - ops.exp(Y)) / (ops.exp(X) + ops.exp(Y)) * (E - ops.exp(Y))],
        [E / ops.sum(E, 1, keepdims=True),
         ops.where(ops.tanh(S) > S + COLUMN, S + COLUMN, ops.tanh(S) + 1)],
        [ops.log(0.2 + ops.sigmoid(X))],
        [ops.exp(TWO * COLUMN) / ops.exp(TWO * COLUMN), cr.constant(2) * X],
        [ops.log(1 - ops.sigmoid(TWO * X)), cr.constant(2) * COLUMN],
        [ops.concatenate([ops.broadcast_to(TWO, (2, 3)), X], 0)],
        [ops.tanh(ops.broadcast_to(S, (3,))[-3::2])],
        [ops.broadcast_to(TWO, (4,))[1::2] * S],
        [ops.sin(COLUMN) - ops.expand_dims(ops.squeeze(ops.sin(COLUMN), 1) * 2, 0)],
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["numpy", "blocked", "loops", "opencl"])
def test_what_was_found_stays_mended(outputs, path):
    if path == "opencl":
        pytest.importorskip("pyopencl")
    reached = cr.Graph(outputs).inputs
    problem = Problem(tuple(outputs), {leaf: FEEDS[leaf] for leaf in reached})
    assert not Trial((problem,)).wrong(path)


def test_a_number_that_a_loop_reads_is_kept_until_it_has_run():
    """In blocks, s + column is a temporary: it lay where tanh(s) was."""
    t = ops.tanh(S)
    outputs = [ops.where(t > S + COLUMN, S + COLUMN, t + 1)]
    problem = Problem(tuple(outputs), {S: FEEDS[S], COLUMN: FEEDS[COLUMN]})
    assert not Trial((problem,)).wrong("blocked")
