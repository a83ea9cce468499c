"""Problems: a graph, values for its inputs, and derivatives to compare."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule import ops
from chainrule.autodiff import backward
from chainrule.graph import topological
from chainrule.node import Input, Node

Array: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True)
class Problem:
    """Outputs to compute, and the derivatives of a projection of them.

    Attributes:
        outputs: nodes of floats.
        feeds: values for the inputs.
        source: where it comes from, such as a rule.
        of_all: whether first derivatives of all nodes are compared, or of inputs only.
    """

    outputs: tuple[Node, ...]
    feeds: Mapping[Input, Array]
    source: str = ""
    of_all: bool = True

    def named(self) -> dict[str, Node]:
        """Return the nodes to compare by what they are.

        First derivatives are those of all nodes, since a pass may be wrong about what
        stands between; second derivatives are those of the inputs.
        """
        found = {f"output {i}": node for i, node in enumerate(self.outputs)}
        loss = projected(self.outputs, 1.0)
        first = backward(loss).gradient
        of = {node: i for i, node in enumerate(topological([loss]))}
        for node, slope in first.items() if self.of_all else ():
            found[f"∂ {node.name or node!r} ({of[node]})"] = slope
        inputs = [leaf for leaf in self.feeds if leaf in first]
        if inputs:
            slopes = [first[leaf] for leaf in inputs]
            found |= {f"∂ {x.name}": first[x] for x in inputs}
            second = backward(projected(slopes, 2.0), inputs).gradient
            found |= {
                f"∂² {leaf.name}": second[leaf] for leaf in inputs if leaf in second
            }
        return found


def projected(nodes: Sequence[Node], seed: float) -> Node:
    """Return Σ c · x over some nodes with numbers c that have no pattern."""
    terms = []
    for i, x in enumerate(nodes):
        size = int(np.prod([size or 1 for size in x.shape]))
        c = np.cos(seed + i + np.arange(size)).reshape(x.shape).round(3)
        terms.append(ops.sum(x * c))
    return functools.reduce(ops.add, terms)
