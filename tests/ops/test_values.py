"""Every built-in op computes what the reference computes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

import chainrule as cr
from chainrule.execution import open_backend
from chainrule.node import Parameter
from chainrule.ops import Op
from chainrule.plugins.primitives import register_ops
from chainrule.testing.functions import applied, leaves_for
from chainrule.testing.reference import interpret
from chainrule.testing.samples import sample

EXAMPLES = 5 if open_backend().type_name == "numpy" else 2  # others compile each


@pytest.mark.parametrize("cls", register_ops(), ids=lambda cls: cls.type_name)
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
@given(
    shape=array_shapes(min_dims=1, max_dims=3, max_side=4),
    seed=st.integers(0, 2**32 - 1),
    training=st.booleans(),
)
def test_value(
    cls: type[Op], shape: tuple[int, ...], seed: int, training: bool
) -> None:
    op, operands = sample(cls, shape, np.random.default_rng(seed))
    values = [x for x in operands if not isinstance(x, Parameter)]
    leaves = leaves_for(values)
    node = applied(op, operands)(*leaves)
    feeds = dict(zip(leaves, values, strict=True))
    (expected,) = interpret([node], feeds, training=training)
    (got,) = cr.evaluate([node], feeds, dtype="float64", training=training)
    np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-14)
    assert got.shape == expected.shape
