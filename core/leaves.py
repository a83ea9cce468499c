"""Making leaves of the graph: inputs, parameters and constants."""

from __future__ import annotations

import numpy.typing as npt

from chainrule.annotations import Name
from chainrule.arguments import checked, made_unchecked
from chainrule.dtypes import Dtype
from chainrule.node import Constant, Input, Parameter
from chainrule.shapes import Sizes


@checked
def input(name: Name, shape: Sizes = (), dtype: Dtype = "float") -> Input:
    """Make an input: a leaf that is fed at run time.

    Args:
        name: what to call it in diagrams, messages and feeds.
        shape: sizes; None is open, such as the batch in ``(None, 64)``.
        dtype: ``"float"``, ``"int"`` or ``"bool"``.

    Raises:
        ArgumentError: the name is empty or not a string, or the dtype is not one of
            those.
        ShapeError: the shape is not a tuple of sizes.
    """
    return made_unchecked(Input, name, shape, dtype)


@checked
def parameter(name: Name, value: npt.ArrayLike, *, trainable: bool = True) -> Parameter:
    """Make a parameter: a leaf with a value that training may change.

    Raises:
        GraphError: the value is not an array of numbers.
    """
    return made_unchecked(Parameter, name, value, trainable=trainable)


@checked
def constant(value: npt.ArrayLike, name: Name | None = None) -> Constant:
    """Make a constant: a leaf whose value never changes.

    Raises:
        GraphError: the value is not an array of numbers.
    """
    return made_unchecked(Constant, value, name)
