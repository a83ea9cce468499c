"""Generated problems: from rules, near misses of them, and graphs grown at random."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from chainrule import ops
from chainrule.errors import ShapeError
from chainrule.program.lowering import RULES
from chainrule.program.passes.rule import Rule
from chainrule.program.passes.stable import SLOPES, STABLE
from chainrule.program.program import FloatDtype
from chainrule.program.sizes import sizes
from chainrule.testing.fuzz.check import Trial
from chainrule.testing.fuzz.nearby import nearby
from chainrule.testing.fuzz.problem import Problem
from chainrule.testing.fuzz.sources import HARD, HARD_EXPONENTS, RandomSource
from chainrule.testing.random_graphs import RandomGraph

SIZES = (4, 16)
"""How many operations a grown graph has, at least and at most."""


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
    values = HARD_EXPONENTS if rule in (*STABLE, *SLOPES) else HARD
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
    size = int(random.integers(*SIZES))
    graph = RandomGraph(lambda n: int(random.integers(n)), size)
    feeds = {leaf: random.uniform(-2, 2, sizes(leaf)) for leaf in graph.leaves}
    return Problem(tuple(graph.outputs), feeds, "grown")


def trials(path: str, seed: int) -> Iterator[Trial]:
    """Yield trials without end: of every rule in turn, and as many grown graphs.

    Numbers are hard on the path of NumPy only, whose arithmetic is the definition.
    """
    for i in itertools.count(seed):
        for k, rule in enumerate(RULES):
            yield Trial(of_rule(rule, i), path)
            yield Trial(grown(i * len(RULES) + k), path)
            if path == "numpy" and (i + k) % 2:
                dtype: FloatDtype = "float32" if i % 4 < 2 else "float64"
                yield Trial(of_rule(rule, i, hard=True), path, dtype, hard=True)
