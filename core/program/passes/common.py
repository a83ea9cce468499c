"""Common subexpressions: what is computed twice is computed once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainrule.graph import Constant, Node, topological
from chainrule.program.rewrite import with_inputs


def common(roots: Sequence[Node]) -> list[Node]:
    """Merge nodes with the same op, attributes and inputs, and equal constants."""
    seen: dict[Any, Node] = {}
    done: dict[Node, Node] = {}
    for node in topological(roots):
        if isinstance(node, Constant):
            value = node.value
            if value.size <= 64:
                key: Any = (value.dtype.str, value.shape, value.tobytes())
                done[node] = seen.setdefault(key, node)
            else:
                done[node] = node
        elif node.op is None:
            done[node] = node
        else:
            inputs = tuple([done[x] for x in node.inputs])
            key = (node.op.key, inputs, node.shape)
            found = seen.get(key)
            if found is None:
                found = node if inputs == node.inputs else with_inputs(node, inputs)
                seen[key] = found
            done[node] = found
    return [done[root] for root in roots]
