"""Random numbers are a function of seed, stream and step, and of nothing else."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.philox import generator
from chainrule.substitution import substitute

X = cr.input("x", (200, 50))
ZEROS = {X: np.zeros((200, 50))}


def test_uniform_numbers_are_those_of_philox() -> None:
    (got,) = cr.evaluate([ops.uniform(X, "a")], ZEROS, seed=7, step=3)
    expected = generator(7, "a", 3).random((200, 50), dtype=np.float32)
    np.testing.assert_array_equal(got, expected)


def test_each_draw_differs_and_a_named_stream_repeats() -> None:
    nodes = [ops.uniform(X), ops.uniform(X), ops.uniform(X, "a"), ops.uniform(X, "a")]
    a, b, c, d = cr.evaluate(nodes, ZEROS)
    assert not np.array_equal(a, b)
    assert not np.array_equal(a, c)
    np.testing.assert_array_equal(c, d)


def test_seed_and_step_change_the_numbers() -> None:
    y = ops.uniform(X)
    runs = [
        cr.evaluate([y], ZEROS, seed=seed, step=step)[0].tobytes()
        for seed, step in [(0, 1), (1, 1), (0, 2), (0, 1)]
    ]
    assert runs[0] == runs[3]
    assert len(set(runs)) == 3


def test_the_rest_of_the_graph_does_not_change_a_draw() -> None:
    with cr.scope("noise"):
        y = ops.uniform(X)
    with cr.scope("other"):
        z = ops.uniform(X)
    alone = cr.evaluate([y], ZEROS)[0]
    beside = cr.evaluate([z, ops.uniform(X), y + 0 * z], ZEROS)[2]
    np.testing.assert_array_equal(alone, beside)
    np.testing.assert_array_equal(
        alone, generator(0, "noise/1", 1).random((200, 50), dtype=np.float32)
    )


def test_a_copy_draws_the_same_and_does_not_change_a_draw() -> None:
    y = ops.uniform(ops.tanh(X))
    other = cr.input("other", X.shape)
    (copy,) = substitute([y], {X: other})
    alone = cr.evaluate([y], ZEROS)[0]
    feeds = {**ZEROS, other: ZEROS[X]}
    for order in ([y, copy], [copy, y]):
        for drawn in cr.evaluate(order, feeds):
            np.testing.assert_array_equal(drawn, alone)


@pytest.mark.parametrize(
    ("node", "mean", "deviation"),
    [
        (ops.uniform(X), 0.5, 12**-0.5),
        (ops.normal(X), 0.0, 1.0),
        (ops.bernoulli(X, 0.3), 0.3, 0.21**0.5),
    ],
    ids=["uniform", "normal", "bernoulli"],
)
def test_moments(node: cr.Node, mean: float, deviation: float) -> None:
    (got,) = cr.evaluate([node], ZEROS)
    assert got.mean() == pytest.approx(mean, abs=0.02)
    assert got.std() == pytest.approx(deviation, abs=0.02)
    assert np.isfinite(got).all()
