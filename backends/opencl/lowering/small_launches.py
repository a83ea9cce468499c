"""Small launches: small kernels that follow each other share a launch.

On a processor, waking the threads costs more than a small kernel computes. One work
item then runs several kernels by itself, each with all its work items. Each kernel is a
function, and equal ones are the same: compilers take their time for what is different
only, so that of a hundred equal layers is that of one.

A whole training step that is not large becomes one launch, which repeats itself: it
does many steps, and takes for each the next of the values that the host has sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby

from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import DTYPES, Argument, Slot

FUNCTIONS = 64
"""Different functions in a launch at most: each is compiled for each launch."""
ARGUMENTS = 100
"""Pointers that a launch is given at most; every device takes 128."""
WHOLE = 1 << 18
"""Vector operations up to which a whole training step is one launch: about as many as
one core does while several launches wake the threads of all."""


def merge_small(
    launches: Sequence[Launch], sent: Collection[Slot] | None
) -> list[Launch]:
    """Merge each run of small launches, or all launches of a training step.

    Args:
        launches: those of a program.
        sent: the memory of the values that the host sends to each run, if a launch
            may do many runs.
    """
    if sent is not None and _fit_in_one(launches):
        return [_merged(launches, sent)]
    result: list[Launch] = []
    for small, run in groupby(launches, key=lambda launch: launch.is_small):
        if small:
            result += map(_merged, _parts(run))
        else:
            result += run
    return result


def _fit_in_one(launches: Sequence[Launch]) -> bool:
    """Return whether several launches are worth merging into one."""
    effort = sum(launch.effort for launch in launches)
    return len(launches) > 1 and effort <= WHOLE and len([*_parts(launches)]) == 1


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
