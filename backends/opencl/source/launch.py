"""Launches: a kernel, the memory that it is given, and its work items."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from chainrule.backends.opencl.source.kernel_text import KernelText
from chainrule.backends.opencl.source.layout import Argument, Slot
from chainrule.node import Node

SMALL = 1 << 14
"""Vector operations up to which a kernel shares a launch with its neighbours."""

ALIGNED = "__attribute__((aligned(64)))"
MANY = 1 << 16
"""Work items from which groups are larger: a GPU copies three times as fast in them."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Launch:
    """One launch of one kernel.

    Attributes:
        label: its ops, such as ``matmul_add_relu``.
        nodes: the nodes that it computes, operands first; messages name the last one.
        arguments: the pointers that it is given, ``a0``, ``a1``, … in its body.
        statements: the kernel's body.
        items: work items along each axis.
        group: work items in a group along each axis; None leaves it to the driver.
        fixed_group: whether its code is made for groups of this size.
        effort: about how many operations on vectors it is.
        scratch: bytes of local memory that its body calls `scratch`.
        draws: whether it draws random numbers.
        auxiliary: whether it only moves or adds up what other kernels compute.
        functions: those that its body calls.
        repeats: whether its last argument, `runs`, says how often it does everything,
            each time with the next of the values that the host sends.
    """

    label: str
    nodes: tuple[Node, ...]
    arguments: tuple[Argument, ...]
    statements: str
    items: tuple[int, ...]
    group: tuple[int, ...] | None = None
    fixed_group: bool = False
    effort: float = math.inf
    scratch: int = 0
    draws: bool = False
    auxiliary: bool = False
    functions: tuple[str, ...] = ()
    repeats: bool = False

    @property
    def title(self) -> str:
        """The label, and the node that it works for."""
        return f"{self.label} for {self.nodes[-1]!r}"

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The memory that each argument points into."""
        return tuple(argument.slot for argument in self.arguments)

    @property
    def starts(self) -> tuple[int, ...]:
        """The arguments after the pointers: where the pointers begin in their slots."""
        return tuple(argument.start for argument in self.arguments if argument.start)

    @cached_property
    def text(self) -> str:
        """The kernel's arguments and body, without its name.

        Launches on other parts of the same slots have the same text.
        """
        pointers, starts, begin = [], [], []
        for i, (_, ctype, start) in enumerate(self.arguments):
            pointers.append(f"global {ctype} *{'p' if start else 'a'}{i}")
            if start:
                starts.append(f"ulong start{i}")
                begin.append(f"    global {ctype} *a{i} = p{i} + start{i};\n")
        if self.scratch:
            begin.append(f"    local uchar scratch[{self.scratch}] {ALIGNED};\n")
        runs = ["ulong runs"] * self.repeats
        parameters = ", ".join([*pointers, *starts, *runs])
        return f"({parameters}) {{\n{''.join(begin)}{self.statements}\n}}"

    def source(self, name: str) -> str:
        """Return the whole kernel under a name."""
        size = ", ".join(map(str, self.group or ()))
        fixed = f"__attribute__((reqd_work_group_size({size}))) " * self.fixed_group
        return f"kernel {fixed}void {name}{self.text}\n"

    @property
    def is_small(self) -> bool:
        """Whether it is too small for a launch of its own on a processor."""
        return self.effort <= SMALL


def launch_of(
    text: KernelText,
    label: str,
    nodes: Iterable[Node],
    items: tuple[int, ...],
    group: tuple[int, ...],
    effort: float = math.inf,
) -> Launch:
    """Return the launch of a kernel with these work items."""
    return Launch(
        label=label,
        nodes=tuple(nodes),
        arguments=tuple(text.args),
        statements="\n".join(text.lines),
        items=items,
        group=group,
        effort=effort,
    )


def row_of_items(
    text: KernelText, label: str, nodes: Iterable[Node], items: int, elements: int
) -> Launch:
    """Return the launch of a kernel that counts its items by ``get_global_id(0)``.

    All items together take that many elements, a vector or one at a time.
    """
    size = _group_size(items)
    whole = -(-items // size) * size
    made = launch_of(text, label, nodes, (whole,), (size,))
    lines = len(text.lines)
    if whole != items:
        guard = f"    if (get_global_id(0) >= {items}) return;\n"
        made = replace(made, statements=guard + made.statements)
        lines += 1
    return replace(made, effort=-(-elements // text.width) * lines)


def _group_size(items: int) -> int:
    """Return a group size that gives every core work, in few groups."""
    size = 256 if items >= MANY else 64
    while size > 1 and items < 8 * size:
        size //= 2
    return size
