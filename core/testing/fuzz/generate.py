"""Generated problems: from rules, near misses of them, and graphs grown at random."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from chainrule import ops
from chainrule.errors import ShapeError
from chainrule.program.lowering import RULES
from chainrule.program.passes.rule import Rule
from chainrule.program.passes.stable import CANCELLING, SLOPES, STABLE
from chainrule.program.program import FloatDtype
from chainrule.program.sizes import sizes
from chainrule.testing.fuzz.check import Trial
from chainrule.testing.fuzz.nearby import nearby
from chainrule.testing.fuzz.problem import Problem
from chainrule.testing.fuzz.registered import registered
from chainrule.testing.fuzz.sources import HARD, HARD_EXPONENTS, RandomSource
from chainrule.testing.random_graphs import RandomGraph

LARGEST = 16
"""How many operations a grown graph has at most; small ones are likelier."""
AROUND = (ops.tanh, ops.reciprocal, ops.square, ops.sigmoid, ops.sin, ops.abs)
"""What is computed from a result, so that its derivative is small, or large."""


def of_rule(rule: Rule, seed: int, *, hard: bool = False) -> Problem:
    """Return a graph that contains what a rule looks for, or a near miss of it.

    Args:
        rule: the rule.
        seed: of all choices; one of three is the example itself.
        hard: whether values are such that arithmetic overflows.
    """
    random = np.random.default_rng(seed)
    values = HARD_EXPONENTS if rule in (*STABLE, *SLOPES, *CANCELLING) else HARD
    while True:
        some = RandomSource(random, values if hard else None)
        try:
            root = rule.example(some)
        except ShapeError:  # operands that do not fit
            continue
        changed = nearby(root, some) if seed % 3 else root
        if random.random() < 0.3:
            changed = some.pick(AROUND)(changed)
        outputs = (changed,) if random.random() < 0.7 else (changed, root)
        return Problem(outputs, some.feeds, rule.statement)


def grown(seed: int) -> Problem:
    """Return a graph grown by random choices."""
    random = np.random.default_rng(seed)
    size = min(LARGEST, 1 + int(random.geometric(0.2)))
    more = list(registered())
    graph = RandomGraph(lambda n: int(random.integers(n)), size, more)
    feeds = {leaf: random.uniform(-2, 2, sizes(leaf)) for leaf in graph.leaves}
    return Problem(tuple(graph.outputs), feeds, "grown")


def trials(seed: int, together: int) -> Iterator[Trial]:
    """Yield trials without end: of every rule in turn, and as many grown graphs.

    One of four is of rules on hard numbers.

    Args:
        seed: where to begin.
        together: how many graphs a trial has.
    """
    plain, hard = _plain(seed), _hard(seed)
    for i in itertools.count():
        if i % 4 < 3:
            yield Trial(tuple(itertools.islice(plain, together)))
        else:
            dtype: FloatDtype = "float32" if i % 8 < 4 else "float64"
            yield Trial(tuple(itertools.islice(hard, together)), dtype, hard=True)


def _plain(seed: int) -> Iterator[Problem]:
    """Yield problems; of every other one the inner derivatives are compared too."""
    for i in itertools.count(seed):
        for k, rule in enumerate(RULES):
            each = of_rule(rule, i), grown(i * len(RULES) + k)
            yield from (replace(x, of_all=(i + k) % 2 == 0) for x in each)


def _hard(seed: int) -> Iterator[Problem]:
    for i in itertools.count(seed):
        for rule in RULES:
            yield of_rule(rule, i, hard=True)
