"""Every pass keeps the value of random graphs.

A graph and its gradients are interpreted node by node with plain NumPy, as built and
after each pass.
"""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainrule.autodiff import backward
from chainrule.execution import open_backend
from chainrule.node import Input, Node
from chainrule.program import Program
from chainrule.program.sizes import sizes
from chainrule.testing.random_graphs import RandomGraph
from chainrule.testing.reference import interpret

several = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Node], dict[Input, Any]]:
    """Draw the outputs of a random graph and their gradients, with input values."""
    size = draw(st.integers(8, 30), "size")
    graph = RandomGraph(lambda n: draw(st.integers(0, n - 1)), size)
    random = np.random.default_rng(draw(st.integers(0, 99), "seed of the values"))
    feeds = {leaf: random.uniform(-2, 2, sizes(leaf)) for leaf in graph.leaves}
    gradient = backward(graph.loss, graph.leaves).gradient
    slopes = [gradient[leaf] for leaf in graph.leaves if leaf in gradient]
    return [*graph.outputs, graph.loss, *slopes], feeds


def assert_same(got: list[Any], expected: list[Any]) -> None:
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("training", [False, True])
@several
@given(drawn=graphs())
def test_every_pass_keeps_values(
    training: bool, drawn: tuple[list[Node], dict[Input, Any]]
) -> None:
    outputs, feeds = drawn
    expected = interpret(outputs, feeds, training=training)
    shapes = {leaf: leaf.shape for leaf in feeds}
    kernels: Any = open_backend("numpy").kernels
    without_special = {op for op in kernels if not op.expands()}
    for known in (kernels, without_special):
        program = Program(outputs, shapes=shapes, training=training, dtype="float64")
        program.lower(known)
        for stage in program.stages:
            (phase,) = stage.phases
            got = interpret(phase.outputs, feeds, training=training)
            assert_same(got, expected)
