"""Backends: a backend compiles programs for a device and runs them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from chainrule.errors import BackendError
from chainrule.program.copying import Copies, copy_in_turn

if TYPE_CHECKING:
    from chainrule.node import Input, Parameter
    from chainrule.ops import Op
    from chainrule.profile.profile import Profile
    from chainrule.program import Program


@dataclass(frozen=True)
class Device:
    """A device of a backend, as ``chainrule devices`` lists it.

    Attributes:
        name: what the driver calls it.
        kind: the type of processor, such as ``"cpu"``.
        memory: bytes of memory, or None if that is not known.
        float64: whether it can compute in float64.
    """

    name: str
    kind: str
    memory: int | None = None
    float64: bool = True


def fill(
    array: npt.NDArray[Any],
    values: npt.NDArray[Any],
    rows: npt.NDArray[Any] | None = None,
) -> None:
    """Copy values, or some of their rows, into an array, converting the dtype."""
    if rows is None:
        np.copyto(array, values, "unsafe")
    elif values.dtype == array.dtype:
        values.take(rows, 0, array, "clip")
    else:
        np.copyto(array, values[rows], "unsafe")


class Executable(ABC):
    """A compiled program with its buffers.

    `put` fills inputs, `run` computes, `fetch` reads an output; `run_batches` does the
    first two for many batches. Parameters are read
    from and written to `Parameter.value`, or a copy of it on the device.

    Attributes:
        program: the program that was compiled.
        source: the generated code, for people to read.
        peak_memory: the most bytes that intermediate results occupy at a time.
    """

    program: Program
    source: str
    peak_memory: int

    @property
    def nbytes(self) -> int:
        """The bytes that are released with it: its graph, its code and its buffers.

        Caches of programs are bounded by it. A backend that knows its buffers overrides
        it; parameters do not count.
        """
        return self.program.nbytes + len(self.source) + self.peak_memory

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
        """Fill an input with values, or with some of their rows, in that order."""

    @abstractmethod
    def run(self, *, seed: int = 0, step: int = 1, lr: float = 0.0) -> None:
        """Compute the program once.

        Args:
            seed: the seed of random ops.
            step: the number of the training step, from 1.
            lr: the learning rate of this step.
        """

    def run_batches(
        self,
        feeds: Sequence[tuple[Input, npt.NDArray[Any]]],
        batches: npt.NDArray[Any],
        *,
        seed: int,
        step: int,
        rate: Callable[[int], float],
    ) -> int:
        """Run the program on the first of some batches, one after the other.

        By default on one. A backend on which it costs time to begin a run overrides it
        and does many at once, with the same results, but no more than it finishes in a
        tenth of a second or so: meanwhile nothing can stop it. What inputs contain
        afterwards is not defined.

        Args:
            feeds: each input with all its rows.
            batches: a matrix with the rows of a batch in each row.
            seed: the seed of random ops.
            step: the number of the first batch's step.
            rate: returns the learning rate of a step, by its number. It is called for
                each step in order, before that begins; if it raises, the steps before
                are done, and if there is none, the error is raised.

        Returns:
            On how many batches it ran, which is at least one.
        """
        for leaf, values in feeds:
            self.put(leaf, values, batches[0])
        self.run(seed=seed, step=step, lr=rate(step))
        return 1

    def running(self) -> AbstractContextManager[object]:
        """Return a context for many calls of `run`, in which they are fastest."""
        return nullcontext()

    @abstractmethod
    def fetch(self, index: int) -> npt.NDArray[Any]:
        """Return a copy of output `index` of the last run."""

    @abstractmethod
    def take_totals(self) -> npt.NDArray[Any]:
        """Return the totals summed over all runs since they were last taken.

        They are the elements of one total after those of the other, in a vector of
        float64; `Program.total_offsets` says where each begins.
        """


class Backend(ABC):
    """Base of backends. Constructing one opens no device; `compile` may.

    Attributes:
        device: what the user wrote after the colon, as in ``"opencl:1"``.
    """

    type_name: ClassVar[str]
    kernels: ClassVar[Mapping[type, Any]] = {}
    """Op class → kernel; plugins add to it with ``register_kernels``."""
    failures: int = 0
    """How often the device was reopened; what was compiled before that is void."""

    def __init__(self, device: str = "") -> None:
        self.device = device

    @classmethod
    def check_kernel(cls, op: type[Op], kernel: Any) -> None:
        """Reject what this backend could not use as a kernel of an op.

        Plugins add kernels with ``register_kernels``; each is checked before it is
        used. By default anything is accepted.

        Raises:
            PluginError: it is not a kernel; says what one looks like here.
        """
        _ = op, kernel

    @abstractmethod
    def devices(self) -> Sequence[Device]:
        """List the devices of this machine."""

    def number(self) -> int:
        """Return the number of the device that programs run on, from 0."""
        return 0

    def diagnose(self) -> Sequence[tuple[bool, str]]:
        """Return for each requirement whether it is met, or how to meet it."""
        return [(True, device.name) for device in self.devices()]

    def ways(self) -> Mapping[str, Callable[[], AbstractContextManager[object]]]:
        """Return ways to run a program that it chooses for large arrays only, say.

        In the context that a way makes, every program that is compiled and run takes
        it: so tests try all of them on small arrays.
        """
        return {}

    @abstractmethod
    def compile(self, program: Program) -> Executable:
        """Compile a program.

        Raises:
            BackendError: an op has neither a kernel here nor an expansion.
        """

    def profiled(self) -> AbstractContextManager[Profile]:
        """Return a context that measures the time of every kernel.

        ::

            with backend.profiled() as profile:
                model.fit(x, y, loss="mse", backend=backend)
            print(profile)

        The profile can be read once the block has ended, whatever ended it. A backend
        without a profiler does not override this method.

        Raises:
            BackendError: this backend cannot profile, or is being profiled already.
        """
        raise BackendError(
            f"backend {self.type_name!r} has no profiler: omit profile=True, or use "
            "backend='numpy'; a backend gets a profiler by overriding "
            f"{type(self).__name__}.profiled"
        )

    def deterministic(self) -> AbstractContextManager[object]:
        """Return a context in which results do not depend on the number of threads.

        Without it, the same machine with the same number of threads gives the same
        bytes. A backend whose results never depend on it does not override this method.
        """
        return nullcontext()

    def push(self, parameters: Sequence[Parameter]) -> None:  # noqa: B027
        """Copy parameters to the device; on the host there is nothing to copy."""

    def pull(self, parameters: Sequence[Parameter]) -> None:  # noqa: B027
        """Copy parameters from the device; on the host there is nothing to copy."""

    def copy_all(self, copies: Copies) -> None:
        """Copy arrays of the host while no program runs.

        By default in turn: for a tenth of a second after a product, the threads of
        BLAS keep all cores busy. A backend that leaves the host idle overrides it.
        """
        copy_in_turn(copies)
