"""The text of a kernel: its lines and arguments, and how it reads and writes memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from chainrule.backends.opencl.source.index import ANYWHERE, FLAT, LANE, Index
from chainrule.backends.opencl.source.layout import Argument, Floats, View
from chainrule.dtypes import Dtype


class NotVector(Exception):
    """The elements of a vector are not side by side: take them one by one."""


class Value(NamedTuple):
    """A C expression: its text, its dtype, and whether it is a vector."""

    text: str
    dtype: Dtype
    vector: bool = False


class KernelText:
    """The text of one kernel, line by line.

    Args:
        floats: the C type of floats.
        width: elements in a vector; 1 for single numbers.

    Attributes:
        valid: how many lanes of a vector count, or None for all.
        args: the arguments, and the name of each.
        lines: the statements so far.
    """

    def __init__(self, floats: Floats, width: int) -> None:
        self.floats = floats
        self.width = width
        self.valid: int | None = None
        self.args: dict[Argument, str] = {}
        self.lines: list[str] = []
        self._names = 0
        self._depth = 1

    def line(self, text: str) -> None:
        """Append a line."""
        self.lines.append("    " * self._depth + text)

    def paste(self, text: str) -> None:
        """Append lines that are indented already."""
        self.lines.append(text.removeprefix("\n"))

    def fresh(self) -> str:
        """Return a name for a value."""
        self._names += 1
        return f"v{self._names}"

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Append a block with the lines that are appended inside."""
        self.line(f"{head} {{")
        self._depth += 1
        yield
        self._depth -= 1
        self.line("}")

    @contextmanager
    def lanes(self, valid: int | None) -> Iterator[None]:
        """Read and write only the first lanes of vectors, or all of them for None."""
        before, self.valid = self.valid, valid
        yield
        self.valid = before

    def row_indices(self, rows: Sequence[int], row: str) -> None:
        """Declare the index along each axis but the last, from the number of a row."""
        step = math.prod(rows)
        for axis, size in enumerate(rows):
            if size == 1:
                continue
            step //= size
            text = row if step == 1 else f"{row} / {step}"
            if step * size < math.prod(rows):
                text += f" % {size}"
            self.line(f"const int r{axis} = {text};")

    # -- arguments and types -------------------------------------------------------

    def argument(self, pointer: Argument) -> str:
        """Return the name of a pointer."""
        return self.args.setdefault(pointer, f"a{len(self.args)}")

    def ctype(self, dtype: Dtype, vector: bool = False) -> str:
        """Return the C type of a value."""
        if dtype == "int":
            return "long"
        masks = {"float": "int", "double": "long"}
        name = self.floats if dtype == "float" else masks[self.floats]
        return f"{name}{self.width}" if vector and self.width > 1 else name

    def valid_lanes(self) -> str:
        """Return a vector that is -1 in each lane that counts and 0 elsewhere."""
        valid = self.width if self.valid is None else self.valid
        lanes = ", ".join("-1" if i < valid else "0" for i in range(self.width))
        return f"({self.ctype('bool', True)})({lanes})"

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

    # -- memory --------------------------------------------------------------------

    def load(self, view: View, index: Index, dtype: Dtype) -> Value:
        """Return an element, or a vector of elements, of a stored array.

        Raises:
            NotVector: the elements of the vector do not lie side by side.
        """
        name = self.argument(view.pointer)
        offset, along = self._offset(view, index)
        vector = along and self.width > 1
        if vector and dtype == "int":
            raise NotVector
        if vector:
            text = self._vector_load(name, view.ctype, offset)
        else:
            text = f"{name}[{offset}]"
        if dtype == "bool":
            text = f"{text} != 0" if vector else f"-({text} != 0)"
        elif view.ctype != self.ctype(dtype) and not vector:
            text = f"({self.ctype(dtype)}){text}"
        return Value(text, dtype, vector)

    def store(self, view: View, index: Index, value: Value) -> None:
        """Write a value where it belongs.

        Raises:
            NotVector: the elements of the vector do not lie side by side.
        """
        name = self.argument(view.pointer)
        offset, along = self._offset(view, index)
        vector = along and self.width > 1
        text = self.cast(value, value.dtype, vector)
        if value.dtype == "bool":
            text = f"-{text}" if vector else f"({text} != 0)"
        if not vector:
            self.line(f"{name}[{offset}] = {text};")
            return
        if view.ctype != self.ctype("bool" if value.dtype == "bool" else "float"):
            text = f"convert_{view.ctype}{self.width}({text})"
        if self.valid is None:
            self.line(f"vstore{self.width}({text}, 0, {name} + {offset});")
            return
        vector_name = self.fresh()
        self.line(f"const {view.ctype}{self.width} {vector_name} = {text};")
        for start, size in pieces(self.valid):
            lanes = "".join("0123456789abcdef"[start : start + size])
            where = f"{name} + {offset} + {start}"
            if size > 1:
                self.line(f"vstore{size}({vector_name}.s{lanes}, 0, {where});")
            else:
                self.line(f"*({where}) = {vector_name}.s{lanes};")

    def _offset(self, view: View, index: Index) -> tuple[str, bool]:
        """Return where an element is after the first, and whether lanes go along it."""
        if index == FLAT:
            if not view.contiguous:
                raise NotVector
            return "i", True
        assert ANYWHERE not in index
        terms, along = [], False
        for i, stride in zip(index, view.strides, strict=True):
            if stride == 0 or i == "0":
                continue
            if i == LANE:
                if stride != 1 and self.width > 1:
                    raise NotVector
                along = True
            terms.append(i if stride == 1 else f"{i} * {stride}")
        return " + ".join(terms) or "0", along

    def _vector_load(self, name: str, ctype: str, offset: str) -> str:
        if self.valid is None:
            text = f"vload{self.width}(0, {name} + {offset})"
        else:
            parts = [
                f"vload{size}(0, {name} + {offset} + {start})"
                if size > 1
                else f"*({name} + {offset} + {start})"
                for start, size in pieces(self.valid)
            ]
            zeros = ["0"] * (self.width - self.valid)
            text = f"({ctype}{self.width})({', '.join(parts + zeros)})"
        wanted = self.ctype("bool" if ctype == "uchar" else "float")
        return text if ctype == wanted else f"convert_{wanted}{self.width}({text})"


def pieces(valid: int) -> Iterator[tuple[int, int]]:
    """Cut the first lanes of a vector into shorter vectors: their starts and sizes."""
    start = 0
    for size in (8, 4, 2, 1):
        if valid & size:
            yield start, size
            start += size


def float_literal(number: float, floats: Floats) -> str:
    """Return a number as a C literal of a type of float."""
    if math.isnan(number):
        return f"({floats})NAN"
    if math.isinf(number):
        return f"({floats}){'-' if number < 0 else ''}INFINITY"
    value = float(number) if floats == "double" else float(np.float32(number))
    if math.isinf(value):
        return float_literal(value, floats)
    text = repr(value) if floats == "double" else f"{value!r}f"
    return f"({text})" if value < 0 or text.startswith("-") else text
