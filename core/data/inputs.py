"""Values for inputs: numbers of the right dtype, in arrays of the right shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chainrule.data.arrays import Array, as_numbers, as_rows, check_same_length
from chainrule.data.parts import one_each
from chainrule.errors import DataError, did_you_mean, shown
from chainrule.graph import topological
from chainrule.node import Input, Node
from chainrule.shapes import Shape, shape_fits, shape_text


def examples_for(
    inputs: Sequence[Input], outputs: Sequence[Node], x: Any, floats: str = "float32"
) -> list[Array]:
    """Return the rows of examples for each input of a model.

    Several inputs are given as a list, or as a mapping from their names. The first axis
    counts the examples, even if the input declares a size there. `floats` is the NumPy
    dtype of floats.

    Raises:
        DataError: wrong shape, no rows, text, NaN or infinity (named by row and
            column), or inputs of different lengths.
    """
    parts = one_each(x, [leaf.name or "x" for leaf in inputs], "input")
    arrays = []
    for leaf, part in zip(inputs, parts, strict=True):
        name = "x" if len(inputs) == 1 else f"x[{leaf.name!r}]"
        array = as_rows(part, name, leaf.dtype, floats)
        wanted = (None, *leaf.shape[1:]) if leaf.shape else ()
        _check_shape(array, wanted, name, leaf, outputs)
        arrays.append(array)
    check_same_length({f"x[{i}]": array for i, array in enumerate(arrays)})
    return arrays


def values_for(
    inputs: Sequence[Input], outputs: Sequence[Node], values: Any
) -> dict[Input, Array]:
    """Return the value of each input, given by input or by name.

    Values of other inputs are left out.

    Raises:
        DataError: an input without a value, a name that no input has, text, or a wrong
            shape.
    """
    if not isinstance(values, Mapping):
        raise DataError(
            "values must be a mapping from inputs or their names, {x: …}, got "
            f"{type(values).__name__}"
        )
    by_name = {leaf.name: leaf for leaf in inputs}
    given: dict[Input, Array] = {}
    for key, value in values.items():
        leaf = by_name.get(key) if isinstance(key, str) else key
        if isinstance(key, str) and leaf is None:
            known = [name for name in by_name if name]
            raise DataError(f"no input named {key!r}.{did_you_mean(key, known)}")
        if not isinstance(leaf, Input):
            raise DataError(f"{shown(key)} was given a value, but is not an input")
        if leaf in inputs:
            name = leaf.name or "input"
            given[leaf] = as_numbers(value, name, leaf.dtype)
            _check_shape(given[leaf], leaf.shape, name, leaf, outputs)
    missing = [leaf for leaf in inputs if leaf not in given]
    if missing:
        listed = ", ".join(
            f"{leaf.name} of shape {shape_text(leaf.shape)}" for leaf in missing
        )
        each = ", ".join(f"{leaf.name}: …" for leaf in missing)
        raise DataError(
            f"no value was given for input {listed}; give values by input or by name, "
            f"as in {{{each}}}"
        )
    return given


def shape_of_examples(x: Any) -> Shape:
    """Return the shape of examples, with an open number of rows.

    Raises:
        DataError: there is only one axis.
    """
    (given,) = one_each(x, ["x"], "input")
    array = as_rows(given, "x")
    if array.ndim < 2:
        raise DataError(
            f"x must have one row for each example, got shape {array.shape}; write "
            "x[:, None] if there is one feature, x[None] if this is one example"
        )
    return (None, *array.shape[1:])


def _check_shape(
    array: Array, wanted: Shape, name: str, leaf: Input, outputs: Sequence[Node]
) -> None:
    if shape_fits(array.shape, wanted):
        return
    consumer = _consumer(leaf, outputs)
    if array.ndim != len(wanted):
        hint = ""
        if wanted[:1] == (None,) and shape_fits(array.shape, wanted[1:]):
            hint = f"; one example still needs a batch axis: {name}[None]"
        elif (array.ndim, len(wanted)) == (1, 2):
            hint = f"; a column is {name}[:, None]"
        raise DataError(
            f"{consumer}: expected {name} of shape {shape_text(wanted)}, "
            f"got {array.shape}{hint}"
        )
    axis = next(i for i in range(array.ndim) if wanted[i] not in (None, array.shape[i]))
    what = "features" if axis == 1 and array.ndim == 2 else f"along axis {axis}"
    raise DataError(
        f"{consumer}: expected {wanted[axis]} {what}, got {array.shape[axis]} "
        f"({name} has shape {array.shape})"
    )


def _consumer(leaf: Input, outputs: Sequence[Node]) -> str:
    """Return the name of the first layer that takes an input, or of the input."""
    for node in topological(outputs):
        if leaf in node.inputs and node.scope:
            return node.scope[0].title
    return f"input {leaf.name}"
