"""A program as the NumPy backend runs it: put, run, fetch; recompiled where it pays."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.backends.numpy.function import Function
from chainrule.backends.numpy.generate import LARGE, generate
from chainrule.backends.numpy.jit import numba_version
from chainrule.backends.numpy.kernels import Kernel
from chainrule.backends.numpy.memory import Array
from chainrule.backends.numpy.profile import Profiler, Timed
from chainrule.backends.numpy.threads import ONE_THREAD, WORTH_SHARING
from chainrule.errors import ChainRuleError, ExecutionError
from chainrule.kinds.backend import Executable, fill
from chainrule.node import Input, describe
from chainrule.ops import Op
from chainrule.profile.profile import Profile
from chainrule.profile.work import Work
from chainrule.program import Program
from chainrule.program.sizes import numpy_dtype, sizes

LOOPS_AFTER = 1.0
"""Seconds that a program runs before its loops are compiled, which takes as long."""
SMALL_LOOPS_AFTER = 3
"""How much longer it runs before loops of small arrays are, which save a quarter."""
FLUSH_EVERY = 128
"""Steps after which tiny numbers are flushed."""
TINY = 1e-30
"""A number that decays by a tenth in each step is not denormal 128 steps later."""


class NumpyExecutable(Executable):
    """Straight-line Python over preallocated buffers."""

    def __init__(
        self, program: Program, kernels: Mapping[type[Op], Kernel], profiler: Profiler
    ) -> None:
        self.program = program
        self._kernels = kernels
        self._profiler = profiler
        self._results: list[Any] = [None] * len(program.outputs)
        self._totals = _zeros(program)
        self._function = self._compile(with_loops=False)
        self.source = self._function.source
        self.peak_memory = self._function.generated.allocated
        self._timed: Timed | None = None
        self._with_loops = False
        largest = self._function.generated.largest_loop
        self._waits_for_loops = largest > 0
        self._patience = 1 if largest >= LARGE else SMALL_LOOPS_AFTER
        self._seconds = 0.0

    @property
    def nbytes(self) -> int:
        return self.program.nbytes + len(self.source) + self._function.nbytes

    # -- compiling -----------------------------------------------------------------

    def _compile(self, *, with_loops: bool) -> Function:
        return Function(generate(self.program, self._kernels, with_loops=with_loops))

    def _recompile(self, *, with_loops: bool) -> None:
        """Compile again, keeping what was put."""
        function = self._compile(with_loops=with_loops)
        for leaf, values in self._function.generated.inputs.items():
            np.copyto(function.generated.inputs[leaf], values)
        self._function = function
        self.source = function.source
        self.peak_memory = function.generated.allocated
        self._timed = None
        self._with_loops = with_loops

    def _compile_loops(self) -> None:
        self._waits_for_loops = False
        if not numba_version():
            return
        try:
            self._recompile(with_loops=True)
        except Exception as error:  # of any kind: NumPy's calls can go on
            warnings.warn(
                f"Numba {numba_version()} could not compile a loop: {error}",
                RuntimeWarning,
                stacklevel=3,
            )

    # -- running -------------------------------------------------------------------

    def put(self, leaf: Input, values: Array, rows: Array | None = None) -> None:
        array = self._function.generated.inputs.get(leaf)
        if array is not None:
            fill(array, values, rows)

    def run(self, *, seed: int = 0, step: int = 1, lr: float = 0.0) -> None:
        if self._waits_for_loops and self._seconds > LOOPS_AFTER * self._patience:
            self._compile_loops()
        if self._function.is_outdated():
            self._recompile(with_loops=self._with_loops)
        begin = time.perf_counter() if self._waits_for_loops else 0.0
        profile = self._profiler.profile
        run = self._function.run if profile is None else self._recording(profile)
        try:
            with np.errstate(all="ignore"):
                run(seed, np.float64(step), np.float64(lr), self._results, self._totals)
        except ChainRuleError:
            raise
        except Exception as error:
            raise self._explained(error) from error
        if step % FLUSH_EVERY == 0:
            self._flush()
        if self._waits_for_loops:
            self._seconds += time.perf_counter() - begin

    def _recording(self, profile: Profile) -> Callable[..., None]:
        """Return a function that runs the program and records the time of each line."""
        if self._timed is None:
            work = Work(self.program, self._kernels)
            nodes_of_line = self._function.generated.nodes_of_line
            self._timed = Timed(self._function.run, nodes_of_line, work)
        return partial(self._timed.run, profile)

    def _explained(self, error: Exception) -> ExecutionError:
        node = self._function.failed_node(error)
        if node is None:
            return ExecutionError(f"the program failed: {error}")
        operands = ", ".join(describe(x) for x in node.inputs)
        return ExecutionError(f"{describe(node)} of {operands} failed: {error}")

    def _flush(self) -> None:
        """Set the tiniest numbers of what was assigned to zero.

        What decays towards zero, such as the momentum of a unit that died, would end
        among the denormal numbers, on which processors are a hundred times slower.
        """
        for phase in self.program.phases:
            for parameter, _ in phase:
                value = parameter.value
                np.multiply(value, np.abs(value) >= TINY, out=value)

    def running(self) -> AbstractContextManager[object]:
        many = self._function.generated.largest_product > WORTH_SHARING
        return nullcontext() if many else ONE_THREAD

    # -- results -------------------------------------------------------------------

    def fetch(self, index: int) -> Array:
        array = self._function.generated.outputs[index]
        if array is None:
            dtype = numpy_dtype(self.program.outputs[index].dtype, self.program.dtype)
            return np.asarray(self._results[index], dtype)
        return array.copy()

    def take_totals(self) -> npt.NDArray[np.float64]:
        taken = [np.ravel(np.asarray(total, np.float64)) for total in self._totals]
        self._totals = _zeros(self.program)
        return np.concatenate(taken) if taken else np.zeros(0)


def _zeros(program: Program) -> list[Any]:
    """Return what totals are added to: a number for a number, for others an array."""
    return [np.zeros(sizes(x)) if x.ndim else 0.0 for x in program.totals]
