"""Checks of problems: what is computed with all passes against what is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
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


@dataclass(frozen=True)
class Trial:
    """A problem, and what computes it.

    Attributes:
        problem: the problem.
        path: a backend, or a way of NumPy's such as ``"blocked"``.
        dtype: of floats.
        hard: whether there are numbers among its values for which arithmetic
            overflows; then what is expected is computed on the same path.
    """

    problem: Problem
    path: str = "numpy"
    dtype: FloatDtype = "float64"
    hard: bool = False


def fails(trial: Trial) -> bool:
    """Whether anything that a trial computes is wrong."""
    return bool(wrong(trial))


def wrong(trial: Trial) -> dict[str, str]:
    """Return which values of a problem are wrong, and in what way.

    What cannot be computed as it is written is not wrong.
    """
    problem = trial.problem
    named = problem.named()
    nodes = list(named.values())
    try:
        if trial.hard:
            expected = computing(trial.path, trial.dtype, rewrite=False)(nodes, problem)
        else:
            expected = interpret(nodes, problem.feeds)
    except (ChainRuleError, IndexError):
        return {}
    try:
        got = computing(trial.path, trial.dtype)(nodes, problem)
    except Exception as error:  # whatever it is, the written form has none
        return {"all": f"{type(error).__name__}: {error}"}
    found = faults(nodes, problem.feeds, expected, got, trial.dtype)
    return {name: found[i] for i, name in enumerate(named) if i in found}


def together(trials: Sequence[Trial]) -> Trial:
    """Return one trial of several like ones, so that one program computes them all."""
    if len(trials) == 1:
        return trials[0]
    problems = [trial.problem for trial in trials]
    outputs = tuple(node for problem in problems for node in problem.outputs)
    feeds = {leaf: x for problem in problems for leaf, x in problem.feeds.items()}
    problem = Problem(outputs, feeds, f"{len(problems)} graphs", of_all=False)
    return replace(trials[0], problem=problem)


def computing(path: str, dtype: FloatDtype, *, rewrite: bool = True) -> Compute:
    """Return a function that computes nodes on a path."""
    ways = open_backend("numpy").ways()
    way = ways.get(path, nullcontext)
    backend = open_backend("numpy" if path in ways else path)

    def compute(nodes: Sequence[Node], problem: Problem) -> list[Array]:
        shapes = {leaf: np.shape(value) for leaf, value in problem.feeds.items()}
        program = Program(list(nodes), shapes=shapes, dtype=dtype, rewrite=rewrite)
        with way():
            executable = backend.compile(program)
            for leaf, value in problem.feeds.items():
                executable.put(leaf, value)
            executable.run()
            if path in ways:
                executable.run()  # what is compiled after a while is there now
        return [executable.fetch(i) for i in range(len(nodes))]

    return compute
