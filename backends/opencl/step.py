"""Steps: the kernels of a program in the order in which they are enqueued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chainrule.graph import Node
from chainrule.kinds.profile import Kernel

from .code import Code, Number
from .layout import Slot

DRAW = "const ulong seed, const ulong step"
"""The arguments of a kernel that draws random numbers."""


@dataclass(eq=False)
class Step:
    """One launch of one kernel.

    Attributes:
        node: what it computes, for messages and profiles.
        text: the kernel's arguments and body, without its name.
        args: what each argument is.
        items: work items along each axis.
        local: work items in a group, or None if the driver may choose.
        draws: whether seed and step follow the other arguments.
        nodes: all nodes that it computes, if there are others beside `node`.
        kernel: what a profile counts it as, once it has been profiled.
    """

    node: Node
    label: str
    text: str
    args: Sequence[Slot | Number]
    items: tuple[int, ...]
    local: tuple[int, ...] | None = None
    draws: bool = False
    name: str = field(default="", init=False)
    nodes: Sequence[Node] = field(default=(), init=False)
    kernel: Kernel | None = field(default=None, init=False)

    @property
    def slots(self) -> list[Slot]:
        """The memory that it reads or writes."""
        return [a for a in self.args if isinstance(a, Slot)]


def from_items(
    body: Code,
    node: Node,
    label: str,
    items: tuple[int, ...],
    local: tuple[int, ...],
) -> Step:
    """Return the step of a body that has as many items as there are."""
    signature = ", ".join(
        f"const {body.floats} {name}"
        if isinstance(what, Number)
        else f"global {what[1]} *{name}"
        for what, name in body.args.items()
    )
    args = [what if isinstance(what, Number) else what[0] for what in body.args]
    code = "\n".join(body.lines)
    return Step(node, label, f"({signature}) {{\n{code}\n}}", args, items, local)


def from_body(body: Code, node: Node, label: str, items: int) -> Step:
    """Return the step of a body whose items are counted by ``get_global_id(0)``."""
    group = _group(items)
    whole = -(-items // group) * group
    if whole != items:
        body.lines.insert(0, f"    if (get_global_id(0) >= {items}) return;")
    return from_items(body, node, label, (whole,), (group,))


def _group(items: int) -> int:
    """Return a group size that gives every core work and few groups in all."""
    size = 64
    while size > 1 and items < 8 * size:
        size //= 2
    return size
