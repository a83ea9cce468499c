"""Steps: the kernels of a program in the order in which they are enqueued."""

from __future__ import annotations

import math
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
        parameters: the declaration of each argument.
        code: the kernel's body.
        args: what each argument is.
        items: work items along each axis.
        local: work items in a group, or None if the driver may choose.
        draws: whether seed and step follow the other arguments.
        effort: about how many operations on vectors it is.
        nodes: all nodes that it computes, if there are others beside `node`.
        kernel: what a profile counts it as, once it has been profiled.
    """

    node: Node
    label: str
    parameters: Sequence[str]
    code: str
    args: Sequence[Slot | Number]
    items: tuple[int, ...]
    local: tuple[int, ...] | None = None
    draws: bool = False
    effort: float = math.inf
    name: str = field(default="", init=False)
    nodes: Sequence[Node] = field(default=(), init=False)
    kernel: Kernel | None = field(default=None, init=False)

    @property
    def text(self) -> str:
        """The kernel's arguments and body, without its name."""
        parameters = [*self.parameters, *([DRAW] if self.draws else [])]
        return f"({', '.join(parameters)}) {{\n{self.code}\n}}"

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
    parameters = [
        f"const {body.floats} {name}"
        if isinstance(what, Number)
        else f"global {what[1]} *{name}"
        for what, name in body.args.items()
    ]
    args = [what if isinstance(what, Number) else what[0] for what in body.args]
    code = "\n".join(body.lines)
    return Step(node, label, parameters, code, args, items, local)


def from_body(body: Code, node: Node, label: str, items: int, elements: int) -> Step:
    """Return the step of a body whose items are counted by ``get_global_id(0)``.

    All items together take that many elements, a vector or one at a time.
    """
    group = _group(items)
    whole = -(-items // group) * group
    if whole != items:
        body.lines.insert(0, f"    if (get_global_id(0) >= {items}) return;")
    step = from_items(body, node, label, (whole,), (group,))
    step.effort = -(-elements // body.width) * len(body.lines)
    return step


def _group(items: int) -> int:
    """Return a group size that gives every core work and few groups in all."""
    size = 64
    while size > 1 and items < 8 * size:
        size //= 2
    return size
