"""``explain``: why one gradient has the value it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.autodiff import Backward, backward
from chainrule.errors import GradientError, GraphError
from chainrule.execution.finite_differences import directional_slope
from chainrule.graph import Graph, topological
from chainrule.model.loss_graph import loss_of
from chainrule.model.model import Model
from chainrule.node import Node, describe
from chainrule.notation.lookup import node_called, nodes_by_name
from chainrule.notation.naming import Naming
from chainrule.viz.chain.chain import Chain, chain_of
from chainrule.viz.chain.check import Check
from chainrule.viz.chain.entries import Entry, entry_graph, find_entry
from chainrule.viz.chain.explanation import Explanation
from chainrule.viz.graph.options import RANKDIRS, check_choice
from chainrule.viz.values import Values, evaluated


def explain(
    what: Any,
    w: Node | str,
    index: int | Sequence[int] = (),
    *,
    loss: Any = None,
    values: Mapping[Any, Any] | None = None,
    names: Mapping[str, object] | None = None,
    top: int = 5,
    unfold: bool = False,
    rankdir: str = "LR",
    seed: int = 0,
) -> Explanation:
    """Explain ∂J/∂w: the chain in symbols and in numbers, and their product.

    Each factor leads from one number that every path passes to the next, so that the
    product is exact. Of these numbers the chain shows those with a name, or all of
    them where none has a name.

    Args:
        what: J, a scalar node; or a model, whose loss is J and whose target is ``t``.
        w: a parameter, an input or any node in between; or the name of one, such as
            ``"dense_1/kernel"``.
        index: the entry of w, such as ``(0, 1)``; not needed for a scalar.
        loss: for a model: a name, an object, or a function of (target, prediction);
            None for the loss that it was trained with.
        values: arrays for the inputs, by node or by name.
        names: names for nodes, as in ``names=locals()``.
        top: how many paths to list; those that contribute most come first.
        unfold: whether the diagram draws those paths where the chain branches, each
            with its derivatives, instead of one edge for their sum.
        rankdir: the direction of the diagram: ``"LR"`` for slides, ``"TB"`` for the
            column of a paper.
        seed: of the random numbers in the graph.

    Raises:
        GradientError: the loss is not a scalar, or does not depend on w.
        GraphError: w has no such entry, or it reaches too many numbers to explain; a
            model has no loss yet.
        UnknownNameError: no node is called w.
    """
    check_choice("rankdir", rankdir, RANKDIRS)
    J = _loss(what, loss)
    feeds = dict(values or {})
    graph = Graph([J], names)
    naming = Naming(graph, names, loss=J)
    if isinstance(w, str):
        w = node_called(w, nodes_by_name(graph, naming))
    if not isinstance(w, Node):
        raise GraphError(f"w must be a node or the name of one, got {w!r}")
    sweep = backward(J, [w])
    if w not in sweep.gradient or w is J:
        raise GradientError(f"{describe(J)} does not depend on {describe(w)}")
    arrays = _forward_and_backward(sweep, feeds, seed)
    at = (index,) if isinstance(index, int) else tuple(index)
    start = find_entry(w, arrays[w], at)
    entries = entry_graph(sweep, start, arrays)
    naming.number([w])
    chain = chain_of(sweep, naming, entries, arrays)
    return Explanation(
        chain, lambda: _check(chain, feeds, seed),
        top=top, unfold=unfold, rankdir=rankdir,
    )  # fmt: skip


def _loss(what: Any, loss: Any) -> Node:
    if isinstance(what, Model):
        return loss_of(what, loss)
    if not isinstance(what, Node):
        raise GraphError(f"what must be a loss or a model, got {what!r}")
    if loss is not None:
        raise GraphError("loss=… is for models; this is a graph as it stands")
    return what


def _forward_and_backward(
    sweep: Backward, feeds: Mapping[Any, Any], seed: int
) -> Values:
    """Evaluate every node of both passes and every local derivative, in one run."""
    forward = topological([sweep.loss])
    local = [node for node in sweep.local.values() if isinstance(node, Node)]
    return evaluated([*forward, *local, *sweep.gradient.values()], feeds, seed)


def _check(chain: Chain, feeds: Mapping[Any, Any], seed: int) -> Check:
    """Compare with the reverse sweep and with a finite difference; w is not touched."""
    sweep, start, values = chain.rules.sweep, chain.graph.start, chain.symbols.values
    autodiff = Entry(sweep.gradient[start.node], start.flat).value(values)
    direction = np.zeros(values[start.node].shape)
    direction.reshape(-1)[start.flat] = 1
    slope = directional_slope(
        sweep.loss, start.node, values[start.node], direction, feeds, seed=seed
    )
    return Check(chain.value, autodiff, slope)
