"""Steps: the kernels of a program in the order in which they are enqueued."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from chainrule.backends.opencl.source.code import Code
from chainrule.backends.opencl.source.layout import Slot
from chainrule.node import Node
from chainrule.profile.profile import Kernel


@dataclass(eq=False)
class Step:
    """One launch of one kernel.

    Attributes:
        node: what it computes, for messages and profiles.
        parameters: the declaration of each argument.
        code: the kernel's body.
        slots: the memory that each argument points to.
        items: work items along each axis.
        local: work items in a group, or None if the driver may choose.
        draws: whether it draws random numbers.
        effort: about how many operations on vectors it is.
        nodes: all nodes that it computes, if there are others beside `node`.
        kernel: what a profile counts it as, once it has been profiled.
    """

    node: Node
    label: str
    parameters: Sequence[str]
    code: str
    slots: Sequence[Slot]
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
        return f"({', '.join(self.parameters)}) {{\n{self.code}\n}}"


def from_items(
    body: Code,
    node: Node,
    label: str,
    items: tuple[int, ...],
    local: tuple[int, ...],
) -> Step:
    """Return the step of a body that has as many items as there are."""
    parameters = [f"global {kind} *{name}" for (_, kind), name in body.args.items()]
    slots = [slot for slot, _ in body.args]
    code = "\n".join(body.lines)
    return Step(node, label, parameters, code, slots, items, local)


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
