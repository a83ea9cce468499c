"""Threads: products of a tenth of a millisecond are done by one.

BLAS shares a product among all cores and waits for each of them. On a product this
small that gains little, and on a computer that is busy the wait for a thread that has
lost its core takes tens of milliseconds: hundreds of times the product itself.
"""

from __future__ import annotations

import functools
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController

WORTH_SHARING = 1 << 23
"""Multiplications in a product above which more threads are worth their risk."""


class OneThread:
    """A block in which BLAS uses one thread, and afterwards as many as before.

    Blocks of several Python threads may overlap. The count is global in some builds of
    BLAS and belongs to a thread in others, so each block that ends puts it back: those
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
