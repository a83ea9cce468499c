"""Bodies: the statements of one kernel, written from the nodes it computes."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from chainrule import ops
from chainrule.graph import Constant, Dtype, Node
from chainrule.ops import Elementwise
from chainrule.ops.base import widest

from .fuse import ANYWHERE, LANE, Index, operand_index
from .kernels import LOGIC, RELATIONS
from .layout import Slot, View, row_major, sizes

FLAT: Index = ("i",)
"""The index of a kernel that takes all its arrays as one long row."""


class NotVector(Exception):
    """The elements of a vector are not side by side: take them one by one."""


class Number(NamedTuple):
    """A number that is computed on the host and given to a kernel as an argument."""

    node: Node


class Value(NamedTuple):
    """A C expression: what it stands for, and whether it is a vector."""

    text: str
    dtype: Dtype
    vector: bool = False


class Body:
    """The code of one kernel.

    Args:
        floats: ``"float"`` or ``"double"``.
        width: elements in a vector; 1 for single numbers.
        views: where stored nodes lie.
        numbers: nodes that the host computes.
        templates: the expression for each elementwise op.
    """

    def __init__(
        self,
        floats: str,
        width: int,
        views: Callable[[Node], View | None],
        numbers: Callable[[Node], bool],
        templates: Mapping[type, str],
    ) -> None:
        self.floats = floats
        self.width = width
        self.valid: int | None = None
        self.args: dict[tuple[Slot, str] | Number, str] = {}
        self.lines: list[str] = []
        self.after: Callable[[Node, Value], None] | None = None
        self.bound: Callable[[str, int, Node], str] | None = None
        self.own: Container[Node] = ()
        self._views = views
        self._numbers = numbers
        self._templates = templates
        self._memo: list[dict[tuple[Node, Index], Value]] = [{}]
        self._count = 0
        self._depth = 1

    # -- text ----------------------------------------------------------------------

    def line(self, text: str) -> None:
        """Append a line."""
        self.lines.append("    " * self._depth + text)

    def fresh(self) -> str:
        """Return a name for a value."""
        self._count += 1
        return f"v{self._count}"

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write a block; values computed in it are forgotten after it."""
        self.line(f"{head} {{")
        self._depth += 1
        self._memo.append({})
        yield
        self._memo.pop()
        self._depth -= 1
        self.line("}")

    def argument(self, slot: Slot, ctype: str) -> str:
        """Return the name of the pointer to a slot."""
        return self.args.setdefault((slot, ctype), f"a{len(self.args)}")

    def remember(self, node: Node, index: Index, value: Value) -> None:
        """Give a node's value, computed in some other way."""
        self._memo[-1][node, index] = value

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

    # -- values --------------------------------------------------------------------

    def value(self, node: Node, index: Index) -> Value:
        """Return the value of a node at an index, writing the statements it needs."""
        for memo in reversed(self._memo):
            if (node, index) in memo:
                return memo[node, index]
        value = self._known(node, index) or self._computed(node, index)
        self._memo[-1][node, index] = value
        return value

    def _known(self, node: Node, index: Index) -> Value | None:
        if self._numbers(node):
            name = self.args.setdefault(Number(node), f"a{len(self.args)}")
            return Value(name, "float")
        if isinstance(node, Constant) and node.value.size == 1:
            return self.literal(node)
        view = None if node in self.own else self._views(node)
        if view is None:
            return None
        return self._named(self.load(view, index, node.dtype))

    def literal(self, node: Constant) -> Value:
        """Return a constant of one element as a C literal."""
        number = node.value.reshape(()).item()
        if node.dtype == "bool":
            return Value("(-1)" if number else "0", "bool")
        if node.dtype == "int":
            return Value(f"({number}L)", "int")
        return Value(float_literal(number, self.floats), "float")

    def _computed(self, node: Node, index: Index) -> Value:
        op = node.op
        if isinstance(op, Elementwise):
            operands = [self.value(x, self._aligned(node, k, index))
                        for k, x in enumerate(node.inputs)]  # fmt: skip
            value = self._named(self.apply(node, operands))
            if self.after:
                self.after(node, value)
            return value
        if isinstance(op, ops.OneHot):
            return self._one_hot(node, op.depth, index)
        if isinstance(op, ops.Pick):
            chosen = self._chosen(node, index, sizes(node.inputs[0])[-1])
            at = self._aligned(node, 0, index)
            return self.value(node.inputs[0], (*at[:-1], chosen))
        if isinstance(op, ops.Take):
            return self._take(node, index)
        if isinstance(op, ops.Concatenate):
            return self._concatenate(node, op.axis, index)
        if isinstance(op, ops.Unslice):
            return self._unslice(node, op, index)
        if isinstance(op, ops.Reshape):
            return self.value(node.inputs[0], self._unravelled(node, index))
        if isinstance(op, ops.Transpose):
            back = tuple(index[op.axes.index(a)] for a in range(len(index)))
            return self.value(node.inputs[0], back)
        return self.value(node.inputs[0], self._aligned(node, 0, index))

    def _aligned(self, node: Node, position: int, index: Index) -> Index:
        x = node.inputs[position]
        if index == FLAT:
            if all(s == 1 for s in x.shape):
                return ("0",) * x.ndim
            if isinstance(node.op, Elementwise) and x.shape == node.shape:
                return FLAT
            raise NotVector
        aligned = operand_index(node, position, index)
        assert aligned is not None
        return aligned

    def _named(self, value: Value) -> Value:
        name = self.fresh()
        self.line(
            f"const {self.ctype(value.dtype, value.vector)} {name} = {value.text};"
        )
        return Value(name, value.dtype, value.vector)

    # -- elementwise ---------------------------------------------------------------

    def apply(self, node: Node, operands: list[Value]) -> Value:
        """Return an elementwise op applied to values."""
        op_class = type(node.op)
        vector = any(v.vector for v in operands)
        values = operands[1:] if op_class is ops.Where else operands
        dtype: Dtype = node.dtype
        if op_class in RELATIONS:
            dtype = values[0].dtype
            for v in values[1:]:
                dtype = widest(dtype, v.dtype)
        elif dtype == "bool" and op_class not in LOGIC:
            dtype = "int"
        texts = [self.cast(v, dtype, vector) for v in values]
        if op_class is ops.Where:
            texts.insert(0, self.cast(operands[0], "bool", vector))
        text = self._templates[op_class].format(*texts)
        if dtype == "int" and node.dtype == "bool" and op_class not in RELATIONS:
            text = f"-(({text}) != 0)"
        elif op_class in RELATIONS and not vector:
            text = f"-({text})"
        return Value(text, node.dtype, vector)

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

    # -- indexing ------------------------------------------------------------------

    def _chosen(self, node: Node, index: Index, bound: int) -> str:
        """Return the place that an index operand names, kept within bounds."""
        position = 0 if isinstance(node.op, ops.OneHot) else 1
        at = index
        if not isinstance(node.op, ops.Take):
            at = self._aligned(node, position, index)
        value = self.value(node.inputs[position], at)
        if value.vector:
            raise NotVector
        return self.bound(value.text, bound, node) if self.bound else value.text

    def _one_hot(self, node: Node, depth: int, index: Index) -> Value:
        if index == FLAT:
            raise NotVector
        chosen = self._chosen(node, index, depth)
        if index[-1] == LANE and self.width > 1:
            kind = self.mask(True)
            lanes = ", ".join(map(str, range(self.width)))
            test = f"(({kind})({lanes}) + (int){LANE} == ({kind})((int){chosen}))"
            one = f"({self.ctype('float', True)})"
            return self._named(Value(f"{test} ? {one}1 : {one}0", "float", True))
        return self._named(Value(f"({self.floats})({index[-1]} == {chosen})", "float"))

    def _take(self, node: Node, index: Index) -> Value:
        x, indices = node.inputs
        if index == FLAT or (self.width > 1 and LANE in index[: indices.ndim]):
            raise NotVector
        chosen = self._chosen(node, index[: indices.ndim], sizes(x)[0])
        return self.value(x, (chosen, *index[indices.ndim :]))

    def _concatenate(self, node: Node, axis: int, index: Index) -> Value:
        if index == FLAT or self.width > 1:
            raise NotVector
        place, start = index[axis], 0
        choices = []
        for x in node.inputs:
            at = (*index[:axis], f"({place} - {start})", *index[axis + 1 :])
            start += sizes(x)[axis]
            if sizes(x)[axis]:
                choices.append(f"{place} < {start} ? {self._element(x, at)} : ")
        choices[-1] = choices[-1].split(" ? ", 1)[1].removesuffix(" : ")
        return self._named(Value("".join(choices), node.dtype))

    def _element(self, x: Node, index: Index) -> str:
        """Return one element of a stored operand, not read unless it is chosen."""
        view = self._views(x)
        if view is None:
            assert isinstance(x, Constant)
            return self.literal(x).text
        return self.load(view, index, x.dtype).text

    def _unslice(self, node: Node, op: ops.Unslice, index: Index) -> Value:
        if index == FLAT or self.width > 1:
            raise NotVector
        tests, at = [], []
        shape = sizes(node.inputs[0])
        for i, size, length, given in zip(
            index, sizes(node), shape, op.ranges, strict=True
        ):
            start, step = range(size)[slice(*given)].start, given[2]
            place = f"({i} - {start})"
            if start == 0 and step == 1 and length == size:
                at.append(i)
                continue
            tests.append(f"{place} >= 0 && {place} < {length * step}")
            tests.append(f"{place} % {step} == 0" if step > 1 else "1")
            at.append(f"({place} / {step})")
        if 0 in shape:
            return Value("0", node.dtype)
        part = self._element(node.inputs[0], tuple(at))
        test = " && ".join(t for t in tests if t != "1") or "1"
        kind = self.ctype(node.dtype)
        return self._named(Value(f"({test}) ? {part} : ({kind})0", node.dtype))

    def _unravelled(self, node: Node, index: Index) -> Index:
        """Return the index before a reshape that moves elements between axes."""
        if index == FLAT or (self.width > 1 and LANE in index):
            raise NotVector
        steps = row_major(sizes(node))
        place = (
            " + ".join(f"{i} * {s}" for i, s in zip(index, steps, strict=True)) or "0"
        )
        name = self.fresh()
        self.line(f"const long {name} = {place};")
        shape = sizes(node.inputs[0])
        return tuple(
            f"({name} / {step} % {size})" if size != 1 else "0"
            for size, step in zip(shape, row_major(shape), strict=True)
        )

    # -- memory --------------------------------------------------------------------

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
