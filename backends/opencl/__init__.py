"""The OpenCL backend: generated kernels on any device that has a driver."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar

from chainrule import ops
from chainrule.backends.opencl.device.devices import choose, diagnose, find_devices
from chainrule.backends.opencl.source.templates import (
    ELEMENTWISE,
    INDEXING,
    REDUCTIONS,
    VIEWS,
)
from chainrule.kinds.backend import Backend, Device, Executable
from chainrule.node import Parameter
from chainrule.ops import Op
from chainrule.program import Pack, Program
from chainrule.registry import registry
from chainrule.registry.hooks import hookimpl

if TYPE_CHECKING:
    from chainrule.backends.opencl.device.runtime import Runtime
    from chainrule.profile.profile import Profile


class OpenCLBackend(Backend):
    """One device, chosen by number or name (``"opencl:1"``, ``"opencl:NVIDIA"``).

    Parameters live on the device, in one copy that all executables of the backend
    share. A program's parameters are copied there when it is compiled, unless they are
    there already. From then on whoever writes to `Parameter.value` calls `push`, and
    whoever reads it after a run calls `pull`; `pull` costs nothing if no run has
    changed the parameters since.
    """

    type_name: ClassVar[str] = "opencl"
    kernels: ClassVar[Mapping[type[Op], Any]] = {
        **ELEMENTWISE,
        **dict.fromkeys((*VIEWS, *INDEXING, *REDUCTIONS)),
        **dict.fromkeys((ops.Matmul, ops.Uniform, Pack)),
    }

    @functools.cached_property
    def runtime(self) -> Runtime:
        from chainrule.backends.opencl.device.runtime import Runtime

        return Runtime(choose(self.device))

    def devices(self) -> Sequence[Device]:
        """List the devices of all OpenCL platforms, in the order of their numbers.

        Raises:
            BackendError: there is no OpenCL driver; says how to get one.
        """
        return [found.described for found in find_devices()]

    def number(self) -> int:
        """Return which of its devices programs run on, counted from 0.

        Raises:
            BackendError: there is no such device.
        """
        return choose(self.device).number

    def chosen(self) -> Device:
        """Return the device that this backend uses.

        Raises:
            BackendError: there is no such device.
        """
        return choose(self.device).described

    def diagnose(self) -> list[tuple[bool, str]]:
        """Say for each thing that is needed whether it is there, and what brings it."""
        return diagnose()

    def profiled(self) -> AbstractContextManager[Profile]:
        """Return a block in which the device notes the time of every kernel."""
        return self.runtime.profiled()

    def compile(self, program: Program) -> Executable:
        """Generate and compile kernels for a program."""
        from chainrule.backends.opencl.executable import OpenCLExecutable

        templates = {**self.kernels, **registry.kernels(self.type_name)}
        return OpenCLExecutable(program, self._ready(), templates)

    def _ready(self) -> Runtime:
        """Return the device, opened anew if it has failed."""
        if self.runtime.failed:
            self.runtime.close()
            del self.runtime
            self.failures += 1
        return self.runtime

    def push(self, parameters: Sequence[Parameter]) -> None:
        """Copy parameters to the device, where programs use them.

        Raises:
            BackendError: there is no such device, or it cannot be opened.
        """
        self._ready().mirrors.push(parameters)

    def pull(self, parameters: Sequence[Parameter]) -> None:
        """Copy parameters that the device has changed since the last pull."""
        if "runtime" in self.__dict__:
            self.runtime.mirrors.pull(parameters)


@hookimpl
def register_backends() -> Sequence[type[Backend]]:
    """Register the OpenCL backend."""
    return [OpenCLBackend]
