"""Expansion: ops that a backend has no kernel for, written in terms of others."""

from __future__ import annotations

from collections.abc import Container, Sequence

from chainrule.errors import BackendError
from chainrule.graph import topological
from chainrule.node import Node
from chainrule.ops import Op
from chainrule.program.rewrite import rewrite


def expand(roots: Sequence[Node], kernels: Container[type[Op]]) -> list[Node]:
    """Expand every op that is not among `kernels`.

    Raises:
        BackendError: an op has neither a kernel nor an expansion.
    """
    current = list(roots)
    while True:
        missing = {
            type(n.op)
            for n in topological(current)
            if n.op and type(n.op) not in kernels
        }
        if not missing:
            return current
        for op in missing:
            if not op.expands():
                raise BackendError(
                    f"this backend has no kernel for {op.type_name} ({op.__module__}), "
                    f"and {op.__name__} has no expand(): write one in terms of other "
                    "ops, or register a kernel with register_kernels"
                )
        rules = dict.fromkeys(missing, (_expanded,))
        current = rewrite(current, rules)


def _expanded(node: Node) -> Node | None:
    assert node.op is not None
    return node.op.expand(*node.inputs)
