"""Substitution: the same graph on other nodes, as when models nest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from chainrule.calls import calls
from chainrule.graph import topological
from chainrule.node import Node
from chainrule.scopes import Scope, scope_of_new_nodes


def substitute(
    outputs: Sequence[Node],
    replaced: Mapping[Node, Node],
    *,
    after: Mapping[Node, Callable[[Node], Node]] | None = None,
    inside: tuple[Scope, ...] = (),
) -> list[Node]:
    """Build `outputs` again with some nodes replaced; what is unaffected is shared.

    Args:
        outputs: the nodes to build again.
        replaced: node → the node to use in its place.
        after: node → a function to apply to what the node becomes; its result is used
            in the node's place.
        inside: scopes to put around those of new nodes.

    Raises:
        ShapeError: a replacement has a shape that its consumers cannot take.
    """
    after = after or {}
    done = dict(replaced)
    copies: dict[Node, Node] = {}
    with scope_of_new_nodes() as set_scope:
        for node in topological(outputs, known=replaced):
            set_scope((*inside, *node.scope))
            inputs = tuple([done[x] for x in node.inputs])
            made = node
            if node.op is not None and inputs != node.inputs:
                made = node.op(*inputs)
                made.name = node.name
                copies[node] = made
            done[node] = after[node](made) if node in after else made
    _copy_calls(copies, done)
    return [done[output] for output in outputs]


def _copy_calls(copies: Mapping[Node, Node], done: Mapping[Node, Node]) -> None:
    """Record for the copies the calls that returned the originals."""
    operands: dict[int, tuple[Node, ...]] = {}
    for node, made in copies.items():
        if node in calls:
            call = calls[node]
            moved = tuple(done.get(x, x) for x in call.inputs)
            same = operands.setdefault(id(call.inputs), moved)  # for all its outputs
            calls[made] = call._replace(inputs=same)
