"""Best fit: memory that is no longer read, reused for what fits it best."""

from __future__ import annotations

from typing import Generic, TypeVar

Block = TypeVar("Block")


class FreeBlocks(Generic[Block]):
    """Free blocks of memory; a block is of any type that the backend chooses."""

    def __init__(self) -> None:
        self._by_size: dict[int, list[Block]] = {}

    def add(self, block: Block, nbytes: int) -> None:
        """Add a block of `nbytes` that is no longer read."""
        self._by_size.setdefault(nbytes, []).append(block)

    def take(self, nbytes: int) -> Block | None:
        """Take the smallest block that `nbytes` fit into, or None to allocate one.

        A block more than four times as large waits for something larger.
        """
        fits = [size for size in self._by_size if nbytes <= size <= 4 * nbytes + 256]
        if not fits:
            return None
        size = min(fits)
        block = self._by_size[size].pop()
        if not self._by_size[size]:
            del self._by_size[size]
        return block
