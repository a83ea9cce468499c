"""One mode of a graph: training or not, with its random numbers fixed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy.typing as npt

from chainrule.execution.evaluate import evaluate
from chainrule.graph import topological
from chainrule.node import Input, Node
from chainrule.ops import Uniform, named
from chainrule.ops.control import Training
from chainrule.substitution import substitute


def in_one_mode(
    nodes: Sequence[Node],
    feeds: Mapping[Input, npt.NDArray[Any]],
    *,
    training: bool,
    seed: int,
) -> tuple[list[Node], dict[Input, npt.NDArray[Any]]]:
    """Take the branches of one mode, and make random numbers inputs.

    So each example of a batch has the numbers that it has in the batch.

    Args:
        nodes: the nodes to build again; the first one is the loss.
        feeds: the values of the inputs.
        training: whether dropout and its like are active.
        seed: of the random numbers.

    Returns:
        The nodes, and the values of the inputs that they now have.
    """
    branches = {
        node: _branch(training)
        for node in topological(nodes)
        if isinstance(node.op, Training)
    }
    chosen = substitute(nodes, {}, after=branches)
    draws = [n for n in topological(chosen[:1]) if isinstance(n.op, Uniform)]
    if not draws:
        return chosen, dict(feeds)
    originals = [n for n in topological(nodes[:1]) if isinstance(n.op, Uniform)]
    values = evaluate(
        [nodes[0], *originals], feeds, dtype="float64", training=training, seed=seed,
        updating=False,
    )[1:]  # fmt: skip
    drawn = {node.op: value for node, value in zip(originals, values, strict=True)}
    leaves: dict[Node, Input] = {
        node: Input("u" if len(draws) == 1 else f"u_{place}", node.shape)
        for place, node in enumerate(draws, 1)
    }
    pinned = substitute(chosen, dict(leaves))
    return pinned, {**feeds, **{leaf: drawn[n.op] for n, leaf in leaves.items()}}


def _branch(training: bool) -> Callable[[Node], Node]:
    def chosen(node: Node) -> Node:
        branch = node.inputs[0 if training else 1]
        return named(branch, node.name) if node.name and not branch.name else branch

    return chosen
