"""Tuning: which form of a matrix product a device computes fastest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .product import Problem
    from .runtime import Runtime


@dataclass(frozen=True)
class Variant:
    """One form of a product on a processor.

    Attributes:
        rows: of a tile; how many elements of A are multiplied with a vector of B.
        vectors: of columns in a tile.
        pack_a: whether A is laid out in panels first.
        pack_b: whether B is.
        fma: whether to ask for fused multiply-adds; otherwise the compiler may fuse.
    """

    rows: int
    vectors: int
    pack_a: bool = False
    pack_b: bool = False
    fma: bool = False


def choose(runtime: Runtime, problem: Problem) -> Variant:
    """Return the best variant for a problem."""
    vectors = 2 if problem.n > 16 else 1
    return Variant(8, vectors)
