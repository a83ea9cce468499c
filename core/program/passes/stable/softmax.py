"""Softmax, written by hand in one of the ways in which broadcasting allows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from chainrule.node import Node
from chainrule.ops import (
    BroadcastTo,
    Div,
    Exp,
    ExpandDims,
    Identity,
    Mul,
    Reshape,
    Softmax,
    Squeeze,
    Sum,
    exp,
    mul,
    reshape,
)  # fmt: skip
from chainrule.ops import sum as sum_over
from chainrule.program.passes.rule import Source, rule

Axes: TypeAlias = tuple[int | None, ...]
"""For each axis of a node, the axis of another that it runs along; None: it repeats."""


def _by_hand(some: Source) -> Node:
    e = exp(some.array())
    axis = some.pick([0, e.ndim - 1])
    total = sum_over(e, axis, keepdims=True)
    flat = sum_over(e, axis)
    kept = reshape(flat, total.shape)
    below = [total, kept, flat] if e.ndim == 1 or axis == 0 else [total, kept]
    top = some.pick([e, e, e * some.like(e), some.like(e) * e])
    return top / some.pick(below)


@rule(Div, example=_by_hand)
def _softmax(node: Node) -> Node | None:
    """(x · eᶻ) / Σ eᶻ = x · softmax(z), the sum over one axis and beside it."""
    above, below = node.inputs
    total = total_of(below)
    if total is None or not _is_beside(below, total):
        return None
    (e,) = total.inputs
    share = Softmax(total.op.axes[0])(e.inputs[0])  # type: ignore[union-attr]
    if node.shape != e.shape:
        return None
    if above is e:
        return share
    if isinstance(above.op, Mul):
        for x, y in (above.inputs, above.inputs[::-1]):
            if y is e:
                return mul(x, share)
    return None


def _by_hand_in_another_order(some: Source) -> Node:
    e = exp(some.array())
    total = sum_over(e, some.pick([0, e.ndim - 1]), keepdims=True)
    return (some.pick([some.like(e), some.like(e), e]) / total) * e


@rule(Mul, example=_by_hand_in_another_order)
def _weighted(node: Node) -> Node | None:
    """(x / Σ eᶻ) · eᶻ = x · softmax(z), the sum over one axis and beside it."""
    for quotient, e in (node.inputs, node.inputs[::-1]):
        if not isinstance(quotient.op, Div) or not isinstance(e.op, Exp):
            continue
        x, below = quotient.inputs
        total = total_of(below)
        if total is None or total.inputs[0] is not e or node.shape != e.shape:
            continue
        if quotient.ndim <= e.ndim and _is_beside(below, total):
            return mul(x, Softmax(total.op.axes[0])(e.inputs[0]))  # type: ignore[union-attr]
    return None


def total_of(below: Node) -> Node | None:
    """Return the sum of exponentials over one axis that a denominator repeats."""
    while isinstance(below.op, (BroadcastTo, ExpandDims, Squeeze, Reshape, Identity)):
        (below,) = below.inputs
    if not isinstance(below.op, Sum) or len(below.op.axes) != 1:
        return None
    return below if isinstance(below.inputs[0].op, Exp) else None


def _is_beside(below: Node, total: Node) -> bool:
    """Whether each element of e is divided by the sum that it is part of."""
    (e,) = total.inputs
    axes = _axes(below, total)
    if axes is None or below.ndim > e.ndim:
        return False
    first = e.ndim - below.ndim
    return all(axis in (None, i) for i, axis in enumerate(axes, first))


def _axes(below: Node, total: Node) -> Axes | None:
    """Return along which axes of what is summed the axes of a denominator run."""
    path = [below]
    while path[-1] is not total:
        path.append(path[-1].inputs[0])
    assert isinstance(total.op, Sum)
    axes: Axes | None = tuple(
        None if i in total.op.axes else i
        for i in range(total.inputs[0].ndim)
        if total.op.keepdims or i not in total.op.axes
    )
    for node in reversed(path[:-1]):
        if axes is not None:
            axes = _moved(axes, node)
    return axes


def _moved(axes: Axes, node: Node) -> Axes | None:
    """Return what becomes of the axes when a node repeats, adds or drops some."""
    (x,) = node.inputs
    if isinstance(node.op, BroadcastTo):
        return (None,) * (node.ndim - x.ndim) + axes
    if isinstance(node.op, Identity):
        return axes
    long = [a for a, size in zip(axes, x.shape, strict=True) if size != 1]
    if _without_ones(x.shape) != _without_ones(node.shape):
        return None
    return tuple(None if size == 1 else long.pop(0) for size in node.shape)


def _without_ones(shape: Sequence[int | None]) -> list[int | None]:
    return [size for size in shape if size != 1]


SOFTMAX = (_softmax, _weighted)
