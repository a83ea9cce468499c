"""Vectors: the numbers of a node for one example, and which of others they are.

Every node is the flat list of its numbers, without the axis of the examples. A view has
the numbers of its operand, a rearrangement some of them in another order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule.errors import GraphError
from chainrule.node import Node, Parameter, describe
from chainrule.ops import (
    AlsoUpdate,
    BroadcastLike,
    BroadcastTo,
    Concatenate,
    Count,
    Elementwise,
    ExpandDims,
    Identity,
    LogSoftmax,
    Reshape,
    ReshapeLike,
    Slice,
    Softmax,
    Squeeze,
    StopGradient,
    Training,
    Transpose,
    Uniform,
    ZerosLike,
)
from chainrule.ops.reductions import Reduction

Places: TypeAlias = npt.NDArray[np.int_]
"""For each number of a node, which number of something else it is."""

_VIEWS = (
    AlsoUpdate, ExpandDims, Identity, Reshape, ReshapeLike, Squeeze, StopGradient,
    Training,
)  # fmt: skip
_REARRANGED = (BroadcastLike, BroadcastTo, Concatenate, Slice, Transpose)
_LIKE = (BroadcastLike, ReshapeLike, AlsoUpdate)
"""Only the numbers of the first operand are read."""


def refusal(node: Node, why: str) -> GraphError:
    """Return the error that says why a node cannot be drawn as units."""
    return GraphError(
        f"level='neuron' draws units with the values of one example, but "
        f"{describe(node)} {why}; use level='op'"
    )


def operands(node: Node, training: bool) -> tuple[Node, ...]:
    """Return the nodes whose numbers a node is computed from."""
    if isinstance(node.op, (Count, Uniform, ZerosLike)):
        return ()
    if isinstance(node.op, Training):
        return (node.inputs[0 if training else 1],)
    return node.inputs[:1] if isinstance(node.op, _LIKE) else node.inputs


def is_view(node: Node) -> bool:
    """Whether a node has the numbers of its operand, in the same order."""
    return isinstance(node.op, _VIEWS) and not (
        isinstance(node.op, Identity) and node.name
    )


def is_rearranged(node: Node) -> bool:
    """Whether a node has numbers of its operands, in another order."""
    return isinstance(node.op, _REARRANGED)


def is_entrywise(node: Node) -> bool:
    """Whether each number of a node depends on one number of each operand."""
    return isinstance(node.op, Elementwise) and not is_view(node)


def is_mixing(node: Node) -> bool:
    """Whether each number of a node depends on several of its operand."""
    return isinstance(node.op, (Reduction, Softmax, LogSoftmax))


def has_examples(node: Node) -> bool:
    """Whether the first axis of a node counts examples."""
    return node.shape[:1] == (None,)


def one_shape(node: Node) -> tuple[int, ...]:
    """Return the shape that a node has for one example.

    Raises:
        GraphError: another axis is open.
    """
    shape = node.shape[1:] if has_examples(node) else node.shape
    if None in shape:
        raise refusal(node, "has a size that is not known")
    return tuple(size or 0 for size in shape)


def width(node: Node) -> int:
    """Return how many numbers a node has for one example."""
    return math.prod(one_shape(node))


def check_example(node: Node, training: bool) -> None:
    """Raise a `GraphError` if one example of a node depends on others of the batch."""
    for x in operands(node, training):
        if not has_examples(x):
            continue
        if (
            not has_examples(node)
            or (is_entrywise(node) and x.ndim != node.ndim)
            or (isinstance(node.op, (Softmax, LogSoftmax)) and not node.op.axis)
        ):
            raise refusal(node, "mixes the examples of a batch")
        if isinstance(node.op, (Slice, Concatenate)) and _cuts_examples(node):
            raise refusal(node, "takes some examples of a batch")
        if isinstance(node.op, Transpose) and node.op.axes[0]:
            raise refusal(node, "moves the axis of the examples")


def _cuts_examples(node: Node) -> bool:
    if isinstance(node.op, Concatenate):
        return node.op.axis == 0
    assert isinstance(node.op, Slice)
    return node.op.ranges[0] != (0, None, 1)


def numbered(node: Node) -> Places:
    """Return the numbers of a node, counted, in its shape for one example."""
    return np.arange(width(node)).reshape(one_shape(node))


def aligned(places: Places, node: Node) -> Places:
    """Return what each number of an entrywise result reads of an operand."""
    try:
        return np.broadcast_to(places, one_shape(node))
    except ValueError:
        raise refusal(node, "repeats the numbers of an example") from None


def rearranged(node: Node, parts: Sequence[Places]) -> Places:
    """Return what a view or a rearrangement makes of its operands' places."""
    op, shift, first = node.op, int(has_examples(node)), parts[0]
    if isinstance(op, Concatenate):
        return np.concatenate(parts, op.axis - shift)
    if isinstance(op, Transpose):
        return first.transpose([axis - shift for axis in op.axes[shift:]])
    if isinstance(op, Slice):
        return first[tuple(slice(*each) for each in op.ranges[shift:])]
    return aligned(first, node) if is_rearranged(node) else first.reshape(
        one_shape(node)
    )  # fmt: skip


def weights_of(node: Node) -> tuple[Parameter, Places] | None:
    """Return the parameter whose numbers a node has, and which; None if none."""
    if isinstance(node, Parameter):
        return node, numbered(node)
    if not (is_view(node) or isinstance(node.op, (Slice, Transpose))):
        return None
    found = weights_of(node.inputs[0])
    return None if found is None else (found[0], rearranged(node, [found[1]]))


def axes_of(node: Node) -> tuple[int, ...]:
    """Return the axes of one example along which a mixing node mixes."""
    assert isinstance(node.op, (Reduction, Softmax, LogSoftmax))
    axes = node.op.axes if isinstance(node.op, Reduction) else (node.op.axis,)
    return tuple(axis - int(has_examples(node.inputs[0])) for axis in axes)
