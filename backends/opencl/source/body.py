"""Bodies: the statements of one kernel, written from the nodes it computes."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager

from chainrule import ops
from chainrule.backends.opencl.source.code import (
    FLAT,
    Code,
    NotVector,
    Value,
    float_literal,
)
from chainrule.backends.opencl.source.fusion import LANE, Index, operand_index
from chainrule.backends.opencl.source.layout import View, row_major, sizes
from chainrule.backends.opencl.source.templates import LOGIC, RELATIONS
from chainrule.node import Constant, Dtype, Node
from chainrule.ops import Elementwise
from chainrule.ops.base import widest


class Body(Code):
    """The code that computes nodes.

    Args:
        floats: ``"float"`` or ``"double"``.
        width: elements in a vector; 1 for single numbers.
        views: where stored nodes lie.
        numbers: where the numbers lie that the host computes.
        templates: the expression for each elementwise op.

    Attributes:
        own: nodes that are to be computed, though they are stored somewhere.
        after: called with each node that was computed, and its value.
        bound: called with an index, how large it may be, and the node that uses it;
            returns the index to use.
    """

    def __init__(
        self,
        floats: str,
        width: int,
        views: Callable[[Node], View | None],
        numbers: Callable[[Node], View | None],
        templates: Mapping[type, str],
    ) -> None:
        super().__init__(floats, width)
        self.after: Callable[[Node, Value], None] | None = None
        self.bound: Callable[[str, int, Node], str] | None = None
        self.own: Container[Node] = ()
        self._views = views
        self._numbers = numbers
        self._templates = templates
        self._memo: list[dict[tuple[Node, Index], Value]] = [{}]

    def remember(self, node: Node, index: Index, value: Value) -> None:
        """Give a node's value, computed in some other way."""
        self._memo[-1][node, index] = value

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Write a block; values computed in it are forgotten after it."""
        with super().block(head):
            self._memo.append({})
            yield
            self._memo.pop()

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
        if isinstance(node, Constant) and node.value.size == 1:
            return self.literal(node)
        view = self._numbers(node)
        if view is None and node not in self.own:
            view = self._views(node)
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
