"""A node in the place of a number, a truth value or an array: it works, or says why."""

from __future__ import annotations

import dataclasses
import math
import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentTypeError, ChainRuleError, GraphError

x: Any = cr.input("x", (3,))
y: Any = cr.input("y", (3,))
scalar: Any = cr.input("s")
NUMBERS = (0, 2.5, True, 1j, np.float32(1), np.bool_(True), np.ones(3), math.nan)


@pytest.mark.parametrize("number", NUMBERS, ids=repr)
@pytest.mark.parametrize("compare", [operator.eq, operator.ne])
def test_a_comparison_with_a_number_says_what_to_write(
    compare: Callable[[Any, Any], Any], number: Any
) -> None:
    for operands in ((x, number), (number, x)):
        with pytest.raises(GraphError, match=r"cr\.ops\.(equal|not_equal)"):
            compare(*operands)


def test_equality_of_nodes_is_identity() -> None:
    assert x == x
    assert x != y
    assert x != cr.input("x", (3,))
    assert x in [y, x]
    assert [y, x].index(x) == 1
    assert {x: 1, y: 2}[y] == 2
    assert len({x, y, x}) == 2
    assert hash(x) == object.__hash__(x)


@pytest.mark.parametrize("other", [None, "x", [1, 2, 3], (), {}, cr.ops.tanh, len])
def test_a_node_is_not_what_cannot_be_compared(other: Any) -> None:
    assert (x == other) is False
    assert (other != x) is True


def test_a_record_that_holds_nodes_can_be_compared() -> None:
    @dataclasses.dataclass
    class Record:
        node: cr.Node | None
        size: int

    assert Record(x, 1) == Record(x, 1)
    assert Record(x, 1) != Record(y, 1)
    assert Record(x, 1) != Record(None, 1)


@pytest.mark.parametrize(
    "build",
    [
        lambda: x * (x == y), lambda: x + True, lambda: False - x, lambda: x**True,
        lambda: cr.ops.where(x == y, x, y), lambda: cr.ops.add(x, True),
        lambda: cr.ops.logical_and(x > 0, x == y), lambda: (x > 0) & (x == y),
        lambda: (x > 0) == True,  # noqa: E712
    ],
)  # fmt: skip
def test_a_truth_value_of_python_is_no_operand(build: Callable[[], Any]) -> None:
    with pytest.raises(ChainRuleError, match=r"cr\.ops\.equal"):
        build()


def test_truth_values_that_are_meant() -> None:
    kept = cr.ops.where(np.array([True, False, True]), x, cr.constant(False))
    (got,) = cr.evaluate([kept], {x: [1, 2, 3]})
    np.testing.assert_array_equal(got, [1, 0, 3])


def test_truth_values_are_combined() -> None:
    inside, outside = (x > 1) & (x < 3), (x < 1) | (x > 2)
    mixed = np.array([True, True, False]) & ~(x > 1)
    got = cr.evaluate([inside, outside, mixed], {x: [1, 2, 3]})
    np.testing.assert_array_equal(got, [[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    for build in (lambda: x & 1, lambda: ~x, lambda: x | (x > 0)):
        with pytest.raises(ArgumentTypeError, match="take truth values such as"):
            build()


def if_it_is(condition: Any) -> bool:
    return not not condition  # noqa: SIM208 - as an `if` asks


@pytest.mark.parametrize(
    "use",
    [
        lambda: if_it_is(x > 0), lambda: x and y, lambda: x or y, lambda: not x,
        lambda: 0 < x < 1, lambda: min(x, y), lambda: max(x, 0), lambda: sorted([x, y]),
        lambda: x in (0, 1), lambda: 0 in x, lambda: any(x > 0),
        lambda: x // 2, lambda: 2 // x, lambda: x % 2, lambda: divmod(2, x),
        lambda: x ^ x, lambda: x << 1, lambda: 1 >> x, lambda: round(x, 2),
        lambda: round(scalar), lambda: math.floor(scalar), lambda: math.ceil(scalar),
        lambda: math.trunc(scalar), lambda: math.exp(scalar), lambda: int(scalar),
        lambda: float(scalar), lambda: complex(scalar), lambda: range(scalar),
        lambda: [1, 2][scalar], lambda: f"{scalar:.2f}", lambda: "%d" % scalar,  # noqa: UP031
        lambda: operator.setitem(x, 0, 1), lambda: operator.delitem(x, 0),
        lambda: np.array(x), lambda: np.asarray([x, y]), lambda: np.ones(3) // x,
        lambda: np.sum(x), lambda: np.add.reduce(x), lambda: np.where(x, 1, 0),
        lambda: x + None, lambda: x + "a", lambda: x + {1},
    ],
)  # fmt: skip
def test_where_only_a_number_will_do_the_answer_is_ours(use: Callable[[], Any]) -> None:
    with pytest.raises(ChainRuleError) as caught:
        use()
    assert isinstance(caught.value, (GraphError, ArgumentTypeError))


UNARY = (np.exp, np.sum, np.isfinite, np.isnan, np.negative, np.vstack, np.var)
FUNCTIONS = (
    np.dot, np.multiply, np.subtract, np.divide, np.power, np.hypot, np.append,
    np.linalg.norm, np.maximum, *UNARY,
)  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_the_hint_names_an_op_that_there_is(function: Any) -> None:
    with pytest.raises(GraphError) as caught:
        function(*([x] if function in UNARY else [x, x]))
    for name in re.findall(r"cr\.ops\.(\w+)", str(caught.value)):
        assert hasattr(cr.ops, name)
