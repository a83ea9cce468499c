"""Small launches: small kernels that follow each other share a launch.

On a processor, waking the threads costs more than a small kernel computes. One work
item then runs several kernels by itself, each with all its work items.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import Slot

MOST = 16
"""Kernels in a launch at most, since compilers are slow on long ones."""


def merge_small(launches: Iterable[Launch]) -> list[Launch]:
    """Merge each run of small launches."""
    result: list[Launch] = []
    for small, run in groupby(launches, key=lambda launch: launch.is_small):
        if not small:
            result += run
            continue
        waiting = list(run)
        for start in range(0, len(waiting), MOST):
            part = waiting[start : start + MOST]
            result += [_merged(part)] if len(part) > 1 else part
    return result


def _merged(launches: Sequence[Launch]) -> Launch:
    """Merge launches into one, with a single work item."""
    args: dict[tuple[Slot, str], str] = {}
    lines = [line for launch in launches for line in _lines(launch, args)]
    computing = [launch for launch in launches if not launch.auxiliary] or launches
    return Launch(
        label=f"{launches[0].label}_to_{launches[-1].label}",
        nodes=tuple({node: None for launch in computing for node in launch.nodes}),
        parameters=tuple(f"{kind}*{name}" for (_, kind), name in args.items()),
        statements="\n".join(lines),
        slots=tuple(slot for slot, _ in args),
        items=(1,),
        group=(1,),
        draws=any(launch.draws for launch in launches),
        auxiliary=all(launch.auxiliary for launch in launches),
    )


def _lines(launch: Launch, args: dict[tuple[Slot, str], str]) -> Iterator[str]:
    """Yield a launch as loops over its work items; name new arguments in `args`."""
    yield "    {"
    for slot, parameter in zip(launch.slots, launch.parameters, strict=True):
        kind, _, _ = parameter.rpartition("*")
        given = args.setdefault((slot, kind), f"s{len(args)}")
        yield f"        {parameter} = {given};"
    text = launch.statements.replace("return;", "continue;")
    for axis, count in reversed(list(enumerate(launch.items))):
        item = f"item{axis}"
        text = text.replace(f"get_global_id({axis})", item)
        yield f"    for (size_t {item} = 0; {item} < {count}; {item}++)"
    yield f"    {{\n{text}\n    }}\n    }}"
