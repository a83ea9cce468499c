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
NOISE, SAMPLES = 1e-25, 4
"""How what rounding does is estimated: by small random errors, several times."""


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
    limits = np.finfo(dtype)
    least = float(limits.smallest_normal / limits.eps)
    for digits in (50, 1000):
        disputed = [nodes[i] for i in suspects]
        try:
            right = exact(disputed, feeds, digits)
            shaken = [
                exact(disputed, feeds, digits, noise=NOISE, least=least, seed=seed)
                for seed in range(SAMPLES)
            ]
        except ConformanceError:
            right, shaken = [written[i] for i in suspects], []
        found = {}
        for k, (i, e) in enumerate(zip(suspects, right, strict=True)):
            rounding = np.zeros(e.shape, object)
            for sample in shaken:
                rounding = np.fmax(rounding, abs(sample[k] - e))
            rounding = rounding * (float(limits.eps) / NOISE)
            said = _difference(written[i], rewritten[i], e, np.asarray(rounding), dtype)
            if said:
                found[i] = said
        suspects = list(found)
        if not suspects:
            break
    return found


def _agree(a: Array, b: Array, close: float) -> bool:
    if a.shape != b.shape or not (np.isfinite(a) == np.isfinite(b)).all():
        return False
    finite = np.isfinite(a)
    scale = max(1.0, float(np.abs(a[finite]).max(initial=0)))
    return bool((np.abs(a[finite] - b[finite]) <= close * scale).all())


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
    numbers = [mp.mpf(x) for x in right.flat]
    scale = max([mp.mpf(1), *(abs(x) for x in numbers if abs(x) <= largest)])
    allowed = [
        CLOSE[dtype] * scale + (WORSE * x if mp.isfinite(x) else 0)
        for x in map(mp.mpf, rounding.flat)
    ]
    every = zip(written.flat, rewritten.flat, numbers, allowed, strict=True)
    for w, r, e, most in every:
        told = f"{r} instead of {mp.nstr(e, 6)} (as written: {w})"
        if np.isfinite(w) and not np.isfinite(r):
            if abs(e) < largest * (1 - CLOSE[dtype]):
                return told
        elif np.isfinite(r):
            if mp.isnan(e):
                return told
            if np.isfinite(w):
                most += WORSE * abs(mp.mpf(float(w)) - e)
            if not abs(mp.mpf(float(r)) - e) <= most:
                return told
    return ""
