"""The graph of single numbers between one weight and the loss.

Where tensors hide thousands of paths, a path runs from number to number: an `Element`
is one entry of one node's value. Only what the chosen entry reaches is looked at. The
derivative along each edge is ∂(entry of y)/∂(entry of x): the printed local derivative
for elementwise ops, and otherwise the op's own vjp, turned around by differentiating it
once more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from chainrule.autodiff import Backward, grad
from chainrule.errors import GradientError, GraphError
from chainrule.graph import topological
from chainrule.node import Constant, Input, Node, Parameter
from chainrule.ops import identity, mul, sum
from chainrule.ops.control import AlsoUpdate
from chainrule.ops.linalg import Matmul
from chainrule.viz.values import Values, trace

MOST = 20_000
"""Elements that one explanation looks at."""


class Element(NamedTuple):
    """One number: an entry of a node's value, counted as in ``value.reshape(-1)``."""

    node: Node
    entry: int


class Step(NamedTuple):
    """The edge from one number to another that uses it."""

    source: Element
    target: Element
    slope: float
    """∂target/∂source."""
    position: int
    """Which operand of the target's op the source is."""


@dataclass
class Elements:
    """All steps on the way from one number to the loss.

    Attributes:
        start: where it begins.
        end: the loss.
        order: the elements, each behind all that it depends on.
        into: for each element, the steps that arrive there.
    """

    start: Element
    end: Element
    order: list[Element] = field(default_factory=list)
    into: dict[Element, list[Step]] = field(default_factory=dict)


def elements(
    sweep: Backward, start: Element, values: Values, feeds: Mapping[Any, Any]
) -> Elements:
    """Follow one number forward to the loss.

    Raises:
        GraphError: it reaches more numbers than an explanation can hold.
    """
    order = topological([sweep.loss])
    reached: dict[Node, list[int]] = {start.node: [start.entry]}
    steps: list[Step] = []
    count = 1
    for y in order:
        edges = [
            (position, x)
            for position, x in enumerate(y.inputs)
            if x in reached and (y, position) in sweep.contribution
        ]
        entries: dict[int, None] = {}
        for position, x in edges:
            for step in _steps(sweep, y, position, x, reached[x], values):
                steps.append(step)
                entries[step.target.entry] = None
        if entries:
            reached[y] = sorted(entries)
            count += len(entries)
        if count > MOST:
            raise GraphError(
                f"this number reaches more than {MOST} others before the loss: "
                "explain it for fewer examples, such as a batch of one"
            )
    return _leading_to_end(steps, start, Element(sweep.loss, 0), reached, order)


def _leading_to_end(
    steps: list[Step],
    start: Element,
    end: Element,
    reached: Mapping[Node, list[int]],
    order: list[Node],
) -> Elements:
    """Keep the steps from which the loss can be reached."""
    into: dict[Element, list[Step]] = {}
    useful = {end}
    for step in reversed(steps):
        if step.target in useful:
            useful.add(step.source)
            into.setdefault(step.target, []).append(step)
    for arriving in into.values():
        arriving.reverse()
    sequence = [
        Element(node, entry)
        for node in order
        for entry in reached.get(node, ())
        if Element(node, entry) in useful
    ]
    return Elements(start, end, sequence, into)


def _steps(
    sweep: Backward, y: Node, position: int, x: Node, entries: list[int], values: Values
) -> list[Step]:
    local = sweep.local.get((y, position))
    shape = values[y].shape
    if local is not None:
        known = values[local] if isinstance(local, Node) else local
        slopes = np.broadcast_to(known, shape).reshape(-1)
        targets = _copies(values[x].shape, shape)
        return [
            Step(Element(x, i), Element(y, k), float(slopes[k]), position)
            for i in entries
            for k in targets(i)
        ]
    found = []
    columns = _columns(y, position, values)
    for i in entries:
        seed = np.zeros(values[x].size)
        seed[i] = 1.0
        direction = seed.reshape(values[x].shape)
        column = columns(direction).reshape(-1)
        found += [
            Step(Element(x, i), Element(y, int(k)), float(column[k]), position)
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

    In a product that is so whatever the other factor is, even 0: a unit that is off
    hides no path.
    """
    if not isinstance(y.op, Matmul):
        return np.flatnonzero(column)
    factors = [np.ones(values[x].shape) for x in y.inputs]
    factors[position] = direction
    turned = (y.op.transpose_a, y.op.transpose_b)
    a, b = (np.swapaxes(f, -1, -2) if t else f
            for f, t in zip(factors, turned, strict=True))  # fmt: skip
    return np.flatnonzero(a @ b)


def _columns(y: Node, position: int, values: Values) -> Any:
    """Return the function u ↦ (∂y/∂x) u for one operand of one op.

    vjp(g) is linear in g, so its derivative with respect to g, applied to u, is that.
    """
    from chainrule.execution import open_backend
    from chainrule.program import Program

    assert y.op is not None
    if isinstance(y.op, AlsoUpdate):
        return lambda u: u
    leaves: list[Node] = []
    feeds: dict[Input, npt.NDArray[Any]] = {}
    for i, x in enumerate(y.inputs):
        if isinstance(x, Constant):
            leaves.append(x)
            continue
        leaf = Input(f"x{i}", values[x].shape, x.dtype)
        leaves.append(leaf)
        feeds[leaf] = values[x]
    op: Any = y.op
    again = op(*leaves)
    g, u = Input("g", again.shape), Input("u", leaves[position].shape)
    feeds[g] = np.zeros(again.shape)
    try:
        (part,) = grad(sum(mul(again, g)), [leaves[position]])
        (column,) = grad(sum(mul(part, u)), [g])
    except GradientError:
        return lambda u: np.zeros(values[y].size)

    shapes = {leaf: value.shape for leaf, value in feeds.items()}
    shapes[u] = values[y.inputs[position]].shape
    program = Program(outputs=[identity(column)], shapes=shapes, dtype="float64")
    executable = open_backend(None).compile(program)
    for leaf, value in feeds.items():
        executable.put(leaf, value)

    def apply(direction: npt.NDArray[Any]) -> npt.NDArray[Any]:
        executable.put(u, direction)
        executable.run()
        return executable.fetch(0)

    return apply


def values_for(sweep: Backward, feeds: Mapping[Any, Any], seed: int) -> Values:
    """Evaluate every forward node and every local derivative, in one run."""
    forward = topological([sweep.loss])
    local = [node for node in sweep.local.values() if isinstance(node, Node)]
    return trace([*forward, *local, *sweep.gradient.values()], feeds, seed)


def entry_of(w: Node, value: npt.NDArray[Any], index: tuple[int, ...]) -> int:
    """Return the flat number of an entry.

    Raises:
        GraphError: the node has no such entry, or several and none was chosen.
    """
    if index == () and value.size == 1:
        return 0
    inside = len(index) == value.ndim and all(
        -size <= i < size for i, size in zip(index, value.shape, strict=True)
    )
    if not inside:
        what = "parameter" if isinstance(w, Parameter) else "node"
        raise GraphError(
            f"{what} {w.name or '?'} has shape {value.shape}, index={index!r} is none "
            f"of its entries; write e.g. index={(0,) * value.ndim}"
        )
    positive = [i % s for i, s in zip(index, value.shape, strict=True)]
    return int(np.arange(value.size).reshape(value.shape)[tuple(positive)])
