"""Scalar expressions: each means what its op means, on arrays and on numbers."""

import math

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.ops import Elementwise
from chainrule.plugins.primitives import register_ops
from chainrule.program.scalars import EXPRESSIONS, OF_NUMBERS
from chainrule.testing.reference import interpret

FUNCTIONS = {
    **vars(np),
    "zero": 0.0,
    "one": np.float64(1),
    "relu": lambda x: np.clip(x, 0, np.inf),
    "softplus": lambda x: np.logaddexp(x, 0),
    "erf": np.vectorize(math.erf, otypes=[float]),
    "to_float": np.float64,
    "to_int": np.int64,
}
NUMBERS = [0.0, 1.0, -1.0, 0.5, 2.0, -2.5, np.inf, -np.inf, np.nan]
LOGIC = {ops.LogicalAnd, ops.LogicalOr, ops.LogicalNot}
PAIRS = np.array(np.meshgrid(NUMBERS, NUMBERS)).reshape(2, -1)


def operands_of(op):
    """Return one array for each operand, in which all kinds of numbers meet."""
    a, b = PAIRS
    if op is ops.ToInt:
        return (np.arange(-4.0, 5),)
    if op is ops.Pow:  # NumPy itself has two opinions on powers of infinities
        return tuple(PAIRS[:, np.isfinite(PAIRS).all(axis=0)])
    if op is ops.Where:
        return a > 0, a, b
    found = (a, b) if "{1}" in EXPRESSIONS[op] else (a,)
    return tuple(x > 0 for x in found) if op in LOGIC else found


def test_every_elementwise_op_with_a_kernel_has_an_expression():
    elementwise = {op for op in register_ops() if issubclass(op, Elementwise)}
    expandable = {op for op in elementwise if op.expands()}
    assert elementwise - expandable <= {*EXPRESSIONS, ops.AlsoUpdate, ops.Training}


@pytest.mark.parametrize("op", EXPRESSIONS, ids=lambda op: op.type_name)
def test_an_expression_means_what_its_op_means(op):
    arrays = operands_of(op)
    text = EXPRESSIONS[op].format("a", "b", "c")
    with np.errstate(all="ignore"):
        found = eval(text, FUNCTIONS, dict(zip("abc", arrays, strict=False)))
        (expected,) = interpret([op()(*map(cr.constant, arrays))])
    np.testing.assert_allclose(found, expected, rtol=1e-15)


@pytest.mark.parametrize("op", OF_NUMBERS, ids=lambda op: op.type_name)
def test_an_expression_of_numbers_gives_what_that_of_arrays_gives(op):
    arrays = operands_of(op)
    names = "abc"
    with np.errstate(all="ignore"):
        for numbers in zip(*arrays, strict=True):
            given = dict(zip("abc", numbers, strict=False))
            found, expected = (
                eval(table[op].format(*names), FUNCTIONS, given)
                for table in (OF_NUMBERS, EXPRESSIONS)
            )
            np.testing.assert_allclose(found, expected, rtol=1e-15)
