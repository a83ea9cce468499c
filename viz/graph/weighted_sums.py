"""Weighted sums: what weights bring to each unit, Σ w x + b."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from chainrule.node import Node, Parameter
from chainrule.ops import Matmul, Mul
from chainrule.ops.reductions import Sum
from chainrule.viz.graph.vectors import (
    Places,
    aligned,
    axes_of,
    has_examples,
    one_shape,
    refusal,
    weights_of,
    width,
)


@dataclass(frozen=True)
class WeightedSum:
    """The numbers of a node, each a sum of units times weights.

    Attributes:
        parameter: whose numbers the weights are.
        units: what each number reads: the shape of the node, and an axis of terms.
        weights: by which entry of the parameter each of these is multiplied.
    """

    parameter: Parameter
    units: Places
    weights: Places

    def terms(self, number: int) -> Iterator[tuple[int, int]]:
        """Yield the units that a number adds up, each with its weight."""
        at = np.unravel_index(number, self.units.shape[:-1])
        for unit, weight in zip(self.units[at], self.weights[at], strict=True):
            yield int(unit), int(weight)


def weighted_operand(node: Node) -> Node | None:
    """Return the product entry by entry that a node adds up, as in Σ w ⊙ x."""
    product = node.inputs[0] if isinstance(node.op, Sum) else None
    if product is None or not isinstance(product.op, Mul):
        return None
    weights = [weights_of(x) for x in product.inputs]
    return product if weights.count(None) == 1 else None


def weighted_sum(node: Node, units: Mapping[Node, Places]) -> WeightedSum:
    """Take a matrix product, or a sum of products with weights, apart.

    Args:
        node: the product, or the sum.
        units: for nodes that depend on inputs, which unit each number of theirs is.

    Raises:
        GraphError: the other operand is not a matrix of weights.
    """
    if isinstance(node.op, Matmul):
        return _matrix_product(node, units)
    product = weighted_operand(node)
    assert product is not None
    vector, matrix = product.inputs
    if weights_of(vector) is not None:
        vector, matrix = matrix, vector
    found = weights_of(matrix)
    assert found is not None
    axes = axes_of(node)
    numbers, weights = (
        _summed(aligned(places, product), axes, node)
        for places in (units[vector], found[1])
    )
    return WeightedSum(found[0], numbers, weights)


def _summed(places: Places, axes: tuple[int, ...], node: Node) -> Places:
    """Move the axes that a node sums over to the end, as one."""
    last = np.moveaxis(places, axes, range(-len(axes), 0))
    return last.reshape(*one_shape(node), -1)


def _matrix_product(node: Node, units: Mapping[Node, Places]) -> WeightedSum:
    assert isinstance(node.op, Matmul)
    a, b = node.inputs
    first, second = weights_of(a), weights_of(b)
    if a in units and b in units:
        raise refusal(node, "is a product of units with units")
    found = first if b in units else second
    if found is None or found[1].ndim != 2:
        raise refusal(node, "multiplies with a matrix that is not one of weights")
    parameter, weights = found
    vector = a if a in units else b
    numbers = units[vector]
    if numbers.ndim == 1 and has_examples(vector):
        numbers = numbers[None, :]
    flip_a, flip_b = node.op.transpose_a, node.op.transpose_b
    if (b in units or flip_a) and (has_examples(vector) or numbers.ndim != 2):
        raise refusal(node, "is a stack of products")
    if vector is a:
        left = _flipped(numbers.reshape(-1, numbers.shape[-1]), flip_a)
        right = _flipped(weights, flip_b)
    else:
        left, right = _flipped(weights, flip_a), _flipped(numbers, flip_b)
    pair = np.broadcast_arrays(left[:, None, :], right.T[None, :, :])
    if vector is b:
        pair = pair[::-1]
    assert pair[0][..., 0].size == width(node)
    return WeightedSum(parameter, pair[0], pair[1])


def _flipped(places: Places, flip: bool) -> Places:
    return places.T if flip else places
