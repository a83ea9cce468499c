"""Small launches: small kernels that follow each other share a launch.

On a processor, waking the threads costs more than a small kernel computes. One work
item then runs several kernels by itself, each with all its work items. Each kernel is a
function, and equal ones are the same: compilers take their time for what is different
only, so that of a hundred equal layers is that of one.

A whole training step becomes one launch if the cores that would share its large kernels
save less than several launches cost. It repeats itself: it does many steps, and takes
for each the next of the values that the host has sent.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import DTYPES, Argument, Slot

FUNCTIONS = 64
"""Different functions in a launch at most: each is compiled for each launch."""
ARGUMENTS = 100
"""Pointers that a launch is given at most; every device takes 128."""
ALIGNMENT = 64
"""Bytes that the memory of each result begins at a multiple of."""
WAKING = 1 << 17
"""Vector operations that a core does while a launch wakes the threads of all, about."""


def merge_small(
    launches: Sequence[Launch], sent: Collection[Slot] | None, units: int
) -> list[Launch]:
    """Merge each run of small launches, or all launches of a training step.

    Args:
        launches: those of a program.
        sent: the memory of the values that the host sends to each run, if a launch
            may do many runs.
        units: how many cores the device has.
    """
    uses = _uses(launches)
    result: list[Launch] = []
    for small, run in groupby(launches, key=lambda launch: launch.is_small):
        if small:
            result += map(_merged, _parts(_pooled(list(run), uses)))
        else:
            result += run
    if sent is None or len(launches) < 2:
        return result
    large = sum(launch.effort for launch in launches if not launch.is_small)
    saved = math.inf if math.isinf(large) else large * (units - 1) / units
    whole = _pooled(launches, uses)
    if saved > len(result) * WAKING or len([*_parts(whole)]) > 1:
        return result
    return [_merged(whole, sent)]


def _uses(launches: Iterable[Launch]) -> Counter[Slot]:
    """Count how often launches are given each slot."""
    return Counter(slot for launch in launches for slot in launch.slots)


def _pooled(run: Sequence[Launch], uses: Mapping[Slot, int]) -> list[Launch]:
    """Return a run of launches with all memory that nothing else uses in one slot.

    So they are given few pointers when they are merged, however many they are.
    """
    starts: dict[Slot, int] = {}
    size = 0
    for slot, count in _uses(run).items():
        if count == uses[slot] and not slot.persistent:
            starts[slot] = size
            size += -(-slot.nbytes // ALIGNMENT) * ALIGNMENT
    pool = Slot(size)

    def moved(argument: Argument) -> Argument:
        if argument.slot not in starts:
            return argument
        skipped = starts[argument.slot] // DTYPES[argument.ctype].itemsize
        return argument._replace(slot=pool, start=skipped + argument.start)

    return [
        replace(launch, arguments=tuple(map(moved, launch.arguments))) for launch in run
    ]


def _parts(launches: Iterable[Launch]) -> Iterator[Sequence[Launch]]:
    """Cut a run into parts, each of which fits a launch."""
    part: list[Launch] = []
    functions: set[str] = set()
    pointers: set[Argument] = set()
    for launch in launches:
        functions.add(launch.text)
        pointers.update(map(_whole, launch.arguments))
        if part and (len(functions) > FUNCTIONS or len(pointers) > ARGUMENTS):
            yield part
            part, functions = [], {launch.text}
            pointers = {*map(_whole, launch.arguments)}
        part.append(launch)
    yield part


def _merged(launches: Sequence[Launch], sent: Collection[Slot] | None = None) -> Launch:
    """Merge launches into one, with a single work item.

    It repeats itself if `sent` is given, and each time goes on in this memory.
    """
    if len(launches) == 1:
        return launches[0]
    names: dict[Argument, str] = {}
    functions: dict[str, None] = {}
    calls = []
    for launch in launches:
        name, text = _function(launch)
        functions[text] = None
        pointers = []
        for argument in launch.arguments:
            pointer = names.setdefault(_whole(argument), f"a{len(names)}")
            go_on = sent is not None and argument.slot in sent
            more = f" + run * {_elements(argument)}" if go_on else ""
            pointers.append(f"{pointer} + {argument.start}{more}")
        calls.append(f"    {name}({', '.join(pointers)});")
    if sent is not None:
        head = "    for (ulong run = 0; run < runs; run++) {"
        calls = [head, *(f"    {call}" for call in calls), "    }"]
    computing = [launch for launch in launches if not launch.auxiliary] or launches
    return Launch(
        label=f"{launches[0].label}_to_{launches[-1].label}",
        nodes=tuple({node: None for launch in computing for node in launch.nodes}),
        arguments=tuple(names),
        statements="\n".join(calls),
        items=(1,),
        group=(1,),
        draws=any(launch.draws for launch in launches),
        auxiliary=all(launch.auxiliary for launch in launches),
        functions=tuple(functions),
        repeats=sent is not None,
    )


def _whole(argument: Argument) -> Argument:
    """Return a pointer to the beginning of an argument's slot."""
    return argument._replace(start=0)


def _elements(argument: Argument) -> int:
    """Return how many elements an argument's slot has."""
    return argument.slot.nbytes // DTYPES[argument.ctype].itemsize


def _function(launch: Launch) -> tuple[str, str]:
    """Return the name and the text of a function that does all items of a launch."""
    parameters = (f"global {a.ctype} *a{i}" for i, a in enumerate(launch.arguments))
    lines = [f"({', '.join(parameters)}) {{"]
    body = launch.statements.replace("return;", "continue;")
    for axis, count in reversed(list(enumerate(launch.items))):
        item = f"item{axis}"
        body = body.replace(f"get_global_id({axis})", item)
        lines.append(f"    for (size_t {item} = 0; {item} < {count}; {item}++)")
    text = "\n".join([*lines, f"    {{\n{body}\n    }}\n}}\n"])
    label = "".join(c if c.isalnum() else "_" for c in launch.label)
    name = f"{label}_{hashlib.sha1(text.encode()).hexdigest()[:16]}"
    return name, f"__attribute__((noinline)) void {name}{text}"
