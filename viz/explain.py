"""``explain``: why one gradient has the value it has."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.annotations import Name, PositiveInt, Seed
from chainrule.arguments import checked
from chainrule.data.inputs import values_for
from chainrule.errors import GradientError, GraphError, shown
from chainrule.execution.finite_differences import directional_slope
from chainrule.graph import Graph, topological
from chainrule.model.loss_graph import with_loss
from chainrule.model.model import Model
from chainrule.node import Node, describe
from chainrule.notation.lookup import node_called, nodes_by_name
from chainrule.notation.naming import Naming
from chainrule.notation.symbols import Derivative
from chainrule.viz.chain.chain import Chain, chain_of
from chainrule.viz.chain.check import Check
from chainrule.viz.chain.entries import Entry, entry_graph, find_entry
from chainrule.viz.chain.explanation import (
    ChainExplanation,
    Explanation,
    Extent,
    Summand,
)
from chainrule.viz.chain.mode import in_one_mode
from chainrule.viz.chain.questions import Question
from chainrule.viz.chain.sums import SumExplanation
from chainrule.viz.graph.options import Rankdir
from chainrule.viz.graph.origins import origins_in, written
from chainrule.viz.text import Formula
from chainrule.viz.values import Values, evaluated


@checked
def explain(
    what: Any,
    w: Node | Name,
    index: int | Sequence[int] = (),
    *,
    loss: Any = None,
    values: Mapping[Any, Any] | None = None,
    names: Mapping[str, object] | None = None,
    example: int | None = None,
    top: PositiveInt = 5,
    unfold: bool = False,
    rankdir: Rankdir = "LR",
    training: bool = False,
    seed: Seed = 0,
) -> Explanation:
    """Explain ∂J/∂w: the chain in symbols and in numbers, and their product.

    Each factor leads from one number that every path passes to the next, so that the
    product is exact. Of these numbers the chain shows those with a name, or all of
    them where none has a name.

    For a batch the derivative is the mean over the examples, and with penalties a sum:
    each example and each penalty then has a chain of its own.

    Args:
        what: J, a scalar node; or a model, whose loss is J and whose target is ``t``.
        w: a parameter, an input or any node in between; or the name of one, such as
            ``"dense_1/kernel"``.
        index: the entry of w, such as ``(0, 1)``; not needed for a scalar.
        loss: for a model: a name, an object, or a function of (target, prediction);
            None for the loss that it was trained with, penalties included.
        values: arrays for the inputs, by node or by name.
        names: names for nodes, as in ``names=locals()``.
        example: which example of the batch to explain alone, counted from 0.
        top: how many paths and examples to list; those that contribute most come first.
        unfold: whether the diagram draws those paths where the chain branches, each
            with its derivatives, instead of one edge for their sum.
        rankdir: the direction of the diagram: ``"LR"`` for slides, ``"TB"`` for the
            column of a paper.
        training: whether dropout and its like are active.
        seed: of the random numbers in the graph.

    Raises:
        GradientError: the loss is not a scalar, or does not depend on w.
        GraphError: w has no such entry, or it reaches too many numbers to explain; a
            model has no loss yet.
        UnknownNameError: no node is called w.
    """
    J = _loss(what, loss)
    graph = Graph([J], names)
    if isinstance(w, str):
        w = node_called(w, nodes_by_name(graph, Naming(graph, names, loss=J)))
    if w not in graph or w is J:
        raise GradientError(f"{describe(J)} does not depend on {describe(w)}")
    feeds = values_for(graph.inputs, [J], values or {})
    called = {k: n for k, n in (names or {}).items() if isinstance(n, Node)}
    called = {name: node for name, node in called.items() if node in graph}
    (J, w, *moved), feeds = in_one_mode(
        [J, w, *called.values()], feeds, training=training, seed=seed
    )
    question = Question(
        J, w, (index,) if isinstance(index, int) else tuple(index), feeds,
        dict(zip(called, moved, strict=True)), seed,
    )  # fmt: skip
    if example is not None:
        question = _one_example(question, example)
    origins = written(origins_in(graph))
    return _answer(question, Extent(top, unfold, rankdir, origins))


def _one_example(question: Question, example: int) -> Question:
    """Return the question about one example of the batch.

    Raises:
        GraphError: there is no such example.
    """
    count = question.batch
    if not -count <= example < count:
        raise GraphError(
            f"example must be one of the {count} in the batch, 0 to {count - 1}, got "
            f"{example}"
        )
    return question.of_example(example % count) if count > 1 else question


def _answer(question: Question, extent: Extent) -> Explanation:
    """Answer a question: with one chain, or with one for each part of a sum."""
    split = question.penalties()
    data, penalties = split or (question, [])
    by_example = data.examples()
    if split is None and by_example is None:
        return _chain(question, extent)
    factor, examples = by_example or (1.0, [data])

    parts = [
        Summand(
            factor, asked.symbol, asked.label, asked.slope,
            functools.partial(_chain, asked, extent), asked.number,
        )
        for asked in examples
    ] + [
        Summand(
            1.0, asked.symbol, _penalty_label(asked), asked.slope,
            functools.partial(_chain, asked, extent, brief=True),
        )
        for asked in penalties
    ]  # fmt: skip
    w = parts[0].explanation.symbol.wrt
    return SumExplanation(
        Derivative(question.symbol, w), question.slope, parts, extent,
        functools.partial(_slope, question),
    )  # fmt: skip


def _penalty_label(question: Question) -> str:
    """Say what a penalty is: ``the penalty, R = 0.01 · Σ W²``."""
    naming = question.naming
    formula = Formula(question.loss, naming).unicode()
    return f"{question.label}, {question.symbol.unicode()} = {formula}"


def _chain(
    question: Question, extent: Extent, *, brief: bool = False
) -> ChainExplanation:
    """Explain a derivative by a single chain; a brief one numbers no nodes."""
    sweep, w = question.sweep, question.wrt
    if w not in sweep.gradient:
        raise GradientError(f"{describe(sweep.loss)} does not depend on {describe(w)}")
    arrays = _forward_and_backward(question)
    start = find_entry(w, arrays[w], question.index)
    entries = entry_graph(sweep, start, arrays)
    naming = question.naming
    naming.number([w])
    chain = chain_of(sweep, naming, entries, arrays, brief=brief)
    check = functools.partial(_check, chain, question)
    return ChainExplanation(chain, check, extent)


def _loss(what: Any, loss: Any) -> Node:
    if not isinstance(what, Model | Node):
        raise GraphError(f"what must be a loss or a model, got {shown(what)}")
    scalar: Node = with_loss(what, loss)
    return scalar


def _forward_and_backward(question: Question) -> Values:
    """Evaluate every node of both passes and every local derivative, in one run."""
    sweep = question.sweep
    forward = topological([sweep.loss])
    local = [node for node in sweep.local.values() if isinstance(node, Node)]
    nodes = [*forward, *local, *sweep.gradient.values()]
    return evaluated(nodes, question.feeds, question.seed)


def _check(chain: Chain, question: Question) -> Check:
    """Compare with the reverse sweep and with a finite difference; w is not touched."""
    sweep, start, values = chain.rules.sweep, chain.graph.start, chain.symbols.values
    autodiff = Entry(sweep.gradient[start.node], start.flat).value(values)
    return Check(chain.value, autodiff, _slope(question))


def _slope(question: Question) -> float:
    """Return the derivative as a finite difference."""
    w = question.wrt
    value = evaluated([w], question.feeds, question.seed)[w]
    direction = np.zeros(value.shape)
    direction.reshape(-1)[find_entry(w, value, question.index).flat] = 1
    return directional_slope(
        question.loss, w, value, direction, question.feeds, seed=question.seed
    )
