"""A compiled program: kernels, their buffers, and a queue to put them in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyopencl as cl

from chainrule.backends.opencl.device.mirrors import Mirror
from chainrule.backends.opencl.device.pool import NoRoom, allocate, plan
from chainrule.backends.opencl.device.profile import describe
from chainrule.backends.opencl.device.runtime import Launch, Runtime, as_bytes
from chainrule.backends.opencl.lower import Lowered
from chainrule.backends.opencl.source import philox
from chainrule.backends.opencl.source.faults import NONE
from chainrule.backends.opencl.source.launch import Step
from chainrule.backends.opencl.source.layout import DTYPES, View
from chainrule.backends.opencl.source.templates import preamble
from chainrule.kinds.backend import Executable
from chainrule.node import Input, Node
from chainrule.program import Program

Array = npt.NDArray[Any]

_MASK = (1 << 64) - 1


class OpenCLExecutable(Executable):
    """Kernels over buffers on a device.

    Attributes:
        source: the generated OpenCL C.
        peak_memory: bytes of intermediate results, reused where they are dead.
    """

    def __init__(
        self, program: Program, runtime: Runtime, templates: Mapping[type, Any]
    ) -> None:
        self.program = program
        self._runtime = runtime
        self._templates = templates
        self._host_totals = np.zeros(len(program.totals))
        self._numbers: dict[Node, float] = {}
        self._numbered: tuple[float, int] | None = None
        self._compile()

    # -- compiling -----------------------------------------------------------------

    def _compile(self) -> None:
        try:
            self._prepare()
        except NoRoom as error:
            raise error.explained(_rows(self.program)) from error
        except cl.Error as error:
            raise self._runtime.lost(error) from error

    def _prepare(self) -> None:
        lowered = Lowered(self.program, self._runtime, self._templates)
        self._lowered = lowered
        bound = [(p, p.value) for p in lowered.parameters]
        self.source = _name_and_join(lowered, self._runtime)
        if lowered.faults.used:
            lowered.faults.slot.handle = self._runtime.allocate(12, "faults")
            self._clear_faults()
        blocks = plan(lowered.steps)
        self.peak_memory = allocate(blocks, self._runtime)
        self.launches: list[Launch] = []
        if lowered.steps:
            built = self._runtime.build(self.source)
            for step in lowered.steps:
                self._add_launch(step, cl.Kernel(built, step.name))
        host = [n for n in lowered.host_totals if n is not None]
        host += [n for n in lowered.outputs if isinstance(n, Node)]
        self._wanted = list(dict.fromkeys([*lowered.wanted, *host]))
        self._draws = any(step.draws for step in lowered.steps)
        self._compute_numbers = lowered.numbers.compiled(self._wanted)
        self._numbered = None
        self._mirrors = [s for s in lowered.assigned if isinstance(s, Mirror)]
        if lowered.totals is not None:
            self._write(lowered.totals, np.zeros(lowered.totals.shape))
        self._bound = bound

    def _recompile(self) -> None:
        """Compile for parameters whose values moved; what was put or summed stays."""
        self._host_totals = self.take_totals()
        before = self._lowered.inputs
        self._compile()
        for leaf, feed in self._lowered.inputs.items():
            feed.put(before[leaf].read(), None)

    def _add_launch(self, step: Step, kernel: cl.Kernel) -> None:
        feeds = {feed.view.slot: feed for feed in self._lowered.feeds}
        for position, slot in enumerate(step.slots):
            kernel.set_arg(position, slot.handle)
            if slot in feeds:
                feeds[slot].readers.append((kernel, position))
        step.local = self._runtime.group(step)
        self.launches.append((kernel, step))

    # -- running -------------------------------------------------------------------

    def put(
        self, leaf: Input, values: Array, rows: npt.NDArray[Any] | None = None
    ) -> None:
        feed = self._lowered.inputs.get(leaf)
        if feed is not None:
            feed.put(values, rows)

    def run(self, *, seed: int = 0, step: int = 1, lr: float = 0.0) -> None:
        if any(parameter.value is not array for parameter, array in self._bound):
            self._recompile()
        if (lr, step) != self._numbered and self._wanted:
            self._set_numbers(lr, step)
        if self._draws:
            begin = np.array([int(seed) & _MASK, int(step) & _MASK], np.uint64)
            self._lowered.draw_feed.put(begin, None)
        if self._runtime.recorder is not None:
            describe(self.program, self._templates, self._lowered.steps)
        event = self._runtime.launch(self.launches)
        for feed in self._lowered.feeds:
            feed.ran(event)
        for mirror in self._mirrors:
            mirror.newer = True
        for i, node in enumerate(self._lowered.host_totals):
            if node is not None:
                self._host_totals[i] += self._numbers[node]
        if self.program.checked:
            self.look_for_faults()

    def _set_numbers(self, lr: float, step: int) -> None:
        with np.errstate(all="ignore"):
            values = self._compute_numbers(np.float64(lr), np.float64(step))
            if self._lowered.wanted:
                given = np.array(values[: len(self._lowered.wanted)])
                self._lowered.numbers_feed.put(given, None)
        self._numbers = dict(zip(self._wanted, values, strict=True))
        self._numbered = lr, step

    # -- results -------------------------------------------------------------------

    def fetch(self, index: int) -> Array:
        self.look_for_faults()
        output = self._lowered.outputs[index]
        if not isinstance(output, View):
            return np.asarray(self._numbers[output], self.program.dtype)
        return self._read(output)

    def take_totals(self) -> npt.NDArray[np.float64]:
        self.look_for_faults()
        taken = self._host_totals.copy()
        self._host_totals[:] = 0
        totals = self._lowered.totals
        if totals is not None:
            taken += self._read(totals).astype(np.float64).sum(axis=1)
            self._write(totals, np.zeros(totals.shape))
        return taken

    def look_for_faults(self) -> None:
        """Wait for the device, and raise what its kernels have noted.

        Raises:
            ExecutionError: an index was out of range.
            DivergenceError: a value was not finite, in a program that is checked.
        """
        faults = self._lowered.faults
        if not faults.used:
            return
        flags = np.empty(3, np.int32)
        self._runtime.download(faults.slot.handle, 0, as_bytes(flags))
        error = faults.error(flags)
        if error is not None:
            self._clear_faults()
            raise error

    def _clear_faults(self) -> None:
        flags = np.full(3, NONE, np.int32)
        self._runtime.upload(self._lowered.faults.slot.handle, 0, as_bytes(flags))

    def _read(self, view: View) -> Array:
        array = np.empty(view.shape, DTYPES[view.ctype])
        flat = array.reshape(-1)
        start = view.offset * array.itemsize
        self._runtime.download(view.slot.handle, start, flat.view(np.uint8))
        return array.astype(bool) if view.ctype == "uchar" else array

    def _write(self, view: View, values: Array) -> None:
        data = as_bytes(values.astype(DTYPES[view.ctype]))
        self._runtime.upload(view.slot.handle, view.offset * 4, data)


def _rows(program: Program) -> int | None:
    """Return how many rows a batch has, if the program's inputs are batches."""
    shapes = program.shapes.items()
    rows = {shape[0] for leaf, shape in shapes if leaf.shape and leaf.shape[0] is None}
    return rows.pop() if len(rows) == 1 else None


def _name_and_join(lowered: Lowered, runtime: Runtime) -> str:
    """Name each kernel, one name for equal ones; return the whole source."""
    named: dict[str, str] = {}
    parts = []
    for step in lowered.steps:
        if step.text not in named:
            label = "".join(c if c.isalnum() else "_" for c in step.label)
            named[step.text] = f"k{len(named)}_{label}"
            parts.append(f"kernel void {named[step.text]}{step.text}\n")
        step.name = named[step.text]
    head = preamble(lowered.floats, runtime.width(lowered.floats))
    if any(step.draws for step in lowered.steps):
        head += philox.SOURCE
    return head + "\n" + "\n".join(parts)
