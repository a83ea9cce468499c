"""One walk that rebuilds a graph from its leaves, applying local rules on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

from chainrule.graph import topological
from chainrule.node import Node
from chainrule.ops import Op
from chainrule.scopes import scope_of_new_nodes

Rule: TypeAlias = Callable[[Node], Node | None]
"""Returns what a node should become, or None to leave it as it is."""
Rules: TypeAlias = Mapping[type[Op], Sequence[Rule]]


_watched: ContextVar[dict[Node, Node] | None] = ContextVar("watched", default=None)


@contextmanager
def watched() -> Iterator[dict[Node, Node]]:
    """In the block note what passes make of nodes, one pass after the other."""
    became: dict[Node, Node] = {}
    token = _watched.set(became)
    try:
        yield became
    finally:
        _watched.reset(token)


def results(roots: Sequence[Node], done: Mapping[Node, Node]) -> list[Node]:
    """Return what a pass made of the roots; `done` says what it made of every node."""
    became = _watched.get()
    if became is not None:
        became.update((old, new) for old, new in done.items() if new is not old)
    return [done[root] for root in roots]


def merged(*tables: Rules) -> Rules:
    """Return one table with the rules of all; those of the first are tried first."""
    return {
        op: tuple(rule for table in tables for rule in table.get(op, ()))
        for op in dict.fromkeys(op for table in tables for op in table)
    }


def with_inputs(node: Node, inputs: tuple[Node, ...]) -> Node:
    """Return a copy of a node with other inputs of the same shapes."""
    return _copied(node, node.op, inputs)


def with_op(node: Node, op: Op) -> Node:
    """Return a copy of a node with another op, with the same result's shape."""
    return _copied(node, op, node.inputs)


def _copied(node: Node, op: Op | None, inputs: tuple[Node, ...]) -> Node:
    copy = Node(op, inputs, node.shape, node.dtype, node.name)
    copy.scope = node.scope
    copy.origin = node.origin
    return copy


def rewrite(roots: Sequence[Node], rules: Rules, sweeps: int = 6) -> list[Node]:
    """Apply `rules` bottom-up, again and again until nothing changes.

    The rules of an op are tried in order; each node that a rule returns is tried again.
    """
    current = list(roots)
    for _ in range(sweeps):
        new = _sweep(current, rules)
        if all(a is b for a, b in zip(new, current, strict=True)):
            return new
        current = new
    return current


def _sweep(roots: Sequence[Node], rules: Rules) -> list[Node]:
    done: dict[Node, Node] = {}
    with scope_of_new_nodes() as inside:
        for node in topological(roots):
            if not node.inputs and (node.op is None or type(node.op) not in rules):
                done[node] = node
                continue
            inputs = tuple([done[x] for x in node.inputs])
            made = node if inputs == node.inputs else with_inputs(node, inputs)
            if type(made.op) in rules:
                inside(node.scope)
                made = _settle(made, rules)
            done[node] = made
    return results(roots, done)


def _settle(node: Node, rules: Rules) -> Node:
    changed = True
    while changed and node.op is not None:
        changed = False
        for rule in rules.get(type(node.op), ()):
            result = rule(node)
            if result is not None and result is not node:
                node, changed = result, True
                break
    return node
