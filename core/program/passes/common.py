"""Common subexpressions: what is computed twice is computed once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from chainrule.graph import topological
from chainrule.node import Constant, Node
from chainrule.ops import Elementwise
from chainrule.program.rewrite import results, with_inputs


def common(roots: Sequence[Node]) -> list[Node]:
    """Merge nodes with the same op, attributes and inputs, and equal constants.

    Integers among the operands of a formula of floats are floats: 1 − y is 1.0 − y.
    """
    seen: dict[Any, Node] = {}
    done: dict[Node, Node] = {}
    for node in topological(roots):
        if isinstance(node, Constant):
            done[node] = _constant(node, seen)
        elif node.op is None:
            done[node] = node
        else:
            inputs = tuple([done[x] for x in node.inputs])
            if node.dtype == "float" and any(x.dtype == "int" for x in inputs):
                inputs = tuple([_as_float(x, node, seen) for x in inputs])
            key: Any = (node.op.key, inputs, node.shape)
            found = seen.get(key)
            if found is None:
                found = node if inputs == node.inputs else with_inputs(node, inputs)
                seen[key] = found
            done[node] = found
    return results(roots, done)


def alike(constant: Constant) -> Hashable:
    """Return what is equal for constants that may become one, in one place or other."""
    value = constant.value.astype(np.float64)
    return value.shape, value.tobytes()


def _constant(node: Constant, seen: dict[Any, Node]) -> Node:
    value = node.value
    if value.size > 64:
        return node
    return seen.setdefault((value.dtype.str, value.shape, value.tobytes()), node)


def _as_float(x: Node, consumer: Node, seen: dict[Any, Node]) -> Node:
    if (
        isinstance(x, Constant)
        and x.dtype == "int"
        and x.value.size <= 64
        and isinstance(consumer.op, Elementwise)
    ):
        return _constant(Constant(x.value.astype(np.float64), x.name), seen)
    return x
