"""Products of vectors: a reader sees x · w, without what makes a row or a column."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from chainrule.graph import Graph
from chainrule.node import Node
from chainrule.ops.linalg import Matmul
from chainrule.ops.shaping import ExpandDims, Squeeze


def is_view(node: Node) -> bool:
    """Whether a node has the same numbers in the same order, under another shape."""
    return isinstance(node.op, (ExpandDims, Squeeze))


def around_products(
    graph: Graph, consumers: Mapping[Node, Sequence[Node]], shown: Collection[Node]
) -> dict[Node, Node]:
    """Find what only makes vectors fit a matrix product: node → the result.

    A vector counts as a row or a column, which takes operations before the product and
    behind it. Those that are `shown`, or have a name, are blocks of their own.
    """

    def only_serves(x: Node) -> bool:
        alone = len(consumers[x]) == 1 and x not in shown and not x.name
        return alone and isinstance(x.op, ExpandDims)

    found: dict[Node, Node] = {}
    for product in graph:
        if not isinstance(product.op, Matmul):
            continue
        last, inner = product, [x for x in product.inputs if only_serves(x)]
        while not last.name and last not in shown and len(consumers[last]) == 1:
            (user,) = consumers[last]
            if not isinstance(user.op, Squeeze) or user.scope != product.scope:
                break
            inner.append(last)
            last = user
        found |= dict.fromkeys(inner, last)
    return found
