"""Backends: what compiles a program for a device and runs it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from chainrule.errors import BackendError

if TYPE_CHECKING:
    from chainrule.node import Input, Parameter
    from chainrule.profile.profile import Profile
    from chainrule.program import Program


@dataclass(frozen=True)
class Device:
    """One device of a backend, as `chainrule devices` lists it."""

    name: str
    kind: str
    memory: int | None = None
    """Bytes, or None if it is not known."""
    float64: bool = True


def fill(
    array: npt.NDArray[Any],
    values: npt.NDArray[Any],
    rows: npt.NDArray[Any] | None = None,
) -> None:
    """Copy values, or some of their rows, into an array of another width perhaps."""
    if rows is None:
        np.copyto(array, values, "unsafe")
    elif values.dtype == array.dtype:
        values.take(rows, 0, array, "clip")
    else:
        np.copyto(array, values[rows], "unsafe")


class Executable(ABC):
    """A compiled program with its buffers.

    `put` fills inputs, `run` computes, `fetch` reads an output. Parameters are read
    from and written to their home, `Parameter.value`, or a device copy of it.

    Attributes:
        program: what was compiled.
        source: the generated code, to be read.
        peak_memory: bytes of intermediate results, reused where they are dead.
    """

    program: Program
    source: str
    peak_memory: int

    def summary(self) -> str:
        """Return how many nodes each pass left, and the peak memory."""
        memory = f"intermediate results: {self.peak_memory / 1024:,.1f} KiB at most"
        return f"{self.program.summary()}\n{memory}"

    @abstractmethod
    def put(
        self,
        leaf: Input,
        values: npt.NDArray[Any],
        rows: npt.NDArray[Any] | None = None,
    ) -> None:
        """Fill an input with `values`, or with some of its rows, in that order."""

    @abstractmethod
    def run(self, *, seed: int = 0, step: int = 1, lr: float = 0.0) -> None:
        """Compute the program once, for these run-time numbers."""

    def running(self) -> AbstractContextManager[object]:
        """Return a block for many calls of `run`, in which the process suits them."""
        return nullcontext()

    @abstractmethod
    def fetch(self, index: int) -> npt.NDArray[Any]:
        """Return a copy of output `index` of the last run."""

    @abstractmethod
    def take_totals(self) -> npt.NDArray[Any]:
        """Return the totals summed over all runs since they were last taken."""


class Backend(ABC):
    """Base of backends. Making one opens no device; `compile` may."""

    type_name: ClassVar[str]
    kernels: ClassVar[Mapping[type, Any]] = {}
    """Op class → kernel; plugins add to it with ``register_kernels``."""
    failures: int = 0
    """How often the device was opened anew; what was compiled before that is void."""

    def __init__(self, device: str = "") -> None:
        self.device = device

    @abstractmethod
    def devices(self) -> Sequence[Device]:
        """List the devices that are there."""

    def number(self) -> int:
        """Return which of its devices programs run on, counted from 0."""
        return 0

    def diagnose(self) -> Sequence[tuple[bool, str]]:
        """Say for each thing it needs or can use if it is there, and what brings it."""
        return [(True, device.name) for device in self.devices()]

    @abstractmethod
    def compile(self, program: Program) -> Executable:
        """Compile a program.

        Raises:
            BackendError: an op has neither a kernel here nor an expansion.
        """

    def profiled(self) -> AbstractContextManager[Profile]:
        """Return a block in which the time of every kernel is noted, in what it yields.

        ::

            with backend.profiled() as profile:
                model.fit(x, y, loss="mse", backend=backend)
            print(profile)

        The profile can be read when the block has ended, whatever ended it. A backend
        without a profiler leaves this method as it is.

        Raises:
            BackendError: this backend cannot profile, or is being profiled already.
        """
        raise BackendError(
            f"the backend {self.type_name!r} has no profiler: leave out profile=True, "
            "or profile on backend='numpy'; a backend gets one by overriding "
            f"{type(self).__name__}.profiled"
        )

    def push(self, parameters: Sequence[Parameter]) -> None:  # noqa: B027
        """Copy parameters from their home to the device; nothing to do on the host."""

    def pull(self, parameters: Sequence[Parameter]) -> None:  # noqa: B027
        """Copy parameters from the device to their home; nothing to do on the host."""
