"""Derivatives of softmax, as a lecturer writes them: softmax(z)ⱼ − tⱼ, aᵢ · (1 − aᵢ).

They are those of single numbers, where the general rule is a sum over many paths.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from chainrule.node import Node
from chainrule.notation.symbols import Symbol
from chainrule.notation.writer import Written, number
from chainrule.ops import LogSoftmax, Mul, OneHot, Pick, Softmax
from chainrule.viz.chain.entries import Element, Step
from chainrule.viz.chain.paths import between, slopes_to
from chainrule.viz.text import Formula, Plain, row

if TYPE_CHECKING:
    from chainrule.viz.chain.chain import Chain


def softmax_slope(step: Step, chain: Chain) -> Written | None:
    """Print ∂yᵢ/∂xⱼ of one softmax or log_softmax; None for any other operation."""
    y, same = step.target.node, step.target.entry == step.source.entry
    if isinstance(y.op, LogSoftmax):
        below = _softmax(step.source, y.op.axis, chain)
        return row("1 − ", below) if same else row("−", below)
    if isinstance(y.op, Softmax):
        a, b = (
            chain.symbol(Element(y, e.entry))
            if isinstance(chain.naming.symbol(y), Symbol)
            else _softmax(Element(step.source.node, e.entry), y.op.axis, chain)
            for e in (step.target, step.source)
        )
        return row(a, " · ", "(1 − ", a, ")") if same else row("−", a, " · ", b)
    return None


def cross_entropy_rule(
    chain: Chain, bottom: Element, top: Element, value: float
) -> Written | None:
    """Print softmax(z)ⱼ − tⱼ, if that is what the factor is; otherwise None.

    It is, where logits go into the logarithm of a softmax alone and the entries of its
    result are weighted by targets that add up to one.
    """
    inner = between(chain.within, bottom, top)
    nodes = dict.fromkeys(element.node for element in inner)
    users = [y for y in nodes if bottom.node in y.inputs]
    if len(users) != 1 or not isinstance(users[0].op, LogSoftmax):
        return None
    (y,) = users
    (weighting, *others) = [node for node in nodes if y in node.inputs] or [y]
    target = None if others else _target(chain, bottom, weighting, y)
    if target is None:
        return None
    slopes = slopes_to(chain.within, top)
    scale = -math.fsum(slopes[element] for element in inner if element.node is y)
    text, wanted = target
    probability = math.exp(chain.values[y].reshape(-1)[bottom.entry])
    if not math.isclose(
        scale * (probability - wanted), value, rel_tol=1e-6, abs_tol=1e-9
    ):
        return None
    below = _softmax(bottom, users[0].op.axis, chain)
    rule = row(below, " − ", text)
    return rule if scale == 1 else row(Plain(number(scale)), " · ", "(", rule, ")")


def _target(
    chain: Chain, bottom: Element, weighting: Node, y: Node
) -> tuple[Written, float] | None:
    """Return tⱼ, or onehot(t)ⱼ where the target is a class, and its number."""
    shape = chain.values[bottom.node].shape
    if not isinstance(weighting.op, (Pick, Mul)):
        return None
    a, b = weighting.inputs
    if isinstance(weighting.op, Pick):
        *lead, column = np.unravel_index(bottom.entry, shape)
        label = np.broadcast_to(chain.values[b], shape[:-1])[tuple(lead)]
        classes = Formula(OneHot(shape[-1])(b), chain.naming)
        return row(classes, chain.indexed(bottom)), float(label == column)
    other = b if a is y else a
    if chain.values[other].shape == shape:
        element = Element(other, bottom.entry)
        wanted = float(chain.values[other].reshape(-1)[bottom.entry])
        named = isinstance(chain.naming.symbol(other), Symbol)
        return (chain.symbol(element) if named else Plain(number(wanted))), wanted
    return None


def _softmax(element: Element, axis: int, chain: Chain) -> Written:
    """Write softmax(z)ⱼ."""
    whole = Formula(Softmax(axis)(element.node), chain.naming)
    return row(whole, chain.indexed(element))
