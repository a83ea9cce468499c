"""Derivatives of softmax, as a lecturer writes them: softmax(z)ⱼ − tⱼ, aᵢ · (1 − aᵢ).

They are those of single numbers, where the general rule is a sum over many paths.
"""

from __future__ import annotations

import math

import numpy as np

from chainrule.node import Node
from chainrule.notation.numbers import number
from chainrule.notation.styles import Written
from chainrule.ops import LogSoftmax, Mul, OneHot, Pick, Softmax
from chainrule.viz.chain.entries import Entry, EntryEdge, EntryGraph
from chainrule.viz.chain.entry_symbols import EntrySymbols
from chainrule.viz.chain.paths import between, slopes_to
from chainrule.viz.text import Formula, Plain, row


def softmax_slope(edge: EntryEdge, symbols: EntrySymbols) -> Written | None:
    """Write ∂yᵢ/∂xⱼ of one softmax or log_softmax; None for any other operation."""
    y, same = edge.target.node, edge.target.flat == edge.source.flat
    if isinstance(y.op, LogSoftmax):
        below = _softmax(edge.source, y.op.axis, symbols)
        return row("1 − ", below) if same else row("−", below)
    if isinstance(y.op, Softmax):
        a, b = (
            symbols.symbol(Entry(y, entry.flat))
            if symbols.named(y)
            else _softmax(Entry(edge.source.node, entry.flat), y.op.axis, symbols)
            for entry in (edge.target, edge.source)
        )
        return row(a, " · ", "(1 − ", a, ")") if same else row("−", a, " · ", b)
    return None


def cross_entropy_rule(
    graph: EntryGraph, symbols: EntrySymbols, bottom: Entry, top: Entry, value: float
) -> Written | None:
    """Write softmax(z)ⱼ − tⱼ, if that is what the factor is; otherwise None.

    It is, where logits go into the logarithm of a softmax alone and the entries of its
    result are weighted by targets that add up to one.
    """
    inner = between(graph, bottom, top)
    nodes = dict.fromkeys(entry.node for entry in inner)
    users = [y for y in nodes if bottom.node in y.inputs]
    if len(users) != 1 or not isinstance(users[0].op, LogSoftmax):
        return None
    (y,) = users
    (weighting, *others) = [node for node in nodes if y in node.inputs] or [y]
    target = None if others else _target(symbols, bottom, weighting, y)
    if target is None:
        return None
    slopes = slopes_to(graph, top)
    scale = -math.fsum(slopes[entry] for entry in inner if entry.node is y)
    text, wanted = target
    probability = math.exp(Entry(y, bottom.flat).value(symbols.values))
    if not math.isclose(
        scale * (probability - wanted), value, rel_tol=1e-6, abs_tol=1e-9
    ):
        return None
    below = _softmax(bottom, users[0].op.axis, symbols)
    rule = row(below, " − ", text)
    return rule if scale == 1 else row(Plain(number(scale)), " · ", "(", rule, ")")


def _target(
    symbols: EntrySymbols, bottom: Entry, weighting: Node, y: Node
) -> tuple[Written, float] | None:
    """Return tⱼ, or onehot(t)ⱼ where the target is a class, and its number."""
    values = symbols.values
    shape = values[bottom.node].shape
    if not isinstance(weighting.op, (Pick, Mul)):
        return None
    a, b = weighting.inputs
    if isinstance(weighting.op, Pick):
        *lead, column = np.unravel_index(bottom.flat, shape)
        label = np.broadcast_to(values[b], shape[:-1])[tuple(lead)]
        classes = Formula(OneHot(shape[-1])(b), symbols.naming)
        return row(classes, symbols.subscript(bottom)), float(label == column)
    other = b if a is y else a
    if values[other].shape == shape:
        entry = Entry(other, bottom.flat)
        wanted = entry.value(values)
        named = symbols.named(other)
        return (symbols.symbol(entry) if named else Plain(number(wanted))), wanted
    return None


def _softmax(entry: Entry, axis: int, symbols: EntrySymbols) -> Written:
    """Write softmax(z)ⱼ."""
    whole = Formula(Softmax(axis)(entry.node), symbols.naming)
    return row(whole, symbols.subscript(entry))
