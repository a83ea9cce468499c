"""Small launches: small kernels that follow each other share a launch.

On a processor, waking the threads costs more than a small kernel computes. One work
item then runs several kernels by itself, each with all its work items. Each kernel is a
function, and equal ones are the same: compilers take their time for what is different
only, so that of a hundred equal layers is that of one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import Argument

FUNCTIONS = 16
"""Different functions in a launch at most: each is compiled for each launch."""
ARGUMENTS = 100
"""Pointers that a launch is given at most; every device takes 128."""


def merge_small(launches: Iterable[Launch]) -> list[Launch]:
    """Merge each run of small launches."""
    result: list[Launch] = []
    for small, run in groupby(launches, key=lambda launch: launch.is_small):
        if small:
            result += (_merged(part) for part in _parts(run))
        else:
            result += run
    return result


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


def _merged(launches: Sequence[Launch]) -> Launch:
    """Merge launches into one, with a single work item."""
    if len(launches) == 1:
        return launches[0]
    names: dict[Argument, str] = {}
    functions: dict[str, None] = {}
    calls = []
    for launch in launches:
        name, text = _function(launch)
        functions[text] = None
        pointers = [
            f"{names.setdefault(_whole(a), f'a{len(names)}')} + {a.start}"
            for a in launch.arguments
        ]
        calls.append(f"    {name}({', '.join(pointers)});")
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
    )


def _whole(argument: Argument) -> Argument:
    """Return a pointer to the beginning of an argument's slot."""
    return argument._replace(start=0)


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
