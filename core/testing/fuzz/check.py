"""Checks of a problem: what is computed with all passes against what is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from chainrule.errors import ChainRuleError
from chainrule.execution import open_backend
from chainrule.node import Node
from chainrule.program import Program
from chainrule.program.program import FloatDtype
from chainrule.testing.fuzz.problem import Array, Problem
from chainrule.testing.fuzz.verdict import faults
from chainrule.testing.reference import interpret

Compute: TypeAlias = Callable[[Sequence[Node], Problem], list[Array]]
"""Returns the values of nodes of a problem."""


def computing(
    backend: str = "numpy", dtype: FloatDtype = "float64", *, rewrite: bool = True
) -> Compute:
    """Return a function that lets a backend compute the nodes of a problem."""

    def compute(nodes: Sequence[Node], problem: Problem) -> list[Array]:
        shapes = {leaf: np.shape(value) for leaf, value in problem.feeds.items()}
        program = Program(list(nodes), shapes=shapes, dtype=dtype, rewrite=rewrite)
        executable = open_backend(backend).compile(program)
        for leaf, value in problem.feeds.items():
            executable.put(leaf, value)
        executable.run()
        return [executable.fetch(i) for i in range(len(nodes))]

    return compute


def as_written(nodes: Sequence[Node], problem: Problem) -> list[Array]:
    """Interpret nodes one by one, in float64."""
    return interpret(nodes, problem.feeds)


def wrong(
    problem: Problem,
    compute: Compute,
    expect: Compute = as_written,
    dtype: FloatDtype = "float64",
) -> dict[str, str]:
    """Return which values of a problem are wrong, and in what way.

    Args:
        problem: the problem.
        compute: computes it with all passes.
        expect: computes it as it is written. What it refuses is not checked.
        dtype: of both computations.
    """
    named = problem.named()
    nodes = list(named.values())
    try:
        expected = expect(nodes, problem)
    except (ChainRuleError, IndexError):
        return {}
    try:
        got = compute(nodes, problem)
    except Exception as error:  # of any kind: the written form raises none
        return {"it": f"fails with {type(error).__name__}: {error}"}
    found = faults(nodes, problem.feeds, expected, got, dtype)
    return {name: found[i] for i, name in enumerate(named) if i in found}
