"""Functions: kernels as functions that other kernels call, to share a launch."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from chainrule.backends.opencl.device.pool import plan
from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import DTYPES, Argument, Slot

FUNCTIONS = 64
"""Different functions in a launch at most: each is compiled for each launch."""
ARGUMENTS = 100
"""Pointers that a launch is given at most; every device takes 128."""
ALIGNMENT = 64
"""Bytes that the memory of each result begins at a multiple of."""


class Calls:
    """The functions that a merged launch calls, and the pointers that it is given.

    Args:
        sent: the memory of the values that the host sends to each run; in each run
            kernels go on in it.

    Attributes:
        functions: the text of each function, once.
        pointers: the arguments of the launch, each with its name.
        scratch: bytes of local memory that the functions share.
    """

    def __init__(self, sent: Collection[Slot] = ()) -> None:
        self.functions: dict[str, None] = {}
        self.pointers: dict[Argument, str] = {}
        self.scratch = 0
        self._sent = sent

    def pointer(self, argument: Argument) -> str:
        """Return the name of a pointer to the beginning of an argument's slot."""
        return self.pointers.setdefault(whole(argument), f"a{len(self.pointers)}")

    def call(self, launch: Launch, first: str, last: str) -> str:
        """Return the call that does the work items `first` to `last` of a launch."""
        name, text = _function(launch)
        self.functions |= {text: None}
        self.scratch = max(self.scratch, launch.scratch)
        given = []
        for argument in launch.arguments:
            sent = argument.slot in self._sent
            more = f" + run * {_elements(argument)}" if sent else ""
            given.append(f"{self.pointer(argument)} + {argument.start}{more}")
        given += ["scratch"] * bool(launch.scratch)
        return f"{name}({', '.join([*given, first, last])});"


def fits(launches: Iterable[Launch]) -> bool:
    """Return whether launches can share one."""
    return len([*parts(pooled([*launches]))]) == 1


def parts(launches: Iterable[Launch]) -> Iterator[Sequence[Launch]]:
    """Cut a run of launches into parts, each of which can share one."""
    part: list[Launch] = []
    functions: set[str] = set()
    pointers: set[Argument] = set()
    for launch in launches:
        functions.add(launch.text)
        pointers.update(map(whole, launch.arguments))
        if part and (len(functions) > FUNCTIONS or len(pointers) > ARGUMENTS):
            yield part
            part, functions = [], {launch.text}
            pointers = {*map(whole, launch.arguments)}
        part.append(launch)
    yield part


def merged(
    launches: Sequence[Launch],
    calls: Calls,
    lines: Sequence[str],
    *,
    items: int = 1,
    repeats: bool = False,
) -> Launch:
    """Return the launch of a kernel that calls the functions of others."""
    computing = [launch for launch in launches if not launch.auxiliary] or launches
    return Launch(
        label=f"{launches[0].label}_to_{launches[-1].label}",
        nodes=tuple({node: None for launch in computing for node in launch.nodes}),
        arguments=tuple(calls.pointers),
        statements="\n".join(lines),
        items=(items,),
        group=(1,),
        scratch=calls.scratch,
        draws=any(launch.draws for launch in launches),
        auxiliary=all(launch.auxiliary for launch in launches),
        functions=tuple(calls.functions),
        repeats=repeats,
    )


def uses(launches: Iterable[Launch]) -> Counter[Slot]:
    """Count how often launches are given each slot."""
    return Counter(slot for launch in launches for slot in launch.slots)


def pooled(
    run: Sequence[Launch], used: Mapping[Slot, int] | None = None
) -> list[Launch]:
    """Return a run of launches with all memory that nothing else uses in one slot.

    So they are given few pointers when they are merged, however many they are.

    Args:
        run: the launches.
        used: how often all launches of the program are given each slot; None if the
            run is all of them.
    """
    own = uses(run)
    used = own if used is None else used
    others = {slot for slot in own if own[slot] < used[slot] or slot.persistent}
    starts: dict[object, int] = {}
    size = 0
    blocks = plan(run, others)
    for block in dict.fromkeys(blocks.values()):
        starts[block] = size
        size += -(-block.nbytes // ALIGNMENT) * ALIGNMENT
    pool = Slot(size)

    def moved(argument: Argument) -> Argument:
        if argument.slot not in blocks:
            return argument
        start = starts[blocks[argument.slot]]
        skipped = start // DTYPES[argument.ctype].itemsize
        return argument._replace(slot=pool, start=skipped + argument.start)

    return [
        replace(launch, arguments=tuple(map(moved, launch.arguments))) for launch in run
    ]


def whole(argument: Argument) -> Argument:
    """Return a pointer to the beginning of an argument's slot."""
    return argument._replace(start=0)


def _elements(argument: Argument) -> int:
    """Return how many elements an argument's slot has."""
    return argument.slot.nbytes // DTYPES[argument.ctype].itemsize


def _function(launch: Launch) -> tuple[str, str]:
    """Return the name and the text of a function that does some items of a launch."""
    parameters = [f"global {a.ctype} *a{i}" for i, a in enumerate(launch.arguments)]
    parameters += ["local uchar *restrict scratch"] * bool(launch.scratch)
    parameters += ["size_t first", "size_t last"]
    lines = [f"({', '.join(parameters)}) {{"]
    body, step, total = launch.statements, 1, math.prod(launch.items)
    body = body.replace("return;", "continue;")
    lines.append("    for (size_t item = first; item < last; item++) {")
    for axis, count in enumerate(launch.items):
        within = "item" if step == 1 else f"item / {step}"
        if step * count < total:
            within += f" % {count}"
        step *= count
        if f"get_global_id({axis})" in body:
            body = body.replace(f"get_global_id({axis})", f"item{axis}")
            lines.append(f"    const size_t item{axis} = {within};")
    text = "\n".join([*lines, f"    {{\n{body}\n    }}\n    }}\n}}\n"])
    label = "".join(c if c.isalnum() else "_" for c in launch.label)
    name = f"{label}_{hashlib.sha1(text.encode()).hexdigest()[:16]}"
    return name, f"__attribute__((noinline)) void {name}{text}"
