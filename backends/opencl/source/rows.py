"""Rows: kernels that compute a group of nodes, element by element or row by row."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from chainrule import ops
from chainrule.backends.opencl.source.body import Body
from chainrule.backends.opencl.source.code import FLAT, NotVector, Value
from chainrule.backends.opencl.source.fusion import LANE, Group, Index
from chainrule.backends.opencl.source.launch import Step, from_body
from chainrule.backends.opencl.source.layout import Sizes, View, count
from chainrule.backends.opencl.source.templates import REDUCTIONS
from chainrule.node import Node
from chainrule.ops import Op

MakeBody = Callable[[int], Body]
Target = tuple[Node, Index, View]
"""A node to store, its index in the kernel's terms, and where it goes."""

_START: dict[type[Op], str] = {ops.Sum: "0", ops.Max: "-INFINITY", ops.Min: "INFINITY"}
_MERGE: dict[type[Op], str] = {
    ops.Sum: "{0} + {1}", ops.Max: "maximum({0}, {1})", ops.Min: "minimum({0}, {1})",
}  # fmt: skip


def _op(node: Node) -> type[Op]:
    assert node.op is not None
    return type(node.op)


def write_group(make: MakeBody, group: Group, targets: Sequence[Target]) -> Step:
    """Write the kernel of a group that stores `targets`, in the best form that fits."""
    widths = [make(0).width]
    if widths[0] > 1:
        widths.append(1)
    label = "_".join(dict.fromkeys(n.op.type_name for n in group.members if n.op))[:40]
    node = targets[-1][0]
    if not group.reductions:
        for width in widths:
            body = make(width)
            body.own = group.members
            try:
                items = _flat(body, group, targets)
                return from_body(body, node, label, items, math.prod(group.shape))
            except NotVector:
                pass
    for width in widths if group.shape and group.shape[-1] > 1 else [1]:
        body = make(width)
        body.own = group.members
        try:
            write = _by_rows if group.reductions else _by_chunks
            items = write(body, group, targets)
            return from_body(body, node, label, items, math.prod(group.shape))
        except NotVector:
            pass
    raise AssertionError("single elements can always be computed")


