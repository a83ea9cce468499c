"""A compiled program: generated code, its buffers, and the errors it may raise."""

from __future__ import annotations

import linecache
import time
import warnings
import weakref
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.backends.numpy.generate import generate
from chainrule.backends.numpy.jit import numba_version
from chainrule.backends.numpy.profile import Profiler, Timed
from chainrule.backends.numpy.threads import ONE_THREAD, WORTH_SHARING
from chainrule.errors import ChainRuleError, ExecutionError
from chainrule.kinds.backend import Executable, fill
from chainrule.node import Input, describe
from chainrule.ops import Op
from chainrule.profile.profile import Profile
from chainrule.profile.work import Work
from chainrule.program import Program
from chainrule.program.sizes import numpy_dtype

_numbers = count(1)
LOOPS_AFTER = 1.0
"""Seconds that a program has run when its loops are compiled: what that takes."""
FLUSH_EVERY = 128
"""Steps after which tiny numbers are flushed."""
TINY = 1e-30
"""What decays by a tenth in each step is not denormal 128 steps later."""


class NumpyExecutable(Executable):
    """Straight-line Python over preallocated buffers."""

    def __init__(
        self, program: Program, kernels: Mapping[type[Op], Any], profiler: Profiler
    ) -> None:
        self.program = program
        self._kernels = kernels
        self._profiler = profiler
        self._results: list[Any] = [None] * len(program.outputs)
        self._totals = [0.0] * len(program.totals)
        self._with_loops = False
        self._seconds = 0.0
        self._compile()

    def _compile(self) -> None:
        generated = generate(self.program, self._kernels, with_loops=self._with_loops)
        text = generated.text
        self.source = "\n\n".join([text, *generated.loops])
        self.peak_memory = generated.allocated
        self._generated = generated
        self._file = f"<chainrule program {next(_numbers)}>"
        exec(compile(text, self._file, "exec"), generated.namespace)
        self._run = generated.namespace["run"]
        self._timed: Timed | None = None
        lines = text.splitlines(keepends=True)
        linecache.cache[self._file] = (len(text), None, lines, self._file)
        weakref.finalize(self, linecache.cache.pop, self._file, None)
        self._bound = [(p, p.value) for p in generated.parameters]
        self._is_waiting = generated.gains_by_loops and not self._with_loops

    def _recompile(self) -> None:
        """Compile once more; what was put stays."""
        before = self._generated.inputs
        self._compile()
        for leaf, values in before.items():
            np.copyto(self._generated.inputs[leaf], values)

    def put(
        self,
        leaf: Input,
        values: npt.NDArray[Any],
        rows: npt.NDArray[Any] | None = None,
    ) -> None:
        buffer = self._generated.inputs.get(leaf)
        if buffer is not None:
            fill(buffer, values, rows)

    def run(self, *, seed: int = 0, step: int = 1, lr: float = 0.0) -> None:
        if self._is_waiting and self._seconds > LOOPS_AFTER:
            self._compile_loops()
        for parameter, array in self._bound:
            if parameter.value is not array:
                self._recompile()
                break
        begin = time.perf_counter() if self._is_waiting else 0.0
        profile = self._profiler.profile
        run = self._run if profile is None else self._noting_times(profile)
        try:
            with np.errstate(all="ignore"):
                run(seed, np.float64(step), np.float64(lr), self._results, self._totals)
        except ChainRuleError:
            raise
        except Exception as error:
            raise self._explained(error) from error
        if step % FLUSH_EVERY == 0:
            self._flush()
        if self._is_waiting:
            self._seconds += time.perf_counter() - begin

    def _compile_loops(self) -> None:
        self._is_waiting = False
        if not numba_version():
            return
        self._with_loops = True
        try:
            self._recompile()
        except Exception as error:  # whatever Numba raises, NumPy's calls can go on
            self._with_loops = False
            warnings.warn(
                f"Numba {numba_version()} could not compile a loop: {error}",
                RuntimeWarning,
                stacklevel=3,
            )

    def _noting_times(self, profile: Profile) -> Callable[..., None]:
        """Return a function that runs the program and notes how long each line took."""
        if self._timed is None:
            work = Work(self.program, self._kernels)
            self._timed = Timed(self._run, self._generated.nodes_of_line, work)
        return partial(self._timed.run, profile)

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
        many = self._generated.largest_product > WORTH_SHARING
        return nullcontext() if many else ONE_THREAD

    def fetch(self, index: int) -> npt.NDArray[Any]:
        array = self._generated.outputs[index]
        if array is None:
            dtype = numpy_dtype(self.program.outputs[index].dtype, self.program.dtype)
            return np.asarray(self._results[index], dtype)
        return array.copy()

    def take_totals(self) -> npt.NDArray[np.float64]:
        taken = np.array(self._totals, np.float64)
        self._totals[:] = [0.0] * len(self._totals)
        return taken

    def _explained(self, error: Exception) -> ExecutionError:
        trace = error.__traceback__
        line = 0
        while trace is not None:
            if trace.tb_frame.f_code.co_filename == self._file:
                line = trace.tb_lineno
            trace = trace.tb_next
        nodes = self._generated.nodes_of_line.get(line - 1)
        if nodes is None:
            return ExecutionError(f"the program failed: {error}")
        node = nodes[-1]
        operands = ", ".join(describe(x) for x in node.inputs)
        return ExecutionError(f"{describe(node)} of {operands} failed: {error}")
