"""The verdict: values as written and as rewritten, judged by the exact ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.errors import ConformanceError
from chainrule.node import Node
from chainrule.testing.fuzz.exact import exact, mp
from chainrule.testing.fuzz.problem import Array

CLOSE: Mapping[str, float] = {"float32": 1e-4, "float64": 1e-8}
"""How far a value may be off, relative to the largest of its array or to 1."""
WORSE = 30.0
"""How many times further off than rounding takes the written form another may be."""
NOISE, PAIRS = 1e-25, 4
"""How what rounding does is estimated: by small random errors, and their opposites.

ln(1 − σ(z)) of a large z has no value where an error makes σ(z) more than one, and one
where the opposite error makes it less: such a value is not settled.
"""


def faults(
    nodes: Sequence[Node],
    feeds: Mapping[Any, Array],
    written: Sequence[Array],
    rewritten: Sequence[Array],
    dtype: str = "float64",
) -> dict[int, str]:
    """Return the index of each wrong node, and what is wrong with it.

    Close values pass. Where they are not close the exact ones decide, if there are any;
    see `chainrule.program.passes` for what may differ.
    """
    suspects = [
        i for i, (w, r) in enumerate(zip(written, rewritten, strict=True))
        if not _agree(w, r, CLOSE[dtype])
    ]  # fmt: skip
    if not suspects:
        return {}
    found: dict[int, str] = {}
    for digits in (50, 1000):
        disputed = [nodes[i] for i in suspects]
        try:
            right, rounding = _settled(disputed, feeds, digits, dtype)
        except ConformanceError:  # random numbers: what is written is right
            return {i: f"{rewritten[i]} instead of {written[i]}" for i in suspects}
        found = {
            i: said
            for i, e, off in zip(suspects, right, rounding, strict=True)
            if (said := _difference(written[i], rewritten[i], e, off, dtype))
        }
        suspects = list(found)
        if not suspects:
            break
    return found


def _settled(
    nodes: Sequence[Node], feeds: Mapping[Any, Array], digits: int, dtype: str
) -> tuple[list[Array], list[Array]]:
    """Return the exact values of nodes, and how far off rounding can take them.

    Rounding can take a value infinitely far where small errors make it NaN or infinite,
    or keep it from being that: as ln(1 − σ(z)) for large z. Numbers below the smallest
    normal one can be lost, and with them their sign.
    """
    limits = np.finfo(dtype)
    smallest = float(limits.smallest_normal)
    least = smallest / float(limits.eps)
    right = exact(nodes, feeds, digits)
    shaken = [
        exact(nodes, feeds, digits, noise=noise, least=least, seed=seed)
        for seed in range(PAIRS)
        for noise in (NOISE, -NOISE)
    ]
    flushed = exact(nodes, feeds, digits, smallest=smallest)
    rounding = []
    for k, e in enumerate(right):
        far = np.zeros(e.shape, object)
        for index in np.ndindex(e.shape):
            off = max(_distance(sample[k][index], e[index]) for sample in shaken)
            lost = _distance(flushed[k][index], e[index])
            far[index] = max(off * (float(limits.eps) / NOISE), lost)
        rounding.append(far)
    return right, rounding


def _distance(a: Any, b: Any) -> Any:
    if a == b or (mp.isnan(a) and mp.isnan(b)):
        return mp.mpf(0)
    return abs(a - b) if mp.isfinite(a) and mp.isfinite(b) else mp.inf


def _agree(a: Array, b: Array, close: float) -> bool:
    if a.shape != b.shape or not (np.isfinite(a) == np.isfinite(b)).all():
        return False
    finite = np.isfinite(a)
    scale = max(1.0, float(np.abs(a[finite]).max(initial=0)))
    return bool((np.abs(a[finite] - b[finite]) <= close * scale).all())


def _text(x: Any) -> str:
    """Write a number whose exponent may be of any size."""
    size = abs(x)
    if 1e-300 < size < 1e300 or not mp.isfinite(x) or x == 0:
        return str(mp.nstr(x, 6))
    return f"{'−' if x < 0 else ''}10^{mp.nstr(mp.log10(size), 6)}"


def _difference(
    written: Array, rewritten: Array, right: Array, rounding: Array, dtype: str
) -> str:
    """Say where a rewritten value is not what it may be.

    Args:
        written: the values as written.
        rewritten: the others.
        right: the exact values.
        rounding: by how much rounding can change the values as written.
        dtype: that of the computation.
    """
    if written.shape != rewritten.shape:
        return f"shape {rewritten.shape} instead of {written.shape}"
    largest = float(np.finfo(dtype).max)
    scale = max([mp.mpf(1), *(abs(x) for x in right.flat if abs(x) <= largest)])
    every = zip(written.flat, rewritten.flat, right.flat, rounding.flat, strict=True)
    for w, r, e, off in every:
        told = f"{r} instead of {_text(e)} (as written: {w})"
        if mp.isinf(off):
            continue
        if np.isfinite(w) and not np.isfinite(r):
            if abs(e) + WORSE * off < largest * (1 - CLOSE[dtype]):
                return told
        elif np.isfinite(r):
            allowed = CLOSE[dtype] * scale + WORSE * off
            if np.isfinite(w):
                allowed += WORSE * abs(mp.mpf(float(w)) - e)
            if not abs(mp.mpf(float(r)) - e) <= allowed:
                return told
    return ""
