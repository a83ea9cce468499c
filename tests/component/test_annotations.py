"""Values checked by annotation: what is accepted, what it becomes, what is rejected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import pytest

import chainrule as cr
from chainrule.annotations import (
    Fraction,
    NonNegative,
    OfKind,
    Positive,
    PositiveInt,
    Probability,
    Range,
    Seed,
)
from chainrule.checks import check_value
from chainrule.errors import ArgumentError, HyperparameterError, UnknownNameError

Relu = Annotated[Any, OfKind("activations")]


@pytest.mark.parametrize(
    ("annotation", "given", "expected"),
    [
        (float, 1, 1.0),
        (float, np.float32(0.5), 0.5),
        (int, np.int64(3), 3),
        (int, np.array(3), 3),
        (bool, np.True_, True),
        (Any, "anything", "anything"),
        (float | None, None, None),
        (int | float, 0.5, 0.5),
        (Literal["a", "b"], "b", "b"),
        (Literal["a", "b"], np.str_("b"), "b"),
        (Sequence[float], [1, np.float32(2)], (1.0, 2.0)),
        (Sequence[int], [1, 2], [1, 2]),
        (Iterable[int], iter([1, 2]), (1, 2)),
        (tuple[int, ...], [1, 2, 3], (1, 2, 3)),
        (tuple[float, ...], np.array([1, 2]), (1.0, 2.0)),
        (tuple[int, float], [1, 2], (1, 2.0)),
        (Positive | None, 2, 2.0),
        (Positive, 1e-300, 1e-300),
        (NonNegative, 0, 0.0),
        (Fraction, 0.0, 0.0),
        (Probability, 1, 1.0),
        (Seed, 2**64 - 1, 2**64 - 1),
    ],
)
def test_accepted(annotation: Any, given: Any, expected: Any) -> None:
    checked = check_value(given, annotation, "x")
    assert checked == expected
    assert type(checked) is type(expected)


@pytest.mark.parametrize(
    ("annotation", "given", "message"),
    [
        (float, "1", "x must be a float, got '1'"),
        (int, 1.0, "x must be an int, got 1.0"),
        (int, True, "x must be an int, got True"),
        (float, True, "x must be a float, got True"),
        (float, float("nan"), "x must be a finite number, got nan"),
        (float, None, "x must be a float, got None"),
        (Literal["a", "b"], "c", "x must be one of 'a', 'b', got 'c'"),
        (tuple[int, ...], 3, "x must be a tuple, got 3"),
        (tuple[int, ...], [1, "2"], "x must be an int, got '2'"),
        (tuple[int, int], [1], "x must have 2 entries, got [1]"),
        (Positive, 0, "x must be > 0, got 0.0"),
        (Positive | None, -1, "x must be > 0, got -1.0"),
        (PositiveInt, 0, "x must be ≥ 1, got 0"),
        (Fraction, 1, "x must be in [0, 1), got 1.0"),
        (Annotated[int, Range(2, 5)], 6, "x must be in [2, 5], got 6"),
    ],
)
def test_rejected(annotation: Any, given: Any, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        check_value(given, annotation, "x")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "given", ["relu", "ReLU", {"type": "relu"}, cr.activations.Relu], ids=repr
)
def test_a_component_may_be_named(given: Any) -> None:
    assert isinstance(check_value(given, Relu, "x"), cr.activations.Relu)


def test_a_component_may_be_optional_and_must_be_of_its_kind() -> None:
    optional = Annotated[Any | None, OfKind("activations")]
    assert check_value(None, optional, "x") is None
    with pytest.raises(UnknownNameError, match="no activation named 'relo'"):
        check_value("relo", optional, "x")
    with pytest.raises(HyperparameterError, match="3 is not an activation"):
        check_value(3, optional, "x")
