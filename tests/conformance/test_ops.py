"""Every registered op passes the checks of `chainrule.testing`."""

from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays, mutually_broadcastable_shapes

from chainrule.execution import open_backend
from chainrule.ops import Elementwise, Op
from chainrule.registry import registry
from chainrule.testing import check_op
from chainrule.testing.samples import domains, sample
from chainrule.testing.values import bounds

OPS = [pytest.param(entry.target, id=entry.name) for entry in registry.entries("ops")]
EXAMPLES = 8 if open_backend().type_name == "numpy" else 2  # others compile each
checked = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None
)
seeds = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("cls", OPS)
@checked
@given(data=st.data())
def test_op_keeps_the_contract(cls: type[Op], data: st.DataObject) -> None:
    shape = data.draw(array_shapes(min_dims=1, max_dims=3, max_side=4), "shape")
    random = np.random.default_rng(data.draw(seeds, "seed"))
    op, operands = sample(cls, shape, random)
    check_op(op, operands)


BROADCASTING = [
    param for param in OPS if issubclass(cast("type", param.values[0]), Elementwise)
]


@pytest.mark.parametrize("cls", BROADCASTING)
@checked
@given(data=st.data())
def test_elementwise_op_broadcasts(cls: type[Elementwise], data: st.DataObject) -> None:
    random = np.random.default_rng(0)
    op, one = sample(cls, (1,), random)
    shapes = data.draw(
        mutually_broadcastable_shapes(num_shapes=len(one), max_dims=3, max_side=3)
    ).input_shapes
    operands = [
        data.draw(_values(cls, i, np.asarray(operand).dtype, shape), f"operand {i}")
        for i, (operand, shape) in enumerate(zip(one, shapes, strict=True))
    ]
    check_op(op, operands)


def _values(
    cls: type[Elementwise], index: int, dtype: np.dtype[Any], shape: tuple[int, ...]
) -> st.SearchStrategy[Any]:
    if dtype.kind == "b":
        return arrays(bool, shape)
    domain = domains(cls)[index] if cls.domain else (-np.inf, np.inf)
    low, high = bounds(domain)
    return arrays(np.float64, shape, elements=st.floats(low, high))
