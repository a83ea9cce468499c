"""Tuning: the form of a matrix product that a device computes fastest.

Where several forms could be the fastest one each is timed, once for each device and
class of shapes; the choice is stored in the user's cache folder.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import TypeVar

from chainrule.backends.opencl.device.cache import cache_folder
from chainrule.backends.opencl.device.devices import OpenCLDevice
from chainrule.backends.opencl.device.runtime import Prepared, Runtime
from chainrule.backends.opencl.products.cpu import Variant
from chainrule.backends.opencl.products.gpu import Tile
from chainrule.backends.opencl.products.problem import Problem
from chainrule.backends.opencl.source.launch import Launch
from chainrule.files import read_table, write_table

ROUNDS = 8
LONG = 1e-3
"""Seconds that a trial should take: on some devices waiting takes a tenth of that."""

Form = TypeVar("Form", bound="Variant | Tile")


def choose(
    runtime: Runtime,
    problem: Problem,
    forms: Sequence[Form],
    launch: Callable[[Problem, Form], Launch],
) -> Form:
    """Return the fastest form of a problem, from memory, the cache or a trial.

    Args:
        runtime: the device.
        problem: the problem.
        forms: those among which to choose.
        launch: returns the launch that computes a problem in one form.
    """
    if len(forms) == 1:
        return forms[0]
    file = _file(runtime.device)
    table, key = _table(str(file)), _class(problem)
    stored = [form for form in forms if [*astuple(form)] == table.get(key)]
    if stored:
        return stored[0]
    alone = problem.alone()
    different: dict[object, tuple[Form, Launch]] = {}
    for form in forms:
        made = launch(alone, form)
        different.setdefault((made.text, made.items), (form, made))
    found = list(different.values())
    best = found[_fastest(runtime, [made for _, made in found])][0]
    table[key] = [*astuple(best)]
    _save(file, table)
    return best


def _class(p: Problem) -> str:
    """Name a class of products: sizes to a power of two, and how operands lie."""
    sizes = "x".join(str(1 << round(math.log2(size))) for size in (p.m, p.n, p.k))
    layouts = "".join("n" if x.strides[-1] == 1 else "t" for x in (p.a, p.b))
    return f"{sizes} {layouts} {p.floats}"


def _file(device: OpenCLDevice) -> Path:
    handle = device.handle
    name = f"{handle.name} {handle.driver_version} {device.compute_units}"
    return cache_folder() / f"{''.join(c if c.isalnum() else '-' for c in name)}.json"


@functools.cache
def _table(file: str) -> dict[str, list[int]]:
    """Return the choices made on a device so far, to which this process adds.

    What was chosen among other forms than today's equals none of them.
    """
    return _stored(Path(file))


def _stored(file: Path) -> dict[str, list[int]]:
    """Return what is stored, as far as it is lists of numbers."""
    return {
        key: numbers
        for key, numbers in read_table(file).items()
        if isinstance(numbers, list) and all(isinstance(n, int) for n in numbers)
    }


def _save(file: Path, table: dict[str, list[int]]) -> None:
    """Store the choices, if the cache can be written.

    What other processes have chosen since this one began stays, and is used here too.
    """
    for key, numbers in _stored(file).items():
        table.setdefault(key, numbers)
    write_table(file, table)


def _fastest(runtime: Runtime, launches: Sequence[Launch]) -> int:
    """Time launches that have memory of their own; return which is the fastest."""
    slots = {slot for launch in launches for slot in launch.slots}
    buffers = {slot: runtime.allocate(slot.nbytes, "a trial run") for slot in slots}
    trials = [
        runtime.prepare(launch.source("k0"), ["k0"], [launch], buffers)
        for launch in launches
    ]
    for trial in trials:  # the first run may still compile
        _seconds(runtime, trial, 1)
    once = min(_seconds(runtime, trial, 1) for trial in trials)
    count = max(1, round(LONG / once))
    best = [math.inf] * len(trials)
    for _ in range(ROUNDS):
        for i, trial in enumerate(trials):
            best[i] = min(best[i], _seconds(runtime, trial, count))
    return best.index(min(best))


def _seconds(runtime: Runtime, trial: list[Prepared], count: int) -> float:
    """Return how long a number of launches takes."""
    runtime.queue.finish()
    begin = time.perf_counter()
    for _ in range(count):
        runtime.launch(trial)
    runtime.queue.finish()
    return time.perf_counter() - begin
