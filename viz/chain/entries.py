"""The graph of single numbers between one entry of a node and the loss.

Where tensors hide thousands of paths, a path runs from number to number: an `Entry` is
one number of one node's value. Only what the chosen entry reaches is looked at. The
slope of an edge is ∂(entry of y)/∂(entry of x): the printed local derivative for
elementwise ops, and otherwise a column of the op's Jacobian.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from chainrule.autodiff import Backward
from chainrule.errors import GraphError
from chainrule.graph import topological
from chainrule.node import Node, Parameter
from chainrule.ops.linalg import Matmul
from chainrule.viz.chain.jacobian import jacobian_product
from chainrule.viz.values import Values

MOST_ENTRIES = 20_000
"""Numbers that one explanation looks at."""


class Entry(NamedTuple):
    """One number of a node's value, counted as in ``value.reshape(-1)``."""

    node: Node
    flat: int

    def value(self, values: Values) -> float:
        """Return the number."""
        return float(values[self.node].reshape(-1)[self.flat])


class EntryEdge(NamedTuple):
    """The edge from one number to another that uses it."""

    source: Entry
    target: Entry
    slope: float
    """∂target/∂source."""
    position: int
    """Which operand of the target's op the source belongs to."""


@dataclass(frozen=True)
class EntryGraph:
    """All edges on the way from one number to the loss.

    Attributes:
        start: the number that is explained.
        end: the loss.
        order: the entries in topological order.
        into: entry → the edges that arrive there.
    """

    start: Entry
    end: Entry
    order: Sequence[Entry]
    into: Mapping[Entry, Sequence[EntryEdge]]


def find_entry(node: Node, value: npt.NDArray[Any], index: tuple[int, ...]) -> Entry:
    """Return the entry of a node at an index.

    Raises:
        GraphError: the node has no such entry, or several and none was chosen.
    """
    if index == () and value.size == 1:
        return Entry(node, 0)
    inside = len(index) == value.ndim and all(
        -size <= i < size for i, size in zip(index, value.shape, strict=True)
    )
    if not inside:
        what = "parameter" if isinstance(node, Parameter) else "node"
        raise GraphError(
            f"index must be an entry of {what} {node.name or '?'} of shape "
            f"{value.shape}, got {index!r}; write e.g. index={(0,) * value.ndim}"
        )
    positive = [i % size for i, size in zip(index, value.shape, strict=True)]
    numbers = np.arange(value.size).reshape(value.shape)
    return Entry(node, int(numbers[tuple(positive)]))


def entry_graph(sweep: Backward, start: Entry, values: Values) -> EntryGraph:
    """Follow one number forward to the loss.

    Raises:
        GraphError: it reaches more numbers than an explanation can hold.
    """
    order = topological([sweep.loss])
    reached: dict[Node, list[int]] = {start.node: [start.flat]}
    edges: list[EntryEdge] = []
    count = 1
    for y in order:
        operands = [
            (position, x)
            for position, x in enumerate(y.inputs)
            if x in reached and (y, position) in sweep.contribution
        ]
        found: dict[int, None] = {}
        for position, x in operands:
            for edge in _edges(sweep, y, position, reached[x], values):
                edges.append(edge)
                found[edge.target.flat] = None
        if found:
            reached[y] = sorted(found)
            count += len(found)
        if count > MOST_ENTRIES:
            raise GraphError(
                f"this number reaches more than {MOST_ENTRIES} others before the loss: "
                "explain it for fewer examples, such as a batch of one"
            )
    end = Entry(sweep.loss, 0)
    into = _leading_to(end, edges)
    useful = {end, *(edge.source for arriving in into.values() for edge in arriving)}
    entries = [Entry(node, flat) for node in order for flat in reached.get(node, ())]
    return EntryGraph(start, end, [e for e in entries if e in useful], into)


def _leading_to(end: Entry, edges: Sequence[EntryEdge]) -> dict[Entry, list[EntryEdge]]:
    """Return the edges from which an entry can be reached, by where they arrive."""
    into: dict[Entry, list[EntryEdge]] = {}
    useful = {end}
    for edge in reversed(edges):
        if edge.target in useful:
            useful.add(edge.source)
            into.setdefault(edge.target, []).append(edge)
    return {target: arriving[::-1] for target, arriving in into.items()}


def _edges(
    sweep: Backward, y: Node, position: int, entries: Sequence[int], values: Values
) -> list[EntryEdge]:
    """Return the edges from some entries of an operand to what they reach in y."""
    x = y.inputs[position]
    local = sweep.local.get((y, position))
    shape = values[y].shape
    if local is not None:
        known = values[local] if isinstance(local, Node) else local
        slopes = np.broadcast_to(known, shape).reshape(-1)
        targets = _copies(values[x].shape, shape)
        return [
            EntryEdge(Entry(x, i), Entry(y, k), float(slopes[k]), position)
            for i in entries
            for k in targets(i)
        ]
    found = []
    product = jacobian_product(y, position, values)
    for i in entries:
        direction = np.zeros(values[x].shape)
        direction.reshape(-1)[i] = 1.0
        column = product(direction).reshape(-1)
        found += [
            EntryEdge(Entry(x, i), Entry(y, int(k)), float(column[k]), position)
            for k in _reached(y, position, direction, column, values)
        ]
    return found


def _copies(
    shape: tuple[int, ...], wide: tuple[int, ...]
) -> Callable[[int], Sequence[int]]:
    """Return the function from an entry to those that broadcasting makes of it."""
    if shape == wide:
        return lambda entry: (entry,)
    numbers = np.arange(math.prod(shape)).reshape(shape)
    source = np.broadcast_to(numbers, wide).reshape(-1)
    return lambda entry: np.flatnonzero(source == entry).tolist()


def _reached(
    y: Node,
    position: int,
    direction: npt.NDArray[Any],
    column: npt.NDArray[Any],
    values: Values,
) -> npt.NDArray[Any]:
    """Return which numbers of y depend on one of an operand.

    In a matrix product the value of the other factor does not matter, even if it is 0:
    a unit that is off hides no path.
    """
    if not isinstance(y.op, Matmul):
        return np.flatnonzero(column)
    factors = [np.ones(values[x].shape) for x in y.inputs]
    factors[position] = direction
    transposed = (y.op.transpose_a, y.op.transpose_b)
    a, b = (
        np.swapaxes(factor, -1, -2) if turned else factor
        for factor, turned in zip(factors, transposed, strict=True)
    )
    return np.flatnonzero(a @ b)
