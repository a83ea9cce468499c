"""Values for inputs, in `cr.evaluate` as in a model."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.data.batches import batches_in, slices_of
from chainrule.errors import ArgumentTypeError, DataError, GraphError

x = cr.input("x", (None, 3))
labels = cr.input("labels", (None,), "int")
square = cr.input("square", (2, 2))

MISTAKES: list[tuple[Any, Any, str]] = [
    (x, np.ones((2, 4)), r"input x: expected 3 features, got 4 \(x has shape \(2, 4\)"),
    (x, np.ones(3), r"expected x of shape \(batch, 3\), got \(3,\); .* x\[None\]"),
    (x, np.ones(2), r"got \(2,\); a column is x\[:, None\]"),
    (x, 1.0, r"expected x of shape \(batch, 3\), got \(\)$"),
    (square, np.ones((3, 2)), "input square: expected 2 along axis 0, got 3"),
    (square, np.ones(2), r"got \(2,\); a column is"),
    (x, [[1, 2, 3], [1, 2]], "x has rows of different lengths"),
    (x, [["a", "b", "c"]], "x holds str_ such as 'a', not numbers"),
    (x, [[None] * 3], "x holds Python objects such as None"),
    (x, np.ma.masked_array(np.ones((1, 3)), True), "x has masked values"),
    (labels, [1.0, 2.5], r"labels must hold integers, got 2.5 in row 1"),
    (labels, [0, 2**63], r"labels must hold integers from −2⁶³ to 2⁶³ − 1, got 9.*row"),
    (labels, np.array([2**64 - 1], np.uint64), "got 18446744073709551615 in row 0"),
    (labels, [0.0, -1e19], "must hold integers from .*, got -1e.19 in row 1"),
    (labels, np.array([np.inf], np.float16), "must hold integers from .*, got inf"),
    (
        labels,
        [2**70, 1],
        "must hold integers from .*, got 1180591620717411303424 in row 0",
    ),
    (labels, np.array([0, -(2**63) - 1], object), "got -9223372036854775809 in row 1"),
]


@pytest.mark.parametrize(("leaf", "value", "message"), MISTAKES)
def test_what_an_input_does_not_take(leaf: cr.Node, value: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        cr.evaluate([leaf * 2], {leaf: value})


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
def test_booleans_are_what_is_not_0(backend: str) -> None:
    some = cr.input("some", (4,), "bool")
    values = [0.5, 256, 1e30, 0]
    (got,) = cr.evaluate([some], {some: values}, backend=backend)
    assert got.tolist() == [True, True, True, False]


def test_the_largest_integers_are_taken() -> None:
    large = [2**63 - 1, -(2**63), 2**53 + 1]
    for value in (large, np.array(large, object)):
        (got,) = cr.evaluate([labels], {labels: value})
        assert got.tolist() == large


def test_a_constant_is_not_beyond_int64() -> None:
    with pytest.raises(GraphError, match=r"at most 2⁶³ − 1, got 9223372036854775808"):
        labels + 2**63


def test_the_layer_that_takes_the_input_is_named() -> None:
    y = cr.layers.Dense(2)(x)
    model = cr.Model(x, cr.layers.Dense(2, name="first")(x))
    with pytest.raises(DataError, match="dense: expected 3 features, got 4"):
        cr.evaluate([y], {x: np.ones((2, 4))})
    for use in (model.predict, lambda a: cr.evaluate(model.outputs, {"x": a})):
        with pytest.raises(DataError, match="first: expected 3 features, got 4"):
            use(np.ones((2, 4)))


@pytest.mark.parametrize(
    "value", [[[1, 2, 3]], [[True, False, True]], [[Fraction(1, 2)] * 3]]
)
def test_what_an_input_takes(value: Any) -> None:
    (y,) = cr.evaluate([x + 1.0], {"x": value})
    np.testing.assert_array_equal(y, np.asarray(value, float) + 1)


def test_values_of_other_inputs_are_left_out_and_other_keys_refused() -> None:
    cr.evaluate([x * 2], {x: np.ones((1, 3)), labels: ["no", "numbers"]})
    with pytest.raises(DataError, match="was given a value, but is not an input"):
        cr.evaluate([x * 2], {x: np.ones((1, 3)), 3: 1.0})
    with pytest.raises(ArgumentTypeError, match="feeds must be a mapping, got"):
        cr.evaluate([x * 2], [np.ones((1, 3))])  # type: ignore[arg-type]


def test_rows_are_cut_into_batches_of_one_size_and_a_rest() -> None:
    order = np.array([3, 0, 4, 1, 2])
    assert [part.tolist() for part in batches_in(order, 2)] == [[[3, 0], [4, 1]], [[2]]]
    assert [part.tolist() for part in batches_in(order, 5)] == [[order.tolist()]]
    assert [part.tolist() for part in batches_in(order, 9)] == [[order.tolist()]]
    assert batches_in(order[:0], 2) == []
    assert list(slices_of(5, 2)) == [slice(0, 2), slice(2, 4), slice(4, 5)]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "x must be an array of numbers, got None"),
        ({1.0, 2.0}, "x must be an array of numbers, got a set"),
        ((i for i in range(3)), "x must be an array of numbers, got a generator"),
        ({"a": [[1.0]]}, "no input named 'a'. Known: x"),
        (np.ones((2, 2)) * 1j, "give the parts as columns, x.real and x.imag"),
        (np.ones((2, 2), "datetime64[s]"), "give the time since an origin, such as"),
        ([["a", "b"]], "encode it: a column of 0 and 1 for each category"),
    ],
)
@pytest.mark.parametrize("shape", [None, 2])
def test_what_is_no_array_is_named(value: Any, said: str, shape: Any) -> None:
    model = cr.Sequential([cr.layers.Dense(1)], input_shape=shape)
    with pytest.raises(DataError) as caught:
        model.fit(value, [[1.0], [2.0]], loss="mse")
    assert said in str(caught.value)
