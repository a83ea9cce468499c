"""``explain``: why is this gradient what it is?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.autodiff import Backward, backward
from chainrule.errors import GradientError, GraphError
from chainrule.graph import Graph, Input, Node
from chainrule.naming import Naming
from chainrule.ops.base import describe
from chainrule.substitution import substitute
from chainrule.symbols import Derivative
from chainrule.viz.chain import Chain
from chainrule.viz.chain_scene import chain_scene
from chainrule.viz.elements import Element, elements, entry_of, values_for
from chainrule.viz.explanation import Check, Explanation
from chainrule.viz.paths import Path, best_paths, count_and_sum
from chainrule.viz.trace import Values, needed, trace


def explain(
    loss: Node,
    w: Node,
    index: int | Sequence[int] = (),
    *,
    values: Mapping[Any, Any] | None = None,
    names: Mapping[str, object] | None = None,
    top: int = 5,
    unfold: bool = False,
    rankdir: str = "LR",
    seed: int = 0,
) -> Explanation:
    """Explain ∂loss/∂w: the chain in symbols, in numbers, and its product.

    The factors run from one number that every path passes to the next, so that their
    product is exact. Numbers with a name come first; where there are none, every such
    number is a stop.

    Args:
        loss: a scalar node.
        w: a parameter, an input or any node in between.
        index: which entry of w, such as ``(0, 1)``; not needed for a scalar.
        values: arrays for the inputs, by node or by name.
        names: names for nodes, as in ``names=locals()``.
        top: how many paths to list, those that contribute most.
        unfold: whether the diagram draws those paths where the chain branches, each
            with its derivatives, instead of one edge for their sum.
        rankdir: how the diagram runs: ``"LR"`` for slides, ``"TB"`` for the column of
            a paper.
        seed: of the random numbers in the graph.

    Raises:
        GradientError: the loss is not a scalar, or does not depend on w.
        GraphError: w has no such entry, or it reaches too many numbers to explain.
    """
    if rankdir not in ("LR", "RL", "TB", "BT"):
        raise GraphError(f"rankdir is one of LR, RL, TB, BT, got {rankdir!r}")
    if not isinstance(loss, Node) or not isinstance(w, Node):
        raise GraphError(f"explain takes a loss and a node, got {loss!r} and {w!r}")
    feeds = dict(values or {})
    graph = Graph([loss], names)
    naming = Naming(graph, names, loss=loss)
    sweep = backward(loss, [w])
    if w not in sweep.gradient or w is loss:
        raise GradientError(f"{describe(loss)} does not depend on {describe(w)}")
    arrays = values_for(sweep, feeds, seed)
    where = (index,) if isinstance(index, int) else tuple(index)
    start = Element(w, entry_of(w, arrays[w], where))
    within = elements(sweep, start, arrays, feeds)
    naming.number([w])
    chain = Chain(sweep, naming, within, arrays)
    factors = chain.factors()
    count, total = count_and_sum(within, start, within.end)
    symbol = Derivative(chain.symbol(within.end), (chain.symbol(start),))

    def written(path: Path) -> str:
        stops = [start, *(step.target for step in path.steps)]
        named = [e for e in stops if naming.symbol(e.node) or e in (start, within.end)]
        return " → ".join(chain.symbol(element).unicode() for element in named)

    return Explanation(
        symbol, total, factors, count,
        best_paths(within, start, within.end, top),
        chain.where,
        written,
        lambda: _check(sweep, start, total, feeds, arrays, seed),
        lambda whole: chain_scene(whole, chain, rankdir, top if unfold else 0),
    )  # fmt: skip


def _check(
    sweep: Backward,
    start: Element,
    total: float,
    feeds: dict[Any, Any],
    arrays: Values,
    seed: int,
) -> Check:
    """Compare with the reverse sweep and with a finite difference; w is not touched."""
    exact = arrays[sweep.gradient[start.node]].reshape(-1)[start.entry]
    probe = Input("probe", arrays[start.node].shape)
    (moved,) = substitute([sweep.loss], {start.node: probe})
    at = np.array(arrays[start.node], dtype=np.float64)
    h = 1e-5 * max(1.0, abs(float(at.reshape(-1)[start.entry])))
    fed = needed(moved, feeds)
    losses = []
    for sign in (1, -1):
        shifted = at.copy()
        shifted.reshape(-1)[start.entry] += sign * h
        losses.append(trace([moved], {**fed, probe: shifted}, seed)[moved])
    slope = float(losses[0] - losses[1]) / (2 * h)
    return Check(total, float(exact), slope)
