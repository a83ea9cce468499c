"""Derivatives as a lecturer writes them: ``(softmax(z) − onehot(t)) / n``.

What autodiff makes says the same in more words, ``−1 / n ⊙ onehot(t) − softmax(z) ⊙ Σ
(−1 / n ⊙ onehot(t))``. A few identities shorten it, and what is printed is computed.
Signs and division by numbers are brought outside, where they cancel or join.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chainrule.node import Constant, Input, Node
from chainrule.notation.naming import Naming
from chainrule.notation.styles import Written
from chainrule.notation.symbols import Derivative
from chainrule.ops import (
    Add,
    AlsoUpdate,
    BroadcastLike,
    BroadcastTo,
    Div,
    ExpandDims,
    Identity,
    Mul,
    Neg,
    OneHot,
    Squeeze,
    Sub,
    Sum,
    Uniform,
    Where,
    ZerosLike,
    add,
    div,
    mul,
    neg,
    sub,
    where,
)  # fmt: skip
from chainrule.program.rewrite import Rewrite, rewrite
from chainrule.substitution import substitute
from chainrule.viz.graph.choices import same, settled_choice

_ACTING = (AlsoUpdate, Uniform)
_VIEWS = (BroadcastLike, BroadcastTo, ExpandDims, Squeeze, Identity)


def tidied(expression: Node, naming: Naming) -> Node:
    """Return a shorter expression of the same value, in terms of the named nodes."""
    return _rewritten(expression, naming, _IDENTITIES)


def settled(expression: Node, naming: Naming) -> Node:
    """Return the same value written without choices that a branch has made already."""
    return _rewritten(expression, naming, {Where: (settled_choice,)})


def _rewritten(
    expression: Node, naming: Naming, identities: Mapping[type, Sequence[Rewrite]]
) -> Node:
    """Return an expression rewritten by identities that hold for any named nodes."""
    if isinstance(expression.op, _ACTING):
        return expression
    named = dict.fromkeys(_named_under(expression, naming))
    leaves: dict[Node, Node] = {
        node: Constant(1.0)
        if _is_one(naming.symbol(node))
        else Input(f"named{i}", node.shape, node.dtype)
        for i, node in enumerate(named)
    }
    (written,) = substitute([expression], leaves)
    (short,) = rewrite([written], identities)
    if short is written or isinstance(short, Input):
        return expression
    (result,) = substitute([short], {leaf: node for node, leaf in leaves.items()})
    return result


def _is_one(symbol: Written | None) -> bool:
    """Whether a symbol is ∂J/∂J."""
    return isinstance(symbol, Derivative) and symbol.wrt == (symbol.of,)


def _named_under(root: Node, naming: Naming) -> Iterator[Node]:
    """Yield the named nodes under an expression, the leaves, and what acts or draws."""
    seen, waiting = {root}, [root]
    while waiting:
        for x in waiting.pop().inputs:
            if x in seen:
                continue
            seen.add(x)
            leaf = not x.inputs and not isinstance(x, Constant)
            if leaf or naming.symbol(x) or isinstance(x.op, _ACTING):
                yield x
            else:
                waiting.append(x)


@dataclass(frozen=True)
class _Scale:
    """A number that is the same everywhere: a factor, and nodes that are numbers."""

    factor: float
    divisors: tuple[Node, ...] = ()
    times: tuple[Node, ...] = ()


def _scale(node: Node) -> _Scale | None:
    """Return the number that a node repeats, None if it is not one."""
    factor, divisors = 1.0, list[Node]()
    while True:
        if isinstance(node, Constant):
            if node.value.size != 1:
                return None
            return _Scale(factor * float(node.value.reshape(())), tuple(divisors))
        if isinstance(node.op, ZerosLike):
            return _Scale(0.0)
        if parts := _factored(node):
            factor *= parts[0]
            node = parts[1]
            continue
        if isinstance(node.op, Div) and not node.inputs[1].shape:
            divisors.append(node.inputs[1])
        elif isinstance(node, Input) and not node.shape:
            return _Scale(factor, tuple(divisors), (node,))
        elif not isinstance(node.op, _VIEWS):
            return None
        node = node.inputs[0]


def _scaled(x: Node, scale: _Scale) -> Node:
    """Return x times a number that is the same everywhere."""
    for number in scale.times:
        x = mul(number, x)
    x = _times(scale.factor, x)
    for divisor in reversed(scale.divisors):
        x = div(x, divisor)
    return x


def _divided(node: Node) -> tuple[Node, Node] | None:
    """Return numerator and denominator of a division by a number."""
    if isinstance(node.op, Div) and not node.inputs[1].shape:
        return node.inputs[0], node.inputs[1]
    return None


def _factored(node: Node) -> tuple[float, Node] | None:
    """Return number and array of a product of both; −x is −1 times x."""
    if isinstance(node.op, Neg):
        return -1.0, node.inputs[0]
    if not isinstance(node.op, Mul):
        return None
    for a, b in (node.inputs, node.inputs[::-1]):
        if isinstance(a, Constant) and not a.shape and b.shape == node.shape:
            return float(a.value), b
    return None


def _numbered(node: Node) -> tuple[Node, Node] | None:
    """Return number and array of a product of both, the number being a node."""
    if isinstance(node.op, Mul):
        for a, b in (node.inputs, node.inputs[::-1]):
            if isinstance(a, Input) and not a.shape and b.shape:
                return a, b
    return None


def _times(factor: float, x: Node) -> Node:
    if factor == 1:
        return x
    return neg(x) if factor == -1 else mul(factor, x)


def _product(node: Node) -> Node | None:
    """Bring a number, a sign, a divisor or a choice out of a product."""
    if (found := _factored(node)) and (inner := _factored(found[1])):
        return _times(found[0] * inner[0], inner[1])
    for a, b in (node.inputs, node.inputs[::-1]):
        scale = _scale(a)
        alone = isinstance(a, Constant) and not a.shape
        outside = alone or (scale and scale.times == (a,))
        if scale and not outside and b.shape == node.shape:
            return _scaled(b, scale)
        if (parts := _factored(a)) and not isinstance(b, Constant):
            return _times(parts[0], mul(*_swapped(node, a, parts[1])))
        if (numbered := _numbered(a)) and b.shape:
            return mul(numbered[0], mul(*_swapped(node, a, numbered[1])))
        if (quotient := _divided(a)) and quotient[0].shape:
            return div(mul(*_swapped(node, a, quotient[0])), quotient[1])
        chosen = _chosen(node, a, b) if isinstance(a.op, Where) else None
        if chosen is not None:
            return chosen
    return None


def _chosen(node: Node, a: Node, b: Node) -> Node | None:
    """Bring a factor into a choice, of which a side is 0."""
    condition, yes, no = a.inputs
    if _is_zero(no) and (made := mul(yes, b)).shape == node.shape:
        return where(condition, made, no)
    if _is_zero(yes) and (made := mul(no, b)).shape == node.shape:
        return where(condition, yes, made)
    return None


def _swapped(node: Node, old: Node, new: Node) -> Sequence[Node]:
    a, b = node.inputs
    return (new, b) if a is old else (a, new)


def _sum(node: Node) -> Node | None:
    """Sum a ⊙ onehot(t) to a; bring a number and a divisor out of Σ."""
    (x,) = node.inputs
    assert isinstance(node.op, Sum)
    if parts := _factored(x):
        return _times(parts[0], node.op(parts[1]))
    if numbered := _numbered(x):
        return mul(numbered[0], node.op(numbered[1]))
    if quotient := _divided(x):
        return div(node.op(quotient[0]), quotient[1])
    if node.op.axes != (x.ndim - 1,):
        return None
    if isinstance(x.op, OneHot) and node.op.keepdims:
        return BroadcastLike()(Constant(1.0), ExpandDims(node.op.axes)(x.inputs[0]))
    if isinstance(x.op, Mul):
        for a, b in (x.inputs, x.inputs[::-1]):
            if isinstance(b.op, OneHot) and a.shape[-1:] == (1,) and a.ndim == b.ndim:
                return a if node.op.keepdims else Squeeze(node.op.axes)(a)
    return None


def _difference(node: Node) -> Node | None:
    """Join a / n − b / n to (a − b) / n, and so for a number; (−a) − (−b) = b − a."""
    a, b = node.inputs
    if common := _common_divisor(a, b):
        return div(sub(common[0], common[1]), common[2])
    first, second = _factored(a), _factored(b)
    if first and second and first[0] == second[0]:
        if first[0] == -1:
            return sub(second[1], first[1])
        return mul(first[0], sub(first[1], second[1]))
    if common_number := _common_number(a, b):
        return mul(common_number[2], sub(common_number[0], common_number[1]))
    return None


def _total(node: Node) -> Node | None:
    """Join fractions; and (a if c else 0) + (0 if c else b) to a if c else b."""
    a, b = node.inputs
    if common := _common_divisor(a, b):
        return div(add(common[0], common[1]), common[2])
    if common := _common_number(a, b):
        return mul(common[2], add(common[0], common[1]))
    for x, y in ((a, b), (b, a)):
        if isinstance(x.op, Neg):
            return sub(y, x.inputs[0])
        if isinstance(x.op, Where) and isinstance(y.op, Where):
            condition, yes, no = x.inputs
            other, zero, otherwise = y.inputs
            if _is_zero(no) and _is_zero(zero) and same(condition, other):
                return where(condition, yes, otherwise)
    return None


def _common_divisor(a: Node, b: Node) -> tuple[Node, Node, Node] | None:
    """Return the numerators of two fractions, and their denominator if it is one."""
    first, second = _divided(a), _divided(b)
    first = first or (_fraction(a, second[0]) if second else None)
    second = second or (_fraction(b, first[0]) if first else None)
    if first and second and same(first[1], second[1]):
        return first[0], second[0], first[1]
    return None


def _fraction(node: Node, like: Node) -> tuple[Node, Node] | None:
    """Return a number that is repeated, 1 / n, as a fraction with another's shape."""
    scale = _scale(node)
    if scale is None or not scale.divisors or scale.times or node.shape != like.shape:
        return None
    divisor = functools.reduce(mul, reversed(scale.divisors))
    return BroadcastLike()(Constant(scale.factor), like), divisor


