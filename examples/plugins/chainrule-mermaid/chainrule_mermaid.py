"""A chainrule plugin: graphs as Mermaid flowcharts."""

from collections.abc import Callable, Sequence
from typing import Any

import chainrule as cr

SHAPES = {
    "input": "([{}])",
    "parameter": "[/{}/]",
    "constant": "{{{{{}}}}}",
    "op": "[{}]",
}
"""Kind of a node → how Mermaid writes it."""


def mermaid(root: cr.Node, direction: str = "LR") -> str:
    """Return the flowchart of everything that a node is computed from.

    >>> x = cr.input("x")
    >>> print(mermaid(cr.ops.tanh(x)))
    flowchart LR
        n0(["x"])
        n1["tanh"]
        n0 --> n1

    Args:
        root: the node.
        direction: ``"LR"``, ``"RL"``, ``"TB"`` or ``"BT"``.

    Raises:
        ValueError: there is no such direction.
    """
    if direction not in ("LR", "RL", "TB", "BT"):
        raise ValueError(f"direction must be LR, RL, TB or BT, got {direction!r}")
    number = {node: i for i, node in enumerate(cr.Graph([root]))}
    lines = [f"flowchart {direction}"]
    for node, i in number.items():
        lines.append(f"    n{i}{SHAPES[_kind(node)].format(_quoted(_title(node)))}")
        lines += [f"    n{number[x]} --> n{i}" for x in node.inputs]
    return "\n".join(lines)


def _kind(node: cr.Node) -> str:
    kinds = {cr.Input: "input", cr.Parameter: "parameter", cr.Constant: "constant"}
    return next((name for cls, name in kinds.items() if isinstance(node, cls)), "op")


def _title(node: cr.Node) -> str:
    if node.op is None:
        return node.name or str(getattr(node, "value", ""))
    return f"{node.name}: {node.op.type_name}" if node.name else node.op.type_name


def _quoted(text: str) -> str:
    """Return text that Mermaid takes as it is, whatever is in it."""
    escaped = (c if c.isalnum() or c in " _-:.,()" else f"#{ord(c)};" for c in text)
    return f'"{"".join(escaped)}"'


@cr.hookimpl
def register_renderers() -> Sequence[Callable[..., Any]]:
    """Return the renderer of this package, which becomes ``cr.mermaid``."""
    return [mermaid]
