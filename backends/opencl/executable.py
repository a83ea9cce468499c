"""The executable: a compiled program that is fed, run and read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.backends.opencl.compiled import Compiled, compile_program
from chainrule.backends.opencl.device.fork import note_use
from chainrule.backends.opencl.device.pace import Pace
from chainrule.backends.opencl.device.profile import tasks_of
from chainrule.backends.opencl.device.runtime import Prepared
from chainrule.backends.opencl.device.session import Session
from chainrule.backends.opencl.device.threads import WORKERS
from chainrule.backends.opencl.source.body import Kernels
from chainrule.backends.opencl.source.faults import NO_FAULTS
from chainrule.backends.opencl.source.layout import Slot, View
from chainrule.kinds.backend import Executable
from chainrule.node import Input, Node
from chainrule.profile.work import Task
from chainrule.program import Program

Array = npt.NDArray[Any]

_MASK = (1 << 64) - 1


class OpenCLExecutable(Executable):
    """A compiled program on a device.

    Attributes:
        source: the generated OpenCL C.
        peak_memory: bytes of intermediate results, reused where they are dead.
    """

    def __init__(
        self, program: Program, kernels: Kernels, session: Session, compiled: Compiled
    ) -> None:
        self.program = program
        self.source = compiled.source
        self.peak_memory = compiled.peak_memory
        self._kernels = kernels
        self._session = session
        self._compiled = compiled
        self._host_totals = np.zeros(program.total_offsets[-1])
        self._numbers: list[float] = []
        self._numbers_of: tuple[float, int] | None = None
        self._profiled: list[Task] | None = None
        self._pace = Pace(session.runtime)

    @property
    def launches(self) -> Sequence[Prepared]:
        """The launches that a run enqueues."""
        return self._compiled.launches

    @property
    def nbytes(self) -> int:
        return self.program.nbytes + self._compiled.nbytes

    def put(
        self, leaf: Input, values: Array, rows: npt.NDArray[Any] | None = None
    ) -> None:
        feed = self._compiled.feeds.inputs.get(leaf)
        if feed is not None:
            feed.put(values, rows)

    # -- running -------------------------------------------------------------------

    def run(self, *, seed: int = 0, step: int = 1, lr: float = 0.0) -> None:
        self._prepare()
        feeds, numbers = self._compiled.feeds, self._compiled.lowered.numbers
        if numbers.offsets and (lr, step) != self._numbers_of:
            with np.errstate(all="ignore"):
                self._numbers = numbers.compute(np.float64(lr), np.float64(step))
                if feeds.numbers is not None:
                    feeds.numbers.put(np.array(self._numbers))
            self._numbers_of = lr, step
        if feeds.seed is not None:
            feeds.seed.put(_seeds(seed, step, 1)[0])
        self._launch()
        self._add_host_totals([self._numbers])
        if self.program.checked:
            self.look_for_faults()

    def run_batches(
        self,
        feeds: Sequence[tuple[Input, Array]],
        batches: Array,
        *,
        seed: int,
        step: int,
        rate: Callable[[int], float],
    ) -> int:
        most = min(self._compiled.feeds.runs, len(batches))
        inputs = self._compiled.feeds.inputs
        for leaf, values in feeds:
            if leaf in inputs:
                most = min(most, inputs[leaf].most_runs(values))
        if most == 1 or self.program.checked or self._session.recorder is not None:
            return super().run_batches(feeds, batches, seed=seed, step=step, rate=rate)
        self._prepare()
        batches = batches[: self._pace.allowed(most)]
        rates = list(_rates(rate, range(step, step + len(batches))))
        runs = len(rates)
        for leaf, values in feeds:
            feed = self._compiled.feeds.inputs.get(leaf)
            if feed is not None:
                feed.put(values, batches[:runs], runs=runs)
        numbers = self._compiled.lowered.numbers
        with np.errstate(all="ignore"):
            rows = [
                numbers.compute(np.float64(lr), np.float64(nth))
                for nth, lr in enumerate(rates, step)
            ]
            if self._compiled.feeds.numbers is not None:
                self._compiled.feeds.numbers.put(np.array(rows), runs=runs)
        self._numbers_of = None
        if self._compiled.feeds.seed is not None:
            self._compiled.feeds.seed.put(_seeds(seed, step, runs), runs=runs)
        self._pace.launched(self._launch(runs), runs)
        self._add_host_totals(rows)
        return runs

    def running(self) -> AbstractContextManager[object]:
        launches = self._compiled.lowered.launches
        for_one_core = [math.prod(launch.items) for launch in launches] == [1]
        WORKERS.keep(in_place=not for_one_core)
        return nullcontext()

    def _prepare(self) -> None:
        """Refuse a forked process; compile again if parameters have moved.

        A whole step is compiled for a profile by itself: it shows each kernel.
        """
        note_use()
        bound, lowered = self._compiled.bound, self._compiled.lowered
        profiled = self._session.recorder is not None
        moved = any(parameter.value is not array for parameter, array in bound)
        if moved or (lowered.step is not None and lowered.profiled != profiled):
            self._recompile()

    def _launch(self, runs: int = 1) -> Any:
        """Enqueue the launches of some runs, and return the event of the last one."""
        compiled, recorder = self._compiled, self._session.recorder
        for mirror in compiled.changed:
            mirror.newer = True
        launch, repeats = self._session.runtime.launch, compiled.lowered.repeats
        events = launch(compiled.launches, runs if repeats else 1)
        for nth in range(1, 1 if repeats else runs):
            for feed in compiled.feeds.all:
                feed.choose(nth)
            events = launch(compiled.launches)
        if recorder is not None:
            recorder.add(self._profiled_tasks(), events)
        last = events[-1] if events else None
        for feed in compiled.feeds.all:
            feed.used_until(last)
        return last

    def _recompile(self) -> None:
        """Compile for parameters whose values moved; inputs and totals stay."""
        self._host_totals = self.take_totals()
        before = self._compiled.feeds.inputs
        self._compiled = compile_program(self.program, self._kernels, self._session)
        self.source = self._compiled.source
        self.peak_memory = self._compiled.peak_memory
        self._numbers_of = self._profiled = None
        for leaf, feed in self._compiled.feeds.inputs.items():
            feed.put(before[leaf].read())

    def _add_host_totals(self, runs: Iterable[Sequence[float]]) -> None:
        """Add the totals among the host numbers of some runs."""
        lowered = self._compiled.lowered
        for i, node in lowered.host_totals.items():
            for numbers in runs:
                self._host_totals[i] += numbers[lowered.numbers.offsets[node]]

    def _profiled_tasks(self) -> list[Task]:
        if self._profiled is None:
            launches = self._compiled.lowered.launches
            self._profiled = tasks_of(self.program, self._kernels, launches)
        return self._profiled

    # -- results -------------------------------------------------------------------

    def fetch(self, index: int) -> Array:
        self.look_for_faults()
        output = self._compiled.lowered.outputs[index]
        if isinstance(output, View):
            return self._read(output)
        return np.asarray(self._number(output), self.program.dtype)

    def take_totals(self) -> npt.NDArray[np.float64]:
        self.look_for_faults()
        taken, self._host_totals = self._host_totals, np.zeros(len(self._host_totals))
        sums = self._compiled.lowered.sums
        if sums.size:
            taken += self._read(sums).astype(np.float64).sum(axis=1)
            self._fill(sums.slot, sums.dtype.type(0))
        for feed in self._compiled.feeds.by_rows:
            feed.let_go()
        return taken

    def look_for_faults(self) -> None:
        """Wait for the device, and raise what its kernels have noted.

        Raises:
            ExecutionError: an index was out of range.
            DivergenceError: a value was not finite, in a program that is checked.
        """
        faults = self._compiled.lowered.faults
        if not faults.any_watched:
            return
        flags = np.empty_like(NO_FAULTS)
        buffer = self._compiled.memory[faults.slot]
        self._session.runtime.download(buffer, 0, flags)
        error = faults.error(flags)
        if error is not None:
            self._fill(faults.slot, NO_FAULTS[0])
            raise error

    def _number(self, node: Node) -> float:
        return self._numbers[self._compiled.lowered.numbers.offsets[node]]

    def _read(self, view: View) -> Array:
        array = np.empty(view.shape, view.dtype)
        if array.size:  # an empty array has no memory
            buffer = self._compiled.memory[view.slot]
            start = view.offset * array.itemsize
            self._session.runtime.download(buffer, start, array)
        return array.astype(bool) if view.ctype == "uchar" else array

    def _fill(self, slot: Slot, number: np.generic) -> None:
        memory = self._compiled.memory[slot]
        self._session.runtime.fill(memory, number, slot.nbytes)


def _seeds(seed: int, step: int, runs: int) -> npt.NDArray[np.uint64]:
    """Return what random numbers depend on in each of some runs: seed and step."""
    steps = [[seed & _MASK, nth & _MASK] for nth in range(step, step + runs)]
    return np.array(steps, np.uint64)


def _rates(rate: Callable[[int], float], steps: Iterable[int]) -> Iterator[float]:
    """Yield the rates of steps, up to the first one that has none.

    Raises:
        Exception: the first step has none.
    """
    for n, step in enumerate(steps):
        try:
            yield rate(step)
        except Exception:
            if n == 0:
                raise
            return