def _common_number(a: Node, b: Node) -> tuple[Node, Node, Node] | None:
    """Return two arrays, and the number that both are multiplied with."""
    first, second = _numbered(a), _numbered(b)
    if first and second and first[0] is second[0]:
        return first[1], second[1], first[0]
    return None


def _choice(node: Node) -> Node | None:
    """Bring a divisor out of a choice, of which a side may be 0."""
    condition, yes, no = node.inputs
    if common := _common_divisor(yes, no):
        return div(where(condition, common[0], common[1]), common[2])
    first, second = _divided(yes), _divided(no)
    if first and _is_zero(no):
        return div(where(condition, first[0], no), first[1])
    if second and _is_zero(yes):
        return div(where(condition, yes, second[0]), second[1])
    return None


def _is_zero(node: Node) -> bool:
    scale = _scale(node)
    return scale is not None and scale.factor == 0


def _quotient(node: Node) -> Node | None:
    """Join a / n / m to a / (n · m)."""
    inner = _divided(node.inputs[0])
    if inner is None or node.inputs[1].shape:
        return None
    return div(inner[0], mul(inner[1], node.inputs[1]))


def _negative(node: Node) -> Node | None:
    """Bring a sign into a fraction, and join it with a number."""
    (x,) = node.inputs
    if parts := _factored(x):
        return _times(-parts[0], parts[1])
    quotient = _divided(x)
    return div(neg(quotient[0]), quotient[1]) if quotient else None


_IDENTITIES: Mapping[type, Sequence[Rewrite]] = {
    Mul: (_product,), Sum: (_sum,), Sub: (_difference,), Div: (_quotient,),
    Neg: (_negative,), Add: (_total,), Where: (settled_choice, _choice),
    Identity: (lambda node: node.inputs[0],),
}  # fmt: skip
