"""Whole steps: a training step as one launch that the cores of a processor share.

Starting a launch takes as long as some ten thousand vector operations, and more where a
core has gone to sleep. Here each core has one work item, which does all kernels of the
step, as often as it is told. A kernel is a stage; its work items are dealt out as
tasks: a core takes the next one until none is left, and waits until all are done. It
waits for what another core is at work on, and for nothing else: whether and when the
other cores begin does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from chainrule.backends.opencl.lowering.functions import (
    Calls,
    fits,
    merged,
    pooled,
    uses,
)
from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import Slot, new_view

ALONE = 1 << 11
"""Vector operations up to which one core does a kernel alone."""
WAITING = 1 << 12
"""Vector operations that a core does while the cores wait for each other, about."""
LARGEST = 1 << 28
"""Bytes of results, all in one buffer, up to which a step is one launch."""
TASKS = 4
"""Tasks for each core, of kernels that have more than twice as many work items."""
APART = 8
"""Elements between counters, so that no two of them are in one cache line."""
FUNCTIONS = """
#ifdef __has_builtin
#if __has_builtin(__builtin_ia32_pause)
#define PAUSE() __builtin_ia32_pause()
#endif
#endif
#ifndef PAUSE
#define PAUSE()
#endif
long next_task(global long *next, long last) {
    long task = __atomic_load_n(next, __ATOMIC_ACQUIRE);
    while (task < last) {
        const long found = __sync_val_compare_and_swap(next, task, task + 1);
        if (found == task) break;
        task = found;
    }
    return task;
}
void end_task(global long *done) { __sync_fetch_and_add(done, 1); }
void await_tasks(global long *done, long last) {
    while (__atomic_load_n(done, __ATOMIC_ACQUIRE) < last) PAUSE();
}
"""
STAGE = """\
        {{
            global long *next = {counters} + {start}, *done = next + {apart};
            const long end = (run + 1) * {tasks};
            for (long task; (task = next_task(next, end)) < end; end_task(done)) {{
                const size_t part = task - run * {tasks};
{calls}
            }}
            await_tasks(done, end);
        }}"""
END = """\
    global long *left = {counters} + {start};
    if (__sync_add_and_fetch(left, 1) == {units})
        for (int i = 0; i <= {start}; i++) {counters}[i] = 0;"""


class WholeStep:
    """The launch that does all launches of a step, as often as it is told.

    Args:
        launches: those of the step.
        sent: the memory of the values that the host sends to each run.
        units: how many cores the device has.

    Attributes:
        launch: it.
        counters: what it counts tasks in, all 0 before and after it.
    """

    def __init__(
        self, launches: Sequence[Launch], sent: Collection[Slot], units: int
    ) -> None:
        stages = [*_stages(pooled(launches))]
        last = 2 * len(stages) * APART
        self.counters = new_view("long", (last + 1,), persistent=True)
        self._units = units
        self._calls = Calls(sent)
        self._name = self._calls.pointer(self.counters.pointer)
        self._calls.functions[FUNCTIONS] = None
        body = [self._stage(number, stage) for number, stage in enumerate(stages)]
        lines = ["    for (long run = 0; run < (long)runs; run++) {", *body, "    }"]
        lines.append(END.format(counters=self._name, start=last, units=units))
        self.launch = merged(launches, self._calls, lines, items=units, repeats=True)

    def _stage(self, number: int, stage: Sequence[Launch]) -> str:
        """Return the code of one stage."""
        tasks = 1 if _is_alone(stage[0]) else self._tasks(stage[0])
        calls = []
        for launch in stage:
            count = math.prod(launch.items)
            first, last = f"part * {count} / {tasks}", f"(part + 1) * {count} / {tasks}"
            calls.append(f"                {self._calls.call(launch, first, last)}")
        return STAGE.format(
            counters=self._name,
            start=2 * number * APART,
            apart=APART,
            tasks=tasks,
            calls="\n".join(calls),
        )

    def _tasks(self, launch: Launch) -> int:
        """Return into how many tasks the work items of a kernel are divided."""
        items, usual = math.prod(launch.items), TASKS * self._units
        return items if items <= 2 * usual else usual


def whole_step(
    launches: Sequence[Launch], sent: Collection[Slot], units: int
) -> WholeStep | None:
    """Return a step as one launch, if sharing it among cores saves more than it costs.

    Args:
        launches: those of the step.
        sent: the memory of the values that the host sends to each run.
        units: how many cores the device has.
    """
    shared = sum(launch.effort for launch in launches if not _is_alone(launch))
    saved = shared * (units - 1) / units
    stages = len([*_stages(launches)])
    if not stages * WAITING < saved or not fits(launches):
        return None
    slots = uses(pooled(launches))
    results = (slot.nbytes for slot in slots if not slot.persistent)
    if max(results, default=0) > LARGEST:
        return None
    return WholeStep(launches, sent, units)


def _stages(launches: Sequence[Launch]) -> Iterator[Sequence[Launch]]:
    """Yield the launches of each stage: one, or several that one core does."""
    for alone, run in groupby(launches, key=_is_alone):
        if alone:
            yield [*run]
        else:
            yield from ([launch] for launch in run)


def _is_alone(launch: Launch) -> bool:
    """Return whether one core does all work items of a launch."""
    return launch.effort <= ALONE or math.prod(launch.items) == 1