def _flat(body: Body, group: Group, targets: Sequence[Target]) -> int:
    """Take all arrays as one long row; return the number of work items."""
    size, width = math.prod(group.shape), body.width
    if any(not view.contiguous or view.size != size for _, _, view in targets):
        raise NotVector
    body.line(f"const size_t i = get_global_id(0) * {width};".replace(" * 1;", ";"))

    places = [(node, FLAT, view) for node, _, view in targets]
    _full_and_rest(body, "i", size, lambda: store(body, places))
    return -(-size // width)


def _full_and_rest(body: Body, lane: str, size: int, write: Callable[[], None]) -> None:
    """Write the code for whole vectors and for what is left at the end of a row."""
    rest = size % body.width
    if not rest:
        write()
        return
    if size > rest:
        with body.block(f"if ({lane} + {body.width} <= {size})"):
            write()
    body.valid = rest
    with body.block("else" if size > rest else ""):
        write()
    body.valid = None


def _by_chunks(body: Body, group: Group, targets: Sequence[Target]) -> int:
    """Let each item compute one vector of one row; return the number of items."""
    *rows, last = [*group.shape] or [1]
    chunks = -(-last // body.width)
    if chunks > 1 or body.width > 1:
        body.line(f"const int {LANE} = get_global_id(0) % {chunks} * {body.width};")
    row = "get_global_id(0)" if chunks == 1 else f"get_global_id(0) / {chunks}"
    row_indices(body, rows, row)

    _full_and_rest(body, LANE, last, lambda: store(body, targets))
    return math.prod(rows) * chunks


def store(body: Body, targets: Sequence[Target]) -> None:
    """Compute all values, then write them: one may go where another is read."""
    values = [body.value(node, index) for node, index, _ in targets]
    for (_, index, view), value in zip(targets, values, strict=True):
        body.store(view, index, value)


def row_indices(body: Body, rows: Sequence[int], row: str) -> None:
    """Write the index along each axis but the last, from the number of a row."""
    step = math.prod(rows)
    for axis, size in enumerate(rows):
        if size == 1:
            continue
        step //= size
        text = row if step == 1 else f"{row} / {step}"
        if step * size < math.prod(rows):
            text += f" % {size}"
        body.line(f"const int r{axis} = {text};")


def _by_rows(body: Body, group: Group, targets: Sequence[Target]) -> int:
    """Let each item go over one row as often as needed; return the number of rows."""
    *rows, last = group.shape
    row_indices(body, rows, "get_global_id(0)")
    stage = _stages(group)
    for now in range(1, max(stage.values()) + 1):
        _row_values(body, group, stage, now - 1)
        reductions = [n for n in group.reductions if stage[n] == now]
        _reduce_row(body, group, reductions, last)
    _row_values(body, group, stage, max(stage.values()))
    along = [t for t in targets if LANE in t[1]]
    store(body, [t for t in targets if LANE not in t[1]])
    if along:
        _loop(body, last, lambda: store(body, along))
    return math.prod(rows)


def _stages(group: Group) -> dict[Node, int]:
    """Count for each member how many times the row must have been gone over before."""
    stage: dict[Node, int] = {}
    for node in group.members:
        before = max([stage.get(x, 0) for x in node.inputs], default=0)
        stage[node] = before + (type(node.op) in REDUCTIONS)
    return stage


def _row_values(body: Body, group: Group, stage: dict[Node, int], now: int) -> None:
    """Compute the members that are one number for the row, as far as they are known."""
    for node, index in group.members.items():
        if LANE not in index and stage[node] <= now:
            body.value(node, index)


def _loop(body: Body, size: int, write: Callable[[], None]) -> None:
    """Write a loop over a row, and the code for what is left at its end."""
    rest = size % body.width
    if size > rest:
        step = f"{LANE} += {body.width}"
        with body.block(f"for (int {LANE} = 0; {LANE} < {size - rest}; {step})"):
            write()
    if rest:
        body.valid = rest
        with body.block(""):
            body.line(f"const int {LANE} = {size - rest};")
            write()
        body.valid = None


def _reduce_row(
    body: Body, group: Group, reductions: Iterable[Node], last: int
) -> None:
    sums: list[tuple[Node, str]] = []
    for node in reductions:
        if isinstance(node.op, ops.Argmax) and body.width > 1:
            raise NotVector
        sums.append((node, start(body, node, body.width > 1 and last > 1)))

    def write() -> None:
        for node, name in sums:
            value = body.value(node.inputs[0], group.full)
            merge(body, node, name, value, LANE if last > 1 else "0")

    _loop(body, last, write)
    for node, name in sums:
        finish(body, node, name, group.members[node], body.width > 1 and last > 1)


def start(body: Body, node: Node, vector: bool) -> str:
    """Declare what a reduction is gathered in; return its name."""
    name = body.fresh()
    x = node.inputs[0]
    if isinstance(node.op, ops.Argmax):
        kind = body.ctype(x.dtype)
        body.line(f"{kind} {name}_best = 0;")
        body.line(f"long {name} = -1;")
        return name
    text = _START[_op(node)]
    if node.dtype == "int" and text != "0":
        text = text.replace("INFINITY", "LONG_MAX")
    if node.dtype == "int" and vector:
        raise NotVector
    kind = body.ctype("int" if node.dtype == "bool" else node.dtype, vector)
    body.line(f"{kind} {name} = ({kind})({text});")
    return name


def merge(body: Body, node: Node, name: str, value: Value, place: str) -> None:
    """Take one more value, or vector of values, into a reduction."""
    if isinstance(node.op, ops.Argmax):
        best = f"{name}_best"
        nan = f"({value.text} != {value.text} && {best} == {best})"
        with body.block(f"if ({name} < 0 || {value.text} > {best} || {nan})"):
            body.line(f"{best} = {value.text};")
            body.line(f"{name} = {place};")
        return
    dtype = "int" if node.dtype == "bool" else node.dtype
    vector = value.vector
    text = body.cast(value, dtype, vector)
    if vector and body.valid is not None:
        lanes = ", ".join("-1" if i < body.valid else "0" for i in range(body.width))
        neutral = f"({body.ctype('float', True)})({_START[_op(node)]})"
        text = f"(({body.mask(True)})({lanes}) ? {text} : {neutral})"
    elif not vector and body.width > 1:
        raise NotVector
    body.line(f"{name} = {_MERGE[_op(node)].format(name, text)};")


def finish(body: Body, node: Node, name: str, index: Index, vector: bool) -> None:
    """Fold a vector into one number; remember the result of a reduction."""
    if vector:
        half, total = body.width, name
        while half > 1:
            half //= 2
            kind = f"{body.floats}{half}" if half > 1 else body.floats
            folded = body.fresh()
            merged = _MERGE[_op(node)].format(f"{total}.lo", f"{total}.hi")
            body.line(f"const {kind} {folded} = {_by_parts(merged, half, body)};")
            total = folded
        name = total
    dtype = node.dtype
    if dtype == "bool":
        sign = "> 0" if isinstance(node.op, ops.Max) else "!= 0"
        name = f"(-({name} {sign}))"
    body.remember(node, index, Value(name, dtype))


def _by_parts(text: str, half: int, body: Body) -> str:
    """Write a merge for a width that has no helper of its own in plain terms."""
    if not text.startswith(("maximum", "minimum")) or half == 1:
        return text
    word, rest = text.split("(", 1)
    a, b = rest.removesuffix(")").split(", ")
    relation = ">=" if word == "maximum" else "<="
    return f"(({a} {relation} {b}) | ({a} != {a})) ? {a} : {b}"


def write_reduction(make: MakeBody, node: Node, target: View) -> Step:
    """Write the kernel of a reduction over any axes, one item for each result."""
    for width in (make(0).width, 1):
        body = make(width)
        try:
            items = _by_results(body, node, target)
        except NotVector:
            continue
        name, elements = _op(node).type_name, count(node.inputs[0])
        return from_body(body, node, name, items, elements)
    raise AssertionError("single elements can always be reduced")


def _by_results(body: Body, node: Node, target: View) -> int:
    op, x = node.op, node.inputs[0]
    shape: Sizes = tuple(s or 0 for s in x.shape)
    axes = (op.axis,) if isinstance(op, ops.Argmax) else op.axes  # type: ignore[union-attr]
    keep = bool(getattr(op, "keepdims", False))
    kept = [a for a in range(len(shape)) if a not in axes]
    along = bool(kept) and kept[-1] == len(shape) - 1 and shape[-1] > 1
    if body.width > 1 and (not along or isinstance(op, ops.Argmax)):
        raise NotVector
    index = [f"k{a}" if a in axes else "0" if shape[a] == 1 else f"r{a}"
             for a in range(len(shape))]  # fmt: skip
    last = shape[-1] if along else 1
    rows = [1 if a in axes or (along and a == kept[-1]) else shape[a]
            for a in range(len(shape))]  # fmt: skip
    chunks = -(-last // body.width)
    if along:
        index[-1] = LANE
        body.line(f"const int {LANE} = get_global_id(0) % {chunks} * {body.width};")
    row_indices(body, rows, f"get_global_id(0) / {chunks}")
    result = tuple(
        ("0" if a in axes else index[a]) for a in range(len(shape)) if keep or a in kept
    )

    def write() -> None:
        name = start(body, node, body.width > 1)
        _nest(body, node, name, axes, shape, tuple(index))
        value = Value(name, node.dtype, body.width > 1)
        if node.dtype == "bool":
            finish(body, node, name, result, False)
            value = body.value(node, result)
        if body.after:
            body.after(node, value)
        body.store(target, result, value)

    _full_and_rest(body, LANE, last, write)
    return math.prod(rows) * chunks


def _nest(
    body: Body, node: Node, name: str, axes: Sequence[int], shape: Sizes, index: Index
) -> None:
    """Write nested loops over the axes that are reduced."""
    if not axes:
        value = body.value(node.inputs[0], index)
        if body.width > 1 and not value.vector:
            value = Value(body.cast(value, value.dtype, True), value.dtype, True)
        valid, body.valid = body.valid, None
        place = index[getattr(node.op, "axis", 0)] if index else "0"
        merge(body, node, name, value, place)
        body.valid = valid
        return
    axis = axes[0]
    with body.block(f"for (int k{axis} = 0; k{axis} < {shape[axis]}; k{axis}++)"):
        _nest(body, node, name, axes[1:], shape, index)


def write_partial_sums(make: MakeBody, node: Node, parts: int, target: View) -> Step:
    """Write a kernel whose items each reduce a part of a long array to one number.

    Raises:
        NotVector: the elements do not lie one behind the other.
    """
    body = make(make(0).width)
    size, width = math.prod(s or 0 for s in node.inputs[0].shape), body.width
    share = -(-size // (parts * width)) * width
    body.line(f"const long first = get_global_id(0) * {share}L;")
    name = start(body, node, width > 1)
    limit = f"min(first + {share}L, {size}L)"
    whole = f"{limit} - {width - 1}" if width > 1 else limit
    with body.block(f"for (long i = first; i < {whole}; i += {width})"):
        merge(body, node, name, body.value(node.inputs[0], FLAT), "0")
    if size % width:
        body.valid = size % width
        with body.block(f"if (first <= {size - 1} && first + {share} >= {size})"):
            body.line(f"const long i = {size - size % width};")
            merge(body, node, name, body.value(node.inputs[0], FLAT), "0")
        body.valid = None
    finish(body, node, name, (), width > 1)
    body.store(target, ("part",), body.value(node, ()))
    body.lines.insert(0, "    const int part = get_global_id(0);")
    return from_body(body, node, "partial", parts, size)


def write_final(make: MakeBody, node: Node, parts: View, target: View) -> Step:
    """Write the kernel that reduces the results of `write_partial_sums`."""
    body = make(1)
    name = start(body, node, False)
    with body.block(f"for (int k = 0; k < {parts.size}; k++)"):
        merge(body, node, name, body.load(parts, ("k",), node.dtype), "k")
    value = Value(name, node.dtype)
    if body.after:
        body.after(node, value)
    body.store(target, ("0",) * len(target.shape), value)
    return from_body(body, node, _op(node).type_name, 1, parts.size)
