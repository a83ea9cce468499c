"""Expansion: ops that a backend has no kernel for, written in terms of others."""

from __future__ import annotations

import itertools
from collections.abc import Container, Sequence

from chainrule.errors import BackendError, ComponentError
from chainrule.graph import topological
from chainrule.node import Node, described
from chainrule.ops import Op
from chainrule.program.rewrite import rewrite
from chainrule.shapes import shape_text


def expand(roots: Sequence[Node], kernels: Container[type[Op]]) -> list[Node]:
    """Expand every op that is not among `kernels`.

    Raises:
        BackendError: an op has neither a kernel nor an expansion, or that leads back
            to the op itself.
    """
    current = list(roots)
    met: set[type[Op]] = set()
    for rounds in itertools.count():
        missing = {
            type(n.op)
            for n in topological(current)
            if n.op and type(n.op) not in kernels
        }
        if not missing:
            break
        met |= missing
        if rounds > len(met):
            names = ", ".join(sorted(op.type_name for op in missing))
            raise BackendError(
                f"expand() of {names} leads back to the op itself: write it in terms "
                "of simpler ops, or register a kernel with register_kernels"
            )
        for op in missing:
            if not op.expands():
                raise BackendError(
                    f"this backend has no kernel for {op.type_name} ({op.__module__}), "
                    f"and {op.__name__} has no expand(): write one in terms of other "
                    "ops, or register a kernel with register_kernels"
                )
        rules = dict.fromkeys(missing, (_expanded,))
        current = rewrite(current, rules)
    return current


def _expanded(node: Node) -> Node | None:
    """f(x) = expand() of its op.

    Raises:
        ComponentError: that is not a node of the shape and dtype of f(x).
    """
    assert node.op is not None
    made = node.op.expand(*node.inputs)
    if isinstance(made, Node) and (made.shape, made.dtype) == (node.shape, node.dtype):
        return made
    raise ComponentError(
        f"{type(node.op).__name__}.expand must return a node of shape "
        f"{shape_text(node.shape)} and {node.dtype}, got {described(made)}"
    )
