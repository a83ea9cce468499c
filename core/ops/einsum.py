"""Einstein's summation, in terms of transposes, products and sums."""

from __future__ import annotations

import itertools
import string
from collections.abc import Collection, Sequence
from typing import TypeAlias

import numpy as np

from chainrule.arguments import checked
from chainrule.errors import ArgumentError, ShapeError, shown
from chainrule.node import Constant, Node, Value, as_node, describe
from chainrule.ops.arithmetic import mul
from chainrule.ops.base import made
from chainrule.ops.linalg import Matmul
from chainrule.ops.reductions import Sum
from chainrule.ops.shaping import Transpose, expand_dims, reshape
from chainrule.shapes import Shape, known_size

__all__ = ["einsum"]

Term: TypeAlias = tuple[str, ...]
"""The label of each axis of an operand: a letter, or ``...1`` for what dots stand for,
counted from the right."""


@checked
def einsum(subscripts: str, *operands: Value) -> Node:
    """Return a sum of products of operands, whose axes have letters, as in NumPy.

    A letter that stands before the arrow only is summed over; one that several operands
    have belongs to axes of one size. So ``"bij,bjk->bik"`` multiplies stacks of
    matrices, ``"i,j->ij"`` is an outer product, ``"ii->"`` a trace, and ``"...i->..."``
    a sum over the last axis. Without an arrow the result has the letters that occur
    once, in the order of the alphabet. Operands are multiplied from left to right.

    Raises:
        ArgumentError: the subscripts cannot be read.
        ShapeError: they do not fit the operands.
    """
    nodes = [as_node(x) for x in operands]
    terms, result = _parsed(subscripts, nodes)
    _check_sizes(nodes, terms)
    x, term = _diagonal(nodes[0], terms[0])
    later = [{*result}.union(*terms[i + 1 :]) for i in range(len(terms))]
    x, term = _summed(x, term, later[0])
    for y, other, needed in zip(nodes[1:], terms[1:], later[1:], strict=True):
        y, other = _summed(*_diagonal(y, other), {*term} | needed)
        x, term = _product(x, term, y, other, needed)
    return _arranged(x, term, result)


# -- reading -----------------------------------------------------------------------


def _parsed(subscripts: str, nodes: Sequence[Node]) -> tuple[list[Term], Term]:
    """Return the labels of the axes of the operands and of the result."""
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    texts = left.split(",")
    if len(texts) != len(nodes):
        raise ArgumentError(
            f"einsum: {shown(subscripts)} is for {len(texts)} operand"
            f"{'' if len(texts) == 1 else 's'}, got {len(nodes)}"
        )
    terms = [_term(text, subscripts, x) for text, x in zip(texts, nodes, strict=True)]
    dots = sorted({n for term in terms for n in term if n[0] == "."}, reverse=True)
    if not arrow:
        letters = sorted(n for n in itertools.chain(*terms) if n[0] != ".")
        once = [n for n in letters if letters.count(n) == 1]
        return terms, (*dots, *once)
    labels = _labels(right, subscripts)
    result = tuple(n for each in labels for n in (dots if each == "..." else [each]))
    for label in result:
        if result.count(label) > 1 or not any(label in term for term in terms):
            raise ArgumentError(
                f"einsum: {label!r} in the result of {shown(subscripts)} must stand "
                "there once, and in an operand"
            )
    return terms, result


def _labels(text: str, subscripts: str) -> list[str]:
    """Take the letters of one operand apart; dots are one label."""
    before, dots, after = text.partition("...")
    for letter in before + after:
        if letter not in string.ascii_letters:
            raise ArgumentError(
                f"einsum: subscripts must be letters, '...', ',' and '->', got "
                f"{letter!r} in {shown(subscripts)}"
            )
    return [*before, *(["..."] if dots else []), *after]


def _term(text: str, subscripts: str, x: Node) -> Term:
    labels = _labels(text, subscripts)
    more = x.ndim - (len(labels) - ("..." in labels))
    if more < 0 or (more and "..." not in labels):
        raise ShapeError(
            f"einsum: {text!r} in {shown(subscripts)} must name the axes of "
            f"{describe(x)}, of which there are {x.ndim}"
        )
    hidden = [f"...{i:02}" for i in range(more, 0, -1)]
    return tuple(n for each in labels for n in (hidden if each == "..." else [each]))


