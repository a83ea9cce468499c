"""The NumPy backend: the reference that every other backend must match."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from chainrule.backends.numpy.executable import NumpyExecutable
from chainrule.backends.numpy.jit import numba_version
from chainrule.backends.numpy.kernels import ELEMENTWISE, check_kernel
from chainrule.backends.numpy.profile import Profiler
from chainrule.backends.numpy.shaped_kernels import SHAPED
from chainrule.backends.numpy.threads import ONE_THREAD
from chainrule.backends.numpy.ways import WAYS, Way
from chainrule.errors import BackendError
from chainrule.kinds.backend import Backend, Device, Executable
from chainrule.ops import Op
from chainrule.profile.profile import Profile
from chainrule.program import Pack, Program
from chainrule.program.storage import VIEWS
from chainrule.registry import registry
from chainrule.registry.hooks import hookimpl


class NumpyBackend(Backend):
    """Straight-line NumPy code over preallocated buffers, on the CPU."""

    type_name: ClassVar[str] = "numpy"
    kernels: ClassVar[Mapping[type[Op], Any]] = {
        **ELEMENTWISE, **SHAPED, **dict.fromkeys(VIEWS), Pack: None,
    }  # fmt: skip

    def __init__(self, device: str = "") -> None:
        super().__init__(device)
        if device not in ("", "0"):
            raise BackendError(
                f"numpy has one device, number 0: write backend='numpy', not "
                f"'numpy:{device}'"
            )

    @classmethod
    def check_kernel(cls, op: type[Op], kernel: Any) -> None:
        """Reject what is neither a line of NumPy calls nor a function.

        Raises:
            PluginError: see `chainrule.backends.numpy.kernels`.
        """
        check_kernel(op, kernel)

    def devices(self) -> Sequence[Device]:
        """List the one device: this computer's processor."""
        return [Device(name=f"CPU, {os.cpu_count()} threads", kind="cpu")]

    def diagnose(self) -> Sequence[tuple[bool, str]]:
        """Say whether Numba is installed, which compiles loops over large arrays."""
        version = numba_version()
        said = f"loops over large arrays are compiled by Numba {version}"
        if not version:
            said = (
                "loops over large arrays are not compiled: "
                "pip install 'chainrule[fast]'"
            )
        return [*super().diagnose(), (bool(version), said)]

    @functools.cached_property
    def _profiler(self) -> Profiler:
        return Profiler()

    def compile(self, program: Program) -> Executable:
        """Generate and compile code for a program."""
        kernels = {**self.kernels, **registry.kernels(self.type_name)}
        return NumpyExecutable(program, kernels, self._profiler)

    def deterministic(self) -> AbstractContextManager[object]:
        """Return a context in which BLAS uses one thread, on which its sums depend."""
        return ONE_THREAD

    def ways(self) -> Mapping[str, Way]:
        """Return the loops that large arrays are computed in."""
        return WAYS

    def profiled(self) -> AbstractContextManager[Profile]:
        """Return a context that records the time of every line of generated code."""
        return self._profiler.profiled()


@hookimpl
def register_backends() -> Sequence[type[Backend]]:
    """Register the NumPy backend."""
    return [NumpyBackend]
