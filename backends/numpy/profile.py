"""Profiles: a copy of the generated code that looks at the clock after every line."""

from __future__ import annotations

import ast
import functools
import inspect
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from chainrule.errors import BackendError
from chainrule.node import Node
from chainrule.profile.profile import Profile
from chainrule.profile.speed import Speed
from chainrule.profile.work import Portion, Work

CLOCK, TICKS = "_clock", "_ticks"
"""Names that no line of generated code has."""
PRODUCTS = (128, 384)
"""Rows and columns of the products that the peak is measured with."""


class Profiler:
    """The current profile of a backend, or None; all its programs share it."""

    def __init__(self) -> None:
        self.profile: Profile | None = None

    @contextmanager
    def profiled(self) -> Iterator[Profile]:
        """Return a context in which programs record their times.

        Raises:
            BackendError: there is such a context already.
        """
        if self.profile is not None:
            raise BackendError(
                "the backend 'numpy' is being profiled already: end that block first"
            )
        device = f"numpy on a CPU with {os.cpu_count()} threads"
        self.profile = profile = Profile(device, _speed())
        begin = time.perf_counter()
        try:
            yield profile
        finally:
            profile.wall = time.perf_counter() - begin
            self.profile = None


class Timed:
    """A copy of a compiled program that records when each of its statements ended.

    Neighbours that compute one node are one task, and so is a loop with all its nodes.

    Args:
        run: the generated function.
        nodes_of_line: what its lines compute; the first line of its body is 1.
        work: the program that it was generated from.
    """

    def __init__(
        self,
        run: Callable[..., None],
        nodes_of_line: Mapping[int, Sequence[Node]],
        work: Work,
    ) -> None:
        tree = ast.parse(inspect.getsource(run))
        (function,) = tree.body
        assert isinstance(function, ast.FunctionDef)
        portions: list[Portion] = []
        body: list[ast.stmt] = []
        for statement in function.body:
            assert statement.end_lineno is not None
            lines = range(statement.lineno - 1, statement.end_lineno)
            nodes = [node for i in lines for node in nodes_of_line.get(i, ())]
            portion = (
                Portion(nodes) if nodes else Portion((), "totals, results, copies")
            )
            if portions and portions[-1].nodes == portion.nodes:
                body[-1:] = [statement, body[-1]]
            else:
                portions.append(portion)
                body += [statement, _tick(len(portions), statement)]
        function.body = body
        names = dict(run.__globals__, **{CLOCK: time.perf_counter_ns})
        self._ticks = names[TICKS] = [0] * (len(portions) + 1)
        # Lines keep their numbers, so that an error names the same node.
        exec(compile(tree, run.__code__.co_filename, "exec"), names)
        self._run = names["run"]
        self._tasks = work.tasks(portions)

    def run(self, profile: Profile, *arguments: Any) -> None:
        """Run the program and record the times."""
        ticks = self._ticks
        ticks[0] = time.perf_counter_ns()
        self._run(*arguments)
        for task, begin, end in zip(self._tasks, ticks, ticks[1:], strict=False):
            profile.add(task, begin, end)


def _tick(number: int, after: ast.stmt) -> ast.stmt:
    (tick,) = ast.parse(f"{TICKS}[{number}] = {CLOCK}()").body
    for part in ast.walk(tick):
        ast.copy_location(part, after)
    return tick


@functools.cache
def _speed() -> Speed:
    return Speed(_copied, _multiplied)


def _copied(nbytes: int) -> float:
    """Return the bytes per second of a copy that reads and writes so many in all."""
    source, target = np.ones((2, nbytes // 8), np.float32)
    return nbytes / _fastest(lambda: np.copyto(target, source))


def _multiplied(dtype: str) -> float:
    """Return the operations per second of the better of two products."""
    speeds = []
    for size in PRODUCTS:
        a = np.ones((size, size), dtype)
        out = np.empty_like(a)
        seconds = _fastest(functools.partial(np.matmul, a, a, out), 0.06)
        speeds.append(2 * size**3 / seconds)
    return max(speeds)


def _fastest(call: Callable[[], object], within: float = 0.02) -> float:
    """Return the seconds of the fastest of many calls; others share the processor."""
    times: list[float] = []
    end = time.perf_counter() + within
    while len(times) < 20 or time.perf_counter() < end:
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return min(times)
