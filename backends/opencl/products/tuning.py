"""Tuning: the form of a matrix product that a device computes fastest.

A product that is worth it is timed once in each form, for each device and class of
shapes; the choice is stored in the user's cache folder.
"""

from __future__ import annotations

import contextlib
import functools
import math
import time
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path

from chainrule.backends.opencl.device.cache import cache_folder
from chainrule.backends.opencl.device.devices import OpenCLDevice
from chainrule.backends.opencl.device.runtime import Runtime
from chainrule.backends.opencl.products.cpu import Variant, cpu_launch
from chainrule.backends.opencl.products.problem import Problem
from chainrule.files import read_table, write_table

WORTH = 1 << 22
"""Additions and multiplications from which a product is timed."""
LARGE = 1 << 26
"""Additions and multiplications from which operands are always packed."""
SKINNY = 32
"""A product with a side that is shorter is not timed."""
ROUNDS = 8

TILES = {32: ((13, 2), (6, 4)), 16: ((6, 2), (4, 3))}
"""Registers → rows and vectors of the tiles that fill them, the best one first."""
VARIANTS = frozenset(
    Variant(*tile, pack)
    for tiles in TILES.values()
    for tile in tiles
    for pack in (False, True)
)


def choose(runtime: Runtime, problem: Problem) -> Variant:
    """Return the best variant for a problem, from memory, the cache or a trial."""
    p, device = problem, runtime.device
    tiles = TILES[device.registers(p.floats)]
    if p.flops < WORTH or p.batch or min(p.m, p.n, p.k) < SKINNY:
        in_order = p.b.strides[-1] == 1 and p.n % device.width(p.floats) == 0
        most, vectors = tiles[0]
        rows = min(most, max(1, p.m // 2))
        return Variant(rows, vectors, not in_order and p.k > 0 and p.m > 2 * rows)
    file = _file(device)
    table, key = _table(str(file)), _class(p)
    pack = p.b.strides[-1] != 1 or p.flops >= LARGE
    variants = [Variant(*tile, pack) for tile in tiles]
    if table.get(key) not in variants:  # or it was made for other registers
        table[key] = _fastest(runtime, p.alone(), variants)
        _save(file, table)
    return table[key]


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
def _table(file: str) -> dict[str, Variant]:
    """Return the choices made on a device so far, to which this process adds."""
    return _stored(Path(file))


def _stored(file: Path) -> dict[str, Variant]:
    """Return the choices that are stored; what is damaged is ignored."""
    table = {}
    for key, fields in read_table(file).items():
        with contextlib.suppress(TypeError):
            variant = Variant(*fields)
            if variant in VARIANTS:
                table[key] = variant
    return table


def _save(file: Path, table: dict[str, Variant]) -> None:
    """Store the choices, if the cache can be written.

    What other processes have stored since this one began stays, and is used here too.
    """
    table |= _stored(file)
    write_table(file, {key: astuple(variant) for key, variant in table.items()})


def _fastest(
    runtime: Runtime, problem: Problem, variants: Sequence[Variant]
) -> Variant:
    """Time variants of a problem that has memory of its own; return the fastest."""
    launches = [cpu_launch(runtime.device, problem, variant) for variant in variants]
    slots = {slot for launch in launches for slot in launch.slots}
    buffers = {slot: runtime.allocate(slot.nbytes, "a trial run") for slot in slots}
    trials = [
        runtime.prepare(f"kernel void k0{launch.text}", ["k0"], [launch], buffers)
        for launch in launches
    ]
    best = [math.inf] * len(trials)
    for trial in trials:
        runtime.launch(trial)
    for _ in range(ROUNDS):
        for i, trial in enumerate(trials):
            runtime.queue.finish()
            begin = time.perf_counter()
            runtime.launch(trial)
            runtime.queue.finish()
            best[i] = min(best[i], time.perf_counter() - begin)
    return variants[best.index(min(best))]
