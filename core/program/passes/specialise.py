"""Specialise: one mode, concrete shapes, and no operand that is read for its shape.

Afterwards no dimension is open, `training` and the ``…_like`` ops are gone, and what
`also_update` would assign has been collected.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from chainrule.errors import ShapeError
from chainrule.graph import topological
from chainrule.node import Constant, Input, Node, Parameter, describe
from chainrule.ops import (
    AlsoUpdate,
    BroadcastLike,
    BroadcastTo,
    Count,
    Elementwise,
    Matmul,
    Mean,
    Op,
    Part,
    Pick,
    Reshape,
    ReshapeLike,
    ScatterAdd,
    ScatterAddLike,
    Slice,
    Sum,
    SumLike,
    Training,
    Uniform,
    Unslice,
    ZerosLike,
    mul,
)
from chainrule.ops.slicing import Range
from chainrule.program.passes.zeros import Zero, without_zeros
from chainrule.program.rewrite import Table, results, rewrite, with_inputs
from chainrule.scopes import scope_of_new_nodes
from chainrule.shapes import Shape, shape_fits, shape_text


def choose_mode(roots: Sequence[Node], training: bool) -> list[Node]:
    """Replace each `training` node by the branch of one mode."""
    return rewrite(roots, {Training: (lambda n: n.inputs[0 if training else 1],)})


def collect_updates(
    roots: Sequence[Node], beside: Sequence[Node] = ()
) -> tuple[list[Node], list[tuple[Parameter, Node]]]:
    """Take the `also_update` nodes out; return the nodes and what those assign.

    A parameter that is updated more than once takes one update after the other, in the
    order of the graph. Nothing is assigned to a frozen one, or for the sake of nodes
    `beside` the roots.
    """
    updates: dict[Parameter, Node] = {}
    for node in topological(roots):
        if isinstance(node.op, AlsoUpdate):
            _, target, new = node.inputs
            if isinstance(target, Parameter) and not target.frozen:
                if target in updates:
                    new = _replaced(new, target, updates[target])
                updates[target] = new
    n = len(roots) + len(beside)
    both = [*roots, *beside, *updates.values()]
    both = rewrite(both, {AlsoUpdate: (lambda node: node.inputs[0],)})
    targets = list(updates)
    return both[:n], list(zip(targets, both[n:], strict=True))


def _replaced(root: Node, old: Node, new: Node) -> Node:
    """Return an expression with another node in the place of one."""
    done = {old: new}
    for node in topological([root]):
        if node not in done:
            inputs = tuple([done[x] for x in node.inputs])
            done[node] = node if inputs == node.inputs else with_inputs(node, inputs)
    return done[root]


def specialise(roots: Sequence[Node], shapes: Mapping[Input, Shape]) -> list[Node]:
    """Give every node its concrete shape.

    Raises:
        ShapeError: an input has no shape, or open dimensions turn out not to fit.
    """
    done: dict[Node, Node] = {}
    any_zeros = False
    with scope_of_new_nodes() as inside:
        for node in topological(roots):
            inside(node.scope)
            any_zeros |= type(node.op) is ZerosLike
            if node.op is None:
                done[node] = _leaf(node, shapes)
                continue
            inputs = tuple([done[x] for x in node.inputs])
            resolve = _RESOLVE.get(type(node.op))
            if resolve:
                made = resolve(node.op, node, inputs)
            elif inputs == node.inputs and None not in node.shape:
                made = node
            else:
                made = node.op(*inputs)
                _check_open(node, inputs, made)
            if made is not node and made not in inputs and made.op is not None:
                made.name, made.origin = node.name, node.origin
            done[node] = made
    concrete = results(roots, done)
    return without_zeros(concrete) if any_zeros else concrete


def forget_shapes(roots: Sequence[Node]) -> list[Node]:
    """Drop the operands that were read for their shapes only, once those are known."""
    return rewrite(roots, {Uniform: (_without_like,), Unslice: (_without_like,)})


def _without_like(node: Node) -> Node | None:
    needed = node.inputs[:1] if isinstance(node.op, Unslice) else ()
    return with_inputs(node, needed) if needed != node.inputs else None


def _resolved(node: Node) -> Node | None:
    return _RESOLVE[type(node.op)](node.op, node, node.inputs) if node.op else None


def _leaf(node: Node, shapes: Mapping[Input, Shape]) -> Node:
    if not isinstance(node, Input) or node.shape == ():
        return node
    shape = shapes.get(node)
    if shape is None:
        if None in node.shape:
            raise ShapeError(f"input {describe(node)} was given no value")
        return node
    if not shape_fits(shape, node.shape):
        raise ShapeError(
            f"input {node.name}: expected shape {shape_text(node.shape)}, "
            f"got {shape_text(shape)}"
        )
    if shape == node.shape:
        return node
    return BoundInput(node, shape)


class BoundInput(Input):
    """An input with its concrete shape; `source` is the one that it stands for."""

    __slots__ = ("source",)

    def __init__(self, source: Input, shape: Shape) -> None:
        super().__init__(source.name or "", shape, source.dtype)
        self.source = source


def _check_open(node: Node, inputs: tuple[Node, ...], made: Node) -> None:
    """Refuse what does not have the size that it was built for.

    An open dimension that happens to be 1 when run is not broadcast: the gradient was
    built for one that is not.

    Raises:
        ShapeError: says which size there is, and which there must be.
    """
    if not shape_fits(made.shape, node.shape):
        raise ShapeError(
            f"{describe(node)} turned out to be {shape_text(made.shape)}: an open "
            "dimension is too short for what is taken from it"
        )
    if len(inputs) < 2:
        return
    for position, (declared, given) in enumerate(zip(node.inputs, inputs, strict=True)):
        sizes, wanted = _broadcasting(node, position, made.shape)
        for i in range(1, len(sizes) + 1):
            got = given.shape[len(sizes) - i]
            if sizes[-i] is None and got != wanted[-i]:
                raise ShapeError(
                    f"{describe(node)}: the open dimension of {describe(declared)} is "
                    f"{got} and must be {wanted[-i]}; declare it as 1 "
                    "if it is meant to be broadcast"
                )


def _broadcasting(node: Node, position: int, result: Shape) -> tuple[Shape, Shape]:
    """Return the axes of an operand that are broadcast, and to which sizes."""
    shape = node.inputs[position].shape
    if isinstance(node.op, Elementwise):
        return shape, result
    if isinstance(node.op, Matmul):
        return shape[:-2], result[:-2]
    if isinstance(node.op, Pick):
        return shape[: node.ndim], result
    return (), ()


def _broadcast(shape: Shape, x: Node) -> Node:
    return x if x.shape == shape else BroadcastTo(_fixed(shape))(x)


def _sum_to(shape: Shape, x: Node) -> Node:
    lead = x.ndim - len(shape)
    axes = [*range(lead)]
    for i, size in enumerate(shape, start=lead):
        if size == 1 and x.shape[i] != 1:
            axes.append(i)
    total = Sum(tuple(axes))(x) if axes else x
    return total if total.shape == shape else Reshape(shape)(total)


def _mean(op: Op, node: Node, inputs: tuple[Node, ...]) -> Node:
    assert isinstance(op, Mean)
    (x,) = inputs
    count = math.prod(_fixed(x.shape)[a] for a in op.axes)
    share = (
        1.0 / count if count else math.nan
    )  # the mean of nothing is NaN, as in NumPy
    return mul(Sum(op.axes, op.keepdims)(x), share)


def _count(op: Op, node: Node, inputs: tuple[Node, ...]) -> Node:
    assert isinstance(op, Count)
    return Constant(float(math.prod(_fixed(inputs[0].shape)[a] for a in op.axes)))


def _reshape(op: Op, node: Node, inputs: tuple[Node, ...]) -> Node:
    assert isinstance(op, Reshape)
    made = op(*inputs)
    return Reshape(made.shape)(*inputs) if None in op.shape else made


def _part(op: Op, node: Node, inputs: tuple[Node, ...]) -> Node:
    assert isinstance(op, Part)
    whole, *parts = inputs
    lengths = [_fixed(x.shape)[op.axis] for x in parts]
    start = sum(lengths[: op.position])
    ranges: list[Range] = [(0, None, 1)] * whole.ndim
    ranges[op.axis] = start, start + lengths[op.position], 1
    return Slice(tuple(ranges))(whole)


def _fixed(shape: Shape) -> tuple[int, ...]:
    return tuple([s for s in shape if s is not None])


_Resolve = Callable[[Op, Node, tuple[Node, ...]], Node]
_RESOLVE: dict[type[Op], _Resolve] = {
    BroadcastLike: lambda op, node, x: _broadcast(x[1].shape, x[0]),
    ReshapeLike: lambda op, node, x: Reshape(x[1].shape)(x[0]),
    ScatterAddLike: lambda op, node, x: ScatterAdd(_fixed(x[2].shape)[0])(*x[:2]),
    SumLike: lambda op, node, x: _sum_to(x[1].shape, x[0]),
    ZerosLike: lambda op, node, x: Zero(_fixed(x[0].shape))(),
    Part: _part,
    Mean: _mean,
    Count: _count,
    Reshape: _reshape,
}
RESOLVING: Table = {op: (_resolved,) for op in _RESOLVE if op is not Reshape}
"""What makes derivatives of a graph with concrete shapes concrete as well."""
