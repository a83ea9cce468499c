"""Tuning: which form of a matrix product a device computes fastest.

A product that is worth it is timed once in each form, for each device and class of
shapes; the choice is kept in the user's cache folder.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import platformdirs

from chainrule.backends.opencl.source.layout import Slot, View

if TYPE_CHECKING:
    from chainrule.backends.opencl.device.runtime import Runtime
    from chainrule.backends.opencl.products.product import Problem
    from chainrule.backends.opencl.source.launch import Step

WORTH = 1 << 22
"""Additions and multiplications from which a product is timed."""
LARGE = 1 << 26
"""From how many on operands are always packed."""
SKINNY = 32
"""A product with a shorter side than this is not timed."""
ROUNDS = 8


@dataclass(frozen=True)
class Variant:
    """One form of a product on a processor.

    Attributes:
        rows: of a tile; how many elements of A are multiplied with a vector of B.
        vectors: of columns in a tile.
        pack: whether B is copied to local memory, panel by panel.
    """

    rows: int
    vectors: int
    pack: bool = False


Write: TypeAlias = "Callable[[Runtime, Problem, Variant], Step]"

IN_PLACE = (Variant(13, 2), Variant(6, 4))
PACKED = (Variant(13, 2, pack=True), Variant(6, 4, pack=True))


def choose(runtime: Runtime, problem: Problem, write: Write) -> Variant:
    """Return the best variant for a problem, from memory, the cache or a trial.

    `write` writes a problem in a variant, for the trial.
    """
    p = problem
    if p.flops < WORTH or p.batch or min(p.m, p.n, p.k) < SKINNY:
        in_order = p.b.strides[-1] == 1 and p.n % 16 == 0
        rows = min(13, max(1, p.m // 2))
        return Variant(rows, 2, pack=not in_order and p.k > 0 and p.m > 2 * rows)
    table = _table(str(_file(runtime)))
    key = _class(p)
    if key not in table:
        candidates = PACKED if p.b.strides[-1] != 1 or p.flops >= LARGE else IN_PLACE
        table[key] = _fastest(runtime, p, candidates, write)
        _save(_file(runtime), table)
    return table[key]


def _class(p: Problem) -> str:
    """Name a class of products: sizes to a power of two, and which way operands lie."""
    sizes = "x".join(str(1 << round(math.log2(size))) for size in (p.m, p.n, p.k))
    layouts = "".join("n" if x.strides[-1] == 1 else "t" for x in (p.a, p.b))
    return f"{sizes} {layouts} {p.ctype}"


def _file(runtime: Runtime) -> Path:
    device = runtime.found.handle
    name = f"{device.name} {device.driver_version} {device.max_compute_units}"
    safe = "".join(c if c.isalnum() else "-" for c in name)
    return Path(platformdirs.user_cache_dir("chainrule")) / "opencl" / f"{safe}.json"


@functools.cache
def _table(file: str) -> dict[str, Variant]:
    """Return the choices made on a device so far; a file that is damaged is ignored."""
    table = {}
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        for key, fields in json.loads(Path(file).read_text()).items():
            variant = Variant(*fields)
            if variant in IN_PLACE + PACKED:
                table[key] = variant
    return table


def _save(file: Path, table: dict[str, Variant]) -> None:
    with contextlib.suppress(OSError):  # a cache that cannot be written is no fault
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({key: astuple(v) for key, v in table.items()}, indent=1)
        part = file.with_suffix(f".{os.getpid()}")
        part.write_text(text)
        part.replace(file)


def _fastest(
    runtime: Runtime, problem: Problem, candidates: Sequence[Variant], write: Write
) -> Variant:
    """Time variants on buffers of their own; return the fastest."""
    p = replace(problem, a=_scratch(problem.a), b=_scratch(problem.b))
    p = replace(p, finish=problem.finish.plain(p.ctype))
    launches = [runtime.prepared([write(runtime, p, v)]) for v in candidates]
    best = [float("inf")] * len(launches)
    for _ in range(ROUNDS):
        for i, prepared in enumerate(launches):
            runtime.queue.finish()
            begin = time.perf_counter()
            runtime.launch(prepared)
            runtime.queue.finish()
            best[i] = min(best[i], time.perf_counter() - begin)
    return candidates[best.index(min(best))]


def _scratch(view: View) -> View:
    """Return a view of the same form in a slot of its own."""
    size = 8 if view.ctype == "double" else 4
    last = sum((n - 1) * s for n, s in zip(view.shape, view.strides, strict=True))
    return replace(view, slot=Slot(size * (last + 1)), offset=0)
