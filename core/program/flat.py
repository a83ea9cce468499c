"""Flat vectors: many parameters of one kind in one buffer, with a view for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.dtypes import Dtype
from chainrule.node import Node, Parameter
from chainrule.ops import Op, reshape, slice_
from chainrule.program.sizes import count
from chainrule.scopes import inside
from chainrule.shapes import Shape


class Pack(Op):
    """y = the elements of all operands in one vector, operand by operand."""

    def infer(self, *parts: Node) -> tuple[Shape, Dtype]:
        return (sum(map(count, parts)),), "float"

    def written(self, node: Node) -> tuple[str, str]:
        slots = ", ".join(f"{{{i}}}" for i in range(len(node.inputs)))
        return f"({slots})", rf"\left({slots}\right)"


def places(pack: Node) -> Iterator[tuple[Node, int]]:
    """Yield each operand of a `Pack`, and how many elements come before it."""
    start = 0
    for part in pack.inputs:
        yield part, start
        start += count(part)


class Flat(Parameter):
    """A vector parameter whose parts are the values of other parameters.

    The members' values become views of this one's, so an op on the vector acts on all
    members at once.

    Args:
        name: its name.
        members: the parameters to lay out, in this order.
        dtype: NumPy dtype of the buffer.
    """

    __slots__ = ("members", "offsets")

    def __init__(
        self, name: str, members: Iterable[Parameter], dtype: str = "float32"
    ) -> None:
        self.members = tuple(members)
        sizes = [p.value.size for p in self.members]
        self.offsets = [0, *np.cumsum(sizes, dtype=int).tolist()]
        super().__init__(name, aligned(self.offsets[-1], np.dtype(dtype)))
        for part, member in zip(self.parts(), self.members, strict=True):
            np.copyto(part, member.value, casting="same_kind")
            member.value = part

    def parts(self) -> list[npt.NDArray[Any]]:
        """Return a view of the buffer for each member, in the member's shape."""
        return [
            self.value[start:stop].reshape(member.shape)  # type: ignore[arg-type]
            for (start, stop), member in zip(
                pairwise(self.offsets), self.members, strict=True
            )
        ]

    def split(self, vector: Node) -> list[Node]:
        """Return a vector's part for each member, with its shape, scope and name."""
        parts = []
        for (start, stop), member in zip(
            pairwise(self.offsets), self.members, strict=True
        ):
            with inside(member.scope):
                part = reshape(slice_(vector, slice(start, stop)), member.shape)
            parts.append(part.named(member.name or "parameter"))
        return parts

    def pack(self, nodes: Sequence[Node]) -> Node:
        """Return one vector with the nodes laid out like the members."""
        return Pack()(*nodes)


def aligned(size: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return zeros that start at a multiple of 64 bytes, a cache line."""
    raw = np.zeros(size * dtype.itemsize + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + size * dtype.itemsize].view(dtype)
