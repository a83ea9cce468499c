"""Checks of problems: what is computed with all passes against what is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.errors import ChainRuleError
from chainrule.execution import open_backend
from chainrule.node import Node
from chainrule.program import Program
from chainrule.program.program import FloatDtype
from chainrule.testing.fuzz.problem import Array, Problem
from chainrule.testing.fuzz.verdict import faults
from chainrule.testing.reference import interpret


@dataclass(frozen=True, eq=False)
class Trial:
    """Problems that one program computes, in whatever ways there are to run it.

    What is right is computed once for all ways, and so are the passes.

    Attributes:
        problems: the problems.
        dtype: of floats.
        hard: whether there are numbers among the values for which arithmetic
            overflows; then what is expected is computed by NumPy in that dtype.
    """

    problems: tuple[Problem, ...]
    dtype: FloatDtype = "float64"
    hard: bool = False

    def fails(self, path: str = "numpy") -> bool:
        """Whether anything is wrong when computed in one way."""
        return bool(self.wrong(path))

    def wrong(self, path: str = "numpy") -> dict[int, dict[str, str]]:
        """Return what is wrong: of which problem, which of its values, in what way.

        What cannot be computed as it is written is not wrong.

        Args:
            path: a backend, or a way of NumPy's such as ``"blocked"``.
        """
        if not self._expected:
            return {}
        try:
            feeds = self._feeds(list(self._expected))
            values = iter(computed(path, self._program, feeds))
        except Exception as error:  # whatever it is, the written form has none
            each = (replace(self, problems=(x,)).wrong(path) for x in self._all())
            alone = {i: found[0] for i, found in enumerate(each) if found}
            return alone or {0: {"all": f"{type(error).__name__}: {error}"}}
        wrong = {}
        for i, expected in self._expected.items():
            named = self._named[i]
            got = [next(values) for _ in named]
            feeds = self.problems[i].feeds
            found = faults(list(named.values()), feeds, expected, got, self.dtype)
            if found:
                names = list(named)
                wrong[i] = {names[k]: said for k, said in found.items()}
        return wrong

    def _all(self) -> Sequence[Problem]:
        return self.problems if len(self.problems) > 1 else ()

    @cached_property
    def _named(self) -> Sequence[Mapping[str, Node]]:
        return [problem.named() for problem in self.problems]

    @cached_property
    def _expected(self) -> Mapping[int, list[Array]]:
        """The values of each problem as it is written, if that can be computed."""
        every = range(len(self.problems))
        try:
            return self._written(every)
        except (ChainRuleError, IndexError):
            return self._written([i for i in every if self._can_be_written(i)])

    def _can_be_written(self, i: int) -> bool:
        try:
            self._written([i])
        except (ChainRuleError, IndexError):
            return False
        return True

    def _written(self, chosen: Sequence[int]) -> Mapping[int, list[Array]]:
        """Compute problems as they are written, together: they draw random numbers."""
        nodes, feeds = self._nodes(chosen), self._feeds(chosen)
        if self.hard:
            program = _program(nodes, feeds, self.dtype, rewrite=False)
            values = iter(computed("numpy", program, feeds))
        else:
            values = iter(interpret(nodes, feeds))
        return {i: [next(values) for _ in self._named[i]] for i in chosen}

    @cached_property
    def _program(self) -> Program:
        chosen = list(self._expected)
        nodes, feeds = self._nodes(chosen), self._feeds(chosen)
        return _program(nodes, feeds, self.dtype, rewrite=True)

    def _nodes(self, chosen: Sequence[int]) -> list[Node]:
        return [node for i in chosen for node in self._named[i].values()]

    def _feeds(self, chosen: Sequence[int]) -> Mapping[Any, Array]:
        return {x: v for i in chosen for x, v in self.problems[i].feeds.items()}


def _program(
    nodes: Sequence[Node],
    feeds: Mapping[Any, Array],
    dtype: FloatDtype,
    *,
    rewrite: bool,
) -> Program:
    shapes = {leaf: np.shape(value) for leaf, value in feeds.items()}
    return Program(nodes, shapes=shapes, dtype=dtype, rewrite=rewrite)


def computed(path: str, program: Program, feeds: Mapping[Any, Array]) -> list[Array]:
    """Return the outputs of a program, computed on a path."""
    ways = open_backend("numpy").ways()
    backend = open_backend("numpy" if path in ways else path)
    with ways.get(path, nullcontext)():
        executable = backend.compile(program)
        for leaf, value in feeds.items():
            executable.put(leaf, value)
        executable.run()
        if path in ways:
            executable.run()  # what is compiled after a while is there now
    return [executable.fetch(i) for i in range(len(program.outputs))]
