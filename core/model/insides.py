"""The nodes inside of calls of layers, found again by their place in the call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from chainrule.calls import calls, of_one_call
from chainrule.graph import topological
from chainrule.node import Input, Node, Parameter

Places: TypeAlias = Mapping[Node, tuple[Node, int]]
"""Node → the result of the call that it is inside of, and its place in that call."""


def inside_of(result: Node) -> list[Node]:
    """List the nodes that a call made on the way to its result, operands first.

    A layer that is called again makes the same ones in the same order.
    """
    given = set(calls[result].inputs)
    order: list[Node] = []
    done = {*given}
    stack = [(result, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif node not in done:
            done.add(node)
            stack.append((node, True))
            stack += [(x, False) for x in reversed(node.inputs)]
    return order[:-1]


def places_inside(outputs: Sequence[Node]) -> dict[Node, tuple[Node, int]]:
    """Find the nodes inside of calls that are also used outside.

    Those are weights that are tied, and what derivatives of a layer are computed from.
    """
    order = topological(outputs)
    inside: dict[Node, list[tuple[Node, int]]] = {}
    for node in reversed(order):
        if node in calls and node not in inside:
            for place, found in enumerate(inside_of(node)):
                if not of_one_call(found, node):
                    inside.setdefault(found, []).append((node, place))
    places = {}
    for node in dict.fromkeys(_used_outside(outputs, order, inside)):
        first = _first(node, inside[node])
        if first and not isinstance(node, Input):
            places[node] = first
    return places


def _used_outside(
    outputs: Sequence[Node],
    order: Sequence[Node],
    inside: Mapping[Node, Sequence[tuple[Node, int]]],
) -> Iterator[Node]:
    users = [node for node in order if node not in inside]
    operands = (calls[n].inputs if n in calls else n.inputs for n in users)
    for group in (outputs, *operands):
        yield from (x for x in group if x in inside)


def _first(node: Node, found: Sequence[tuple[Node, int]]) -> tuple[Node, int] | None:
    """Return the first call that a node is inside of and that does not depend on it."""
    for result, place in reversed(found):
        if not isinstance(node, Parameter) or node not in topological(
            calls[result].inputs
        ):
            return result, place
    return None
