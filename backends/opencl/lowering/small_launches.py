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

import math
from collections.abc import Collection, Sequence
from itertools import groupby

from chainrule.backends.opencl.lowering.functions import (
    Calls,
    fits,
    merged,
    parts,
    pooled,
    uses,
)
from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import Slot

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
    used = uses(launches)
    result: list[Launch] = []
    for small, run in groupby(launches, key=lambda launch: launch.is_small):
        if small:
            result += map(_merged, parts(pooled(list(run), used)))
        else:
            result += run
    if sent is None or len(launches) < 2:
        return result
    large = sum(launch.effort for launch in launches if not launch.is_small)
    saved = math.inf if math.isinf(large) else large * (units - 1) / units
    if saved > len(result) * WAKING or not fits(launches):
        return result
    return [_merged(pooled(launches), sent)]


def _merged(launches: Sequence[Launch], sent: Collection[Slot] | None = None) -> Launch:
    """Merge launches into one, with a single work item.

    It repeats itself if `sent` is given, and each time goes on in this memory.
    """
    if len(launches) == 1:
        return launches[0]
    calls = Calls(sent or ())
    lines = [
        f"    {calls.call(launch, '0', str(math.prod(launch.items)))}"
        for launch in launches
    ]
    if sent is not None:
        head = "    for (ulong run = 0; run < runs; run++) {"
        lines = [head, *(f"    {line}" for line in lines), "    }"]
    return merged(launches, calls, lines, repeats=sent is not None)
