"""Threads: a single one for products of up to a tenth of a millisecond.

BLAS shares a product among all cores and waits for each of them. On a product this
small that gains little, and on a busy computer the wait for a thread that has lost its
core takes tens of milliseconds: hundreds of times the product itself.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

from chainrule import ops
from chainrule.node import Node
from chainrule.program.sizes import sizes

WORTH_SHARING = 1 << 23
"""Multiplications in a product above which more threads are worth their risk."""


def largest_product(nodes: Iterable[Node]) -> int:
    """Return the multiplications in the largest product that BLAS is given at once."""
    return max(map(_multiplications, nodes), default=0)


def _multiplications(node: Node) -> int:
    if not isinstance(node.op, ops.Matmul):
        return 0
    a, b = node.inputs
    inner = sizes(a)[-2 if node.op.transpose_a else -1]
    # A stack of matrices times one matrix is a single product.
    at_once = sizes(node) if b.ndim == 2 else sizes(node)[-2:]
    return math.prod(at_once) * inner


class OneThread:
    """A context in which BLAS uses one thread, and afterwards as many as before.

    Several Python threads may be in it at a time. The count is global in some builds of
    BLAS and belongs to a thread in others, so each one that leaves restores it: those
    that go on are slower at worst.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._before: list[int] = []

    @functools.cached_property
    def _libraries(self) -> list[Any]:
        return list(ThreadpoolController().select(user_api="blas").lib_controllers)

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._before = [found.num_threads for found in self._libraries]
            self._inside += 1
            self._set([1] * len(self._libraries))

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._inside -= 1
            self._set(self._before)

    def _set(self, counts: list[int]) -> None:
        for library, count in zip(self._libraries, counts, strict=True):
            library.set_num_threads(count)


ONE_THREAD = OneThread()
