"""Credit: which nodes of a graph that somebody built the lowered nodes work for."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Literal, TypeAlias

from chainrule.graph import topological
from chainrule.node import Node, Origin
from chainrule.profile.work import Work

Credit: TypeAlias = tuple[Node, Literal["forward", "backward"]]
"""A node, and whether its value is computed, or the gradients that it passes on."""


def credited(work: Work, known: Container[Node]) -> dict[Node, Credit]:
    """Return what the nodes of a lowered program work for, as far as that is known.

    A lowered node has the credit of the node whose value it has; one that has nobody's
    value, of what reads it. A gradient that comes along an edge is credited to the
    consumer at the edge's end. What only loss, metrics and optimizer need is left out,
    unless they are known too.

    Args:
        work: the program.
        known: the nodes to give credit to, such as those of a model; nodes of the
            lowered program itself can be among them.
    """
    built = _as_built(work, known)
    found: dict[Node, Credit | None] = {}
    for node in reversed(work.order):
        if node in known:
            found[node] = node, "forward"
            continue
        sources = work.sources.get(node, ())
        credits = [built[source] for source in sources if source in built]
        if not sources:
            credits = [found[r] for r in work.readers[node] if r in found]
        found[node] = next((credit for credit in credits if credit), None)
    return {node: credit for node, credit in found.items() if credit}


def _as_built(work: Work, known: Container[Node]) -> dict[Node, Credit | None]:
    """Return the credit of the nodes of a program before it was lowered."""
    order = topological(work.built)
    losses = [node.origin.loss for node in order if node.origin is not None]
    forward = _forward([*losses, *work.program.outputs, *work.program.totals])
    readers: dict[Node, list[Node]] = {}
    for node in order:
        for x in node.inputs:
            readers.setdefault(x, []).append(node)
    found: dict[Node, Credit | None] = {}
    for node in reversed(order):
        if node in known:
            found[node] = node, "forward"
        elif node.origin is not None:
            at = _passed_on_by(node.origin, readers)
            found[node] = next(((n, "backward") for n in at if n in known), None)
        elif node in forward or node not in readers:
            found[node] = None
        else:
            found[node] = found[readers[node][0]]
    return found


def _forward(outputs: Sequence[Node]) -> set[Node]:
    """Return what outputs depend on, but for gradients and what those depend on."""
    found: set[Node] = set()
    waiting = list(outputs)
    while waiting:
        node = waiting.pop()
        if node not in found and node.origin is None:
            found.add(node)
            waiting += node.inputs
    return found


def _passed_on_by(origin: Origin, readers: Mapping[Node, list[Node]]) -> list[Node]:
    """Return the consumers along whose edges a gradient came."""
    return readers[origin.of] if origin.consumer is None else [origin.consumer]
