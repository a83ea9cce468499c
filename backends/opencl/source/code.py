"""Code: the text of one kernel, its arguments, and how it reads and writes memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from chainrule.backends.opencl.source.fusion import ANYWHERE, LANE, Index
from chainrule.backends.opencl.source.layout import Slot, View
from chainrule.node import Dtype

FLAT: Index = ("i",)
"""The index of a kernel that takes all its arrays as one long row."""


class NotVector(Exception):
    """The elements of a vector are not side by side: take them one by one."""


class Value(NamedTuple):
    """A C expression: what it stands for, and whether it is a vector."""

    text: str
    dtype: Dtype
    vector: bool = False


class Code:
    """The text of one kernel.

    Args:
        floats: ``"float"`` or ``"double"``.
        width: elements in a vector; 1 for single numbers.

    Attributes:
        valid: how many lanes of a vector count, or None for all.
        args: the name of each argument.
    """

    def __init__(self, floats: str, width: int) -> None:
        self.floats = floats
        self.width = width
        self.valid: int | None = None
        self.args: dict[tuple[Slot, str], str] = {}
        self.lines: list[str] = []
        self._count = 0
        self._depth = 1

    def line(self, text: str) -> None:
        """Append a line."""
        self.lines.append("    " * self._depth + text)

    def fresh(self) -> str:
        """Return a name for a value."""
        self._count += 1
        return f"v{self._count}"

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write a block."""
        self.line(f"{head} {{")
        self._depth += 1
        yield
        self._depth -= 1
        self.line("}")

    def argument(self, slot: Slot, ctype: str) -> str:
        """Return the name of the pointer to a slot."""
        return self.args.setdefault((slot, ctype), f"a{len(self.args)}")

    def mask(self, vector: bool) -> str:
        """Return the C type of a condition."""
        return self.ctype("bool", vector)

    def ctype(self, dtype: Dtype, vector: bool = False) -> str:
        """Return the C type of a value."""
        if dtype == "int":
            return "long"
        masks = {"float": "int", "double": "long"}
        name = self.floats if dtype == "float" else masks[self.floats]
        return f"{name}{self.width}" if vector and self.width > 1 else name

    def cast(self, value: Value, dtype: Dtype, vector: bool = False) -> str:
        """Return a value as another type, or repeated in a vector.

        Raises:
            NotVector: it would have to be a vector of integers.
        """
        text, given, is_vector = value
        if (is_vector and "int" in (dtype, given)) or (vector and dtype == "int"):
            raise NotVector
        if given == "bool" and dtype != "bool":
            kind = self.ctype(dtype, is_vector)
            text = f"({text} ? ({kind})1 : ({kind})0)"
        elif dtype == "bool" and given != "bool":
            text = f"({text} != 0)" if is_vector else f"-({text} != 0)"
        elif given != dtype:
            text = f"({self.ctype(dtype)})({text})"
        if vector and not is_vector:
            text = f"({self.ctype(dtype, True)})({text})"
        return text

    def load(self, view: View, index: Index, dtype: Dtype) -> Value:
        """Return an element, or a vector of elements, of a stored array."""
        name = self.argument(view.slot, view.ctype)
        place, vector = self._place(view, index)
        wide = vector and self.width > 1
        if wide and dtype == "int":
            raise NotVector
        text = (
            self._vector_load(name, view.ctype, place) if wide else f"{name}[{place}]"
        )
        if dtype == "bool":
            text = f"{text} != 0" if wide else f"-({text} != 0)"
        elif view.ctype != self.ctype(dtype) and not wide:
            text = f"({self.ctype(dtype)}){text}"
        return Value(text, dtype, wide)

    def _place(self, view: View, index: Index) -> tuple[str, bool]:
        """Return an element's place in its buffer, and whether a lane goes along it."""
        if index == FLAT:
            if not view.contiguous:
                raise NotVector
            return f"{view.offset} + i" if view.offset else "i", True
        assert ANYWHERE not in index
        terms, vector = [str(view.offset)] if view.offset else [], False
        for i, stride in zip(index, view.strides, strict=True):
            if stride == 0 or i == "0":
                continue
            if i == LANE:
                if stride != 1 and self.width > 1:
                    raise NotVector
                vector = True
            terms.append(i if stride == 1 else f"{i} * {stride}")
        return " + ".join(terms) or "0", vector

    def _vector_load(self, name: str, ctype: str, place: str) -> str:
        w = self.width
        if self.valid is None:
            text = f"vload{w}(0, {name} + {place})"
        else:
            at, parts = 0, []
            for piece in _pieces(self.valid):
                where = f"{name} + {place} + {at}"
                parts.append(
                    f"vload{piece}(0, {where})" if piece > 1 else f"*({where})"
                )
                at += piece
            zeros = ["0"] * (w - at)
            text = f"({ctype}{w})({', '.join(parts + zeros)})"
        target = self.ctype("bool" if ctype == "uchar" else "float")
        return text if ctype == target else f"convert_{target}{w}({text})"

    def store(self, view: View, index: Index, value: Value) -> None:
        """Write a value where it belongs."""
        name = self.argument(view.slot, view.ctype)
        place, lane = self._place(view, index)
        wide = lane and self.width > 1
        text = self.cast(value, value.dtype, wide)
        if value.dtype == "bool":
            text = f"-{text}" if wide else f"({text} != 0)"
        if not wide:
            self.line(f"{name}[{place}] = {text};")
            return
        source = self.ctype("bool" if value.dtype == "bool" else "float")
        if view.ctype != source:
            text = f"convert_{view.ctype}{self.width}({text})"
        if self.valid is None:
            self.line(f"vstore{self.width}({text}, 0, {name} + {place});")
            return
        kept = self.fresh()
        self.line(f"const {view.ctype}{self.width} {kept} = {text};")
        at = 0
        for piece in _pieces(self.valid):
            lanes = "".join("0123456789abcdef"[at : at + piece])
            where = f"{name} + {place} + {at}"
            if piece > 1:
                self.line(f"vstore{piece}({kept}.s{lanes}, 0, {where});")
            else:
                self.line(f"*({where}) = {kept}.s{lanes};")
            at += piece


def _pieces(valid: int) -> Iterator[int]:
    for piece in (8, 4, 2, 1):
        if valid & piece:
            yield piece


def float_literal(number: float, floats: str) -> str:
    """Return a number as a C literal of a type of float."""
    if np.isnan(number):
        return f"({floats})NAN"
    if np.isinf(number):
        return f"({floats}){'-' if number < 0 else ''}INFINITY"
    value = float(number) if floats == "double" else float(np.float32(number))
    if np.isinf(value):
        return float_literal(value, floats)
    text = repr(value) if floats == "double" else f"{value!r}f"
    return f"({text})" if value < 0 or text.startswith("-") else text