def _check_sizes(nodes: Sequence[Node], terms: Sequence[Term]) -> None:
    """Check that axes with one label have one size."""
    known: dict[str, tuple[int, Node]] = {}
    for x, term in zip(nodes, terms, strict=True):
        for size, label in zip(x.shape, term, strict=True):
            if size is None:
                continue
            first, where = known.setdefault(label, (size, x))
            if first != size:
                raise ShapeError(
                    f"einsum: {label!r} is {first} in {describe(where)} and {size} in "
                    f"{describe(x)}"
                )


# -- computing ---------------------------------------------------------------------


def _summed(x: Node, term: Term, needed: Collection[str]) -> tuple[Node, Term]:
    """Sum over the axes whose labels nothing else needs."""
    axes = tuple(i for i, label in enumerate(term) if label not in needed)
    kept = tuple(label for label in term if label in needed)
    return (made(Sum, axes, False)(x), kept) if axes else (x, term)


def _diagonal(x: Node, term: Term) -> tuple[Node, Term]:
    """Keep the elements whose indices are equal on axes with one label."""
    for label in dict.fromkeys(term):
        while term.count(label) > 1:
            first = term.index(label)
            second = term.index(label, first + 1)
            size = x.shape[first] or x.shape[second]
            if size is None:
                raise ShapeError(
                    f"einsum: the diagonal {label!r} of {describe(x)} must not be open"
                )
            unit = [size if i in (first, second) else 1 for i in range(x.ndim)]
            x = mul(x, Constant(np.eye(size, dtype=x.dtype).reshape(unit)))
            x = made(Sum, (second,), False)(x)
            term = (*term[:second], *term[second + 1 :])
    return x, term


def _product(
    a: Node, of_a: Term, b: Node, of_b: Term, needed: Collection[str]
) -> tuple[Node, Term]:
    """Multiply two operands, and sum over what only they need."""
    both = tuple(n for n in of_a if n in of_b)
    inner = tuple(n for n in both if n not in needed)
    stack = tuple(n for n in both if n in needed)
    rows = tuple(n for n in of_a if n not in of_b)
    columns = tuple(n for n in of_b if n not in of_a)
    x = _arranged(a, of_a, (*stack, *rows, *inner))
    y = _arranged(b, of_b, (*stack, *inner, *columns))
    of_x, of_y = (*stack, *rows, *inner), (*stack, *inner, *columns)
    if inner and _may_merge(x, rows, inner) and _may_merge(y, inner, columns):
        product = _matrix_product(x, y, len(stack), len(rows), len(inner))
        if product is not None:
            return product, (*stack, *rows, *columns)
    every = (*stack, *rows, *inner, *columns)
    return _summed(mul(_spread(x, of_x, every), _spread(y, of_y, every)), every, needed)


def _may_merge(x: Node, *groups: Term) -> bool:
    """Whether each group of axes can become one: only one size may be open then."""
    return all(len(group) <= 1 for group in groups) or x.shape.count(None) <= 1


def _matrix_product(x: Node, y: Node, stack: int, rows: int, inner: int) -> Node | None:
    """Multiply stacks of matrices whose rows, columns … are several axes, or none.

    Args:
        x: the first operand: axes of the stack, rows, inner axes.
        y: the second one: axes of the stack, inner axes, columns.
        stack: how many axes the stack has.
        rows: how many axes are the rows of x.
        inner: how many axes are summed over.

    Returns:
        The product, or None: too many sizes are open.
    """
    over, of_rows = x.shape[:stack], x.shape[stack : stack + rows]
    of_inner, of_columns = x.shape[stack + rows :], y.shape[stack + inner :]
    result = (*over, *of_rows, *of_columns)
    flat = len(of_rows) == len(of_columns) == 1
    if not flat and result.count(None) > 1:
        return None
    m, k, n = (_merged(sizes) for sizes in (of_rows, of_inner, of_columns))
    product = Matmul()(_shaped(x, (*over, m, k)), _shaped(y, (*over, k, n)))
    return _shaped(product, result)


def _merged(sizes: Shape) -> int | None:
    return None if None in sizes else known_size(sizes)


def _shaped(x: Node, shape: Shape) -> Node:
    return x if x.shape == shape else reshape(x, shape)


def _spread(x: Node, term: Term, every: Term) -> Node:
    """Give x an axis for every label, of size 1 for those that it lacks."""
    missing = tuple(i for i, label in enumerate(every) if label not in term)
    return expand_dims(x, missing) if missing else x


def _arranged(x: Node, term: Term, wanted: Term) -> Node:
    """Bring the axes into another order."""
    if term == wanted:
        return x
    return made(Transpose, tuple(term.index(label) for label in wanted))(x)
