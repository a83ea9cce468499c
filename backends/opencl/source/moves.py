"""Kernels of ops that move elements: which element of an operand a result is."""

from __future__ import annotations

from chainrule import ops
from chainrule.backends.opencl.source.body import Body, ElementKernel
from chainrule.backends.opencl.source.index import FLAT, LANE, TRANSPARENT, Index
from chainrule.backends.opencl.source.kernel_text import NotVector, Value
from chainrule.node import Node
from chainrule.ops import Op
from chainrule.program.sizes import sizes
from chainrule.program.storage import row_major


def one_hot(body: Body, node: Node, index: Index) -> Value:
    """Compare the index along the last axis with the one that is given."""
    assert isinstance(node.op, ops.OneHot)
    if index == FLAT:
        raise NotVector
    chosen = body.bounded(node, 0, body.aligned(node, 0, index), node.op.depth)
    if index[-1] != LANE or body.width == 1:
        return body.named(Value(f"({body.floats})({index[-1]} == {chosen})", "float"))
    kind, one = body.ctype("bool", True), f"({body.ctype('float', True)})"
    lanes = ", ".join(map(str, range(body.width)))
    test = f"(({kind})({lanes}) + (int){LANE} == ({kind})((int){chosen}))"
    return body.named(Value(f"{test} ? {one}1 : {one}0", "float", True))


def pick(body: Body, node: Node, index: Index) -> Value:
    """Read the element of a row that an index names."""
    x = node.inputs[0]
    chosen = body.bounded(node, 1, body.aligned(node, 1, index), sizes(x)[-1])
    last = chosen if sizes(x)[-1] > 1 else "0"
    return body.value(x, (*body.aligned(node, 0, index)[:-1], last))


def take(body: Body, node: Node, index: Index) -> Value:
    """Read an element of the row that an index names."""
    x, indices = node.inputs
    row = index[: indices.ndim]
    if index == FLAT or (body.width > 1 and LANE in row):
        raise NotVector
    chosen = body.bounded(node, 1, row, sizes(x)[0])
    return body.value(x, (chosen, *index[indices.ndim :]))


def concatenate(body: Body, node: Node, index: Index) -> Value:
    """Read from the operand that the index along an axis falls into."""
    assert isinstance(node.op, ops.Concatenate)
    _only_single(body, index)
    axis = node.op.axis
    i, start = index[axis], 0
    tests: list[str] = []
    elements: list[str] = []
    for x in node.inputs:
        at = (*index[:axis], f"({i} - {start})", *index[axis + 1 :])
        start += sizes(x)[axis]
        if sizes(x)[axis]:
            tests.append(f"{i} < {start}")
            elements.append(body.element(x, at))
    pairs = zip(tests, elements[:-1], strict=False)
    choices = "".join(f"{test} ? {element} : " for test, element in pairs)
    return body.named(Value(f"{choices}{elements[-1]}", node.dtype))


def unslice(body: Body, node: Node, index: Index) -> Value:
    """Read the element that was cut out here, or 0 where none was."""
    op = node.op
    assert isinstance(op, ops.Unslice)
    _only_single(body, index)
    shape = sizes(node.inputs[0])
    tests, at = [], []
    axes = zip(index, sizes(node), shape, op.ranges, strict=True)
    for i, size, length, cut in axes:
        taken = range(size)[slice(*cut)]
        if taken.start == 0 and taken.step == 1 and length == size:
            at.append(i)
            continue
        beyond = f"({i} - {taken.start})"
        tests.append(f"{beyond} >= 0 && {beyond} < {length * taken.step}")
        if taken.step > 1:
            tests.append(f"{beyond} % {taken.step} == 0")
        at.append(f"({beyond} / {taken.step})")
    if 0 in shape:
        return Value("0", node.dtype)
    element = body.element(node.inputs[0], tuple(at))
    test, kind = " && ".join(tests) or "1", body.ctype(node.dtype)
    return body.named(Value(f"({test}) ? {element} : ({kind})0", node.dtype))


def reshape(body: Body, node: Node, index: Index) -> Value:
    """Read the element that has the same number, counted row by row."""
    if index == FLAT or (body.width > 1 and LANE in index):
        raise NotVector
    terms = zip(index, row_major(sizes(node)), strict=True)
    number = " + ".join(f"{i} * {stride}" for i, stride in terms) or "0"
    name = body.fresh()
    body.line(f"const long {name} = {number};")
    shape = sizes(node.inputs[0])
    at = tuple(
        f"({name} / {stride} % {size})" if size != 1 else "0"
        for size, stride in zip(shape, row_major(shape), strict=True)
    )
    return body.value(node.inputs[0], at)


def see_through(body: Body, node: Node, index: Index) -> Value:
    """Read the one element that an index stands for."""
    return body.value(node.inputs[0], body.aligned(node, 0, index))


def _only_single(body: Body, index: Index) -> None:
    if index == FLAT or body.width > 1:
        raise NotVector


INDEXING: dict[type[Op], ElementKernel] = {
    ops.OneHot: one_hot,
    ops.Pick: pick,
    ops.Take: take,
    ops.Concatenate: concatenate,
    ops.Unslice: unslice,
}
"""Ops that compute one element of the result from few elements of the operands."""
SHAPING: dict[type[Op], ElementKernel] = {
    ops.Reshape: reshape,
    **dict.fromkeys(TRANSPARENT, see_through),
}
"""Shape ops whose operand cannot be viewed in memory."""
