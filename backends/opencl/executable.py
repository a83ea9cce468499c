"""The executable: a compiled program that is fed, run and read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.backends.opencl.compiled import Compiled, compile_program
from chainrule.backends.opencl.device.fork import note_use
from chainrule.backends.opencl.device.profile import tasks_of
from chainrule.backends.opencl.device.runtime import Prepared
from chainrule.backends.opencl.device.session import Session
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
        note_use()
        bound = self._compiled.bound
        if any(parameter.value is not array for parameter, array in bound):
            self._recompile()
        compiled = self._compiled
        if compiled.lowered.numbers.offsets and (lr, step) != self._numbers_of:
            self._compute_numbers(lr, step)
        if compiled.feeds.seed is not None:
            begin = np.array([int(seed) & _MASK, int(step) & _MASK], np.uint64)
            compiled.feeds.seed.put(begin)
        events = self._session.runtime.launch(compiled.launches)
        if self._session.recorder is not None:
            self._session.recorder.add(self._profiled_tasks(), events)
        for feed in compiled.feeds.all:
            feed.used_until(events[-1] if events else None)
        for mirror in compiled.changed:
            mirror.newer = True
        for i, node in compiled.lowered.host_totals.items():
            self._host_totals[i] += self._number(node)
        if self.program.checked:
            self.look_for_faults()

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

    def _compute_numbers(self, lr: float, step: int) -> None:
        with np.errstate(all="ignore"):
            compute = self._compiled.lowered.numbers.compute
            self._numbers = compute(np.float64(lr), np.float64(step))
            if self._compiled.feeds.numbers is not None:
                self._compiled.feeds.numbers.put(np.array(self._numbers))
        self._numbers_of = lr, step

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
            self._write(sums.slot, np.zeros(sums.shape, sums.dtype))
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
            self._write(faults.slot, NO_FAULTS)
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

    def _write(self, slot: Slot, values: Array) -> None:
        self._session.runtime.upload(self._compiled.memory[slot], 0, values)
