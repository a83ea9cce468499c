"""Attribution: the nodes of a graph that the nodes of a lowered program serve."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Literal, TypeAlias

from chainrule.graph import topological
from chainrule.node import Node, Origin
from chainrule.profile.work import Work
from chainrule.program.storage import readers

Purpose: TypeAlias = tuple[Node, Literal["forward", "backward"]]
"""A node, and whether its value is computed, or the gradients that it passes on."""


def purposes(work: Work, known: Container[Node]) -> dict[Node, Purpose]:
    """Return the purposes of the nodes of a lowered program, where they are known.

    A lowered node has the purpose of the node whose value it has; if there is no such
    node, the purpose of what reads it. A gradient that comes along an edge is
    attributed to the consumer at the edge's end. What only loss, metrics and optimizer
    need is left out, unless they are known too.

    Args:
        work: the program.
        known: the nodes that may be served, such as those of a model; nodes of the
            lowered program itself can be among them.
    """
    built = _as_built(work, known)
    found: dict[Node, Purpose | None] = {}
    for node in reversed(work.order):
        if node in known:
            found[node] = node, "forward"
            continue
        sources = work.sources.get(node, ())
        candidates = [built[source] for source in sources if source in built]
        if not sources:
            candidates = [found[r] for r in work.readers[node] if r in found]
        found[node] = next((purpose for purpose in candidates if purpose), None)
    return {node: purpose for node, purpose in found.items() if purpose}


def _as_built(work: Work, known: Container[Node]) -> dict[Node, Purpose | None]:
    """Return the purposes of the nodes of a program before it was lowered."""
    order = topological(work.built)
    read_by = readers(order)
    losses = [node.origin.loss for node in order if node.origin is not None]
    forward = _forward([*losses, *work.program.outputs, *work.program.totals])
    found: dict[Node, Purpose | None] = {}
    for node in reversed(order):
        if node in known:
            found[node] = node, "forward"
        elif node.origin is not None:
            at = _passed_on_by(node.origin, read_by)
            found[node] = next(((n, "backward") for n in at if n in known), None)
        elif node in forward or not read_by[node]:
            found[node] = None
        else:
            found[node] = found[read_by[node][0]]
    return found


def _forward(outputs: Sequence[Node]) -> set[Node]:
    """Return what outputs depend on, except gradients and what those depend on."""
    found: set[Node] = set()
    waiting = list(outputs)
    while waiting:
        node = waiting.pop()
        if node not in found and node.origin is None:
            found.add(node)
            waiting += node.inputs
    return found


def _passed_on_by(origin: Origin, read_by: Mapping[Node, list[Node]]) -> list[Node]:
    """Return the consumers along whose edges a gradient came."""
    return read_by[origin.of] if origin.consumer is None else [origin.consumer]
