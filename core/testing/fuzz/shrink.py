"""Shrinking: the smallest graph that still fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from chainrule.errors import ChainRuleError
from chainrule.graph import topological
from chainrule.node import Input, Node
from chainrule.substitution import substitute
from chainrule.testing.fuzz.check import Trial
from chainrule.testing.fuzz.problem import Problem
from chainrule.testing.reference import interpret


def shrunk(trial: Trial, fails: Callable[[Trial], bool]) -> Trial:
    """Return a smaller trial that fails, one from which nothing can be taken.

    Args:
        trial: one that fails.
        fails: whether a trial does.
    """
    smaller = True
    while smaller:
        smaller = False
        for candidate in _candidates(trial):
            if _size(candidate) < _size(trial) and fails(candidate):
                trial, smaller = candidate, True
                break
    for i, problem in enumerate(trial.problems):
        for other in _with_short_numbers(problem):
            candidate = _with(trial, i, other)
            if fails(candidate):
                trial = candidate
                break
    return trial


def _candidates(trial: Trial) -> Iterator[Trial]:
    """Yield trials of fewer problems, or smaller ones."""
    for part in _parts(trial.problems):
        yield replace(trial, problems=part)
    for i, problem in enumerate(trial.problems):
        for other in _smaller(problem):
            yield _with(trial, i, other)


def _parts(problems: tuple[Problem, ...]) -> Iterator[tuple[Problem, ...]]:
    """Yield the problems one by one, then their halves, then all but each."""
    n = len(problems)
    if n > 1:
        yield from ((problem,) for problem in problems)
        yield from (problems[: n // 2], problems[n // 2 :])
        yield from (problems[:i] + problems[i + 1 :] for i in range(n))


def _with(trial: Trial, i: int, problem: Problem) -> Trial:
    """Return a trial with another problem in one place."""
    before, after = trial.problems[:i], trial.problems[i + 1 :]
    return replace(trial, problems=(*before, problem, *after))


def _size(trial: Trial) -> int:
    return sum(
        len(topological(problem.outputs)) + len(problem.outputs)
        for problem in trial.problems
    )


def _smaller(problem: Problem) -> Iterator[Problem]:
    """Yield problems with fewer outputs, or with nodes left out."""
    nodes = topological(problem.outputs)
    floats = [node for node in nodes if node.op and node.dtype == "float"]
    for node in floats:
        yield _of((node,), problem)
    for output in problem.outputs if len(problem.outputs) > 1 else ():
        yield _of(tuple(x for x in problem.outputs if x is not output), problem)
    for node in reversed(floats):
        for x in node.inputs:
            if x.shape == node.shape and x.dtype == node.dtype:
                yield _replaced(problem, node, x)
    for node in reversed(floats):
        yield _cut(problem, node)


def _of(outputs: tuple[Node, ...], problem: Problem) -> Problem:
    leaves = set(topological(outputs))
    feeds = {leaf: x for leaf, x in problem.feeds.items() if leaf in leaves}
    return replace(problem, outputs=outputs, feeds=feeds)


def _replaced(problem: Problem, node: Node, other: Node) -> Problem:
    try:
        outputs = substitute(problem.outputs, {node: other})
    except (ChainRuleError, ValueError):  # a replacement does not fit
        return problem
    return _of(tuple(outputs), problem)


def _cut(problem: Problem, node: Node) -> Problem:
    """Feed a node's value in its place."""
    (value,) = interpret([node], problem.feeds)
    if not np.isfinite(value).all():
        return problem
    leaf = Input(f"y{len(problem.feeds)}", node.shape)
    feeds = {**problem.feeds, leaf: value}
    return _replaced(replace(problem, feeds=feeds), node, leaf)


def _with_short_numbers(problem: Problem) -> Iterator[Problem]:
    for digits in (0, 1, 2):
        feeds = {leaf: np.round(x, digits) for leaf, x in problem.feeds.items()}
        yield replace(problem, feeds=feeds)
