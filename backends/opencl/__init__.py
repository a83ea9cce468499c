"""The OpenCL backend: generated kernels on any device that has a driver."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar

from chainrule import ops
from chainrule.backends.opencl.device.devices import choose, diagnose, find_devices
from chainrule.backends.opencl.device.fork import note_use
from chainrule.backends.opencl.source.accumulators import REDUCTIONS
from chainrule.backends.opencl.source.moves import INDEXING, SHAPING
from chainrule.backends.opencl.source.plugin_functions import (
    Expression,
    check_functions,
)
from chainrule.backends.opencl.source.templates import ELEMENTWISE
from chainrule.errors import PluginError, shown
from chainrule.kinds.backend import Backend, Device, Executable
from chainrule.node import Parameter
from chainrule.ops import Op
from chainrule.program import Pack, Program
from chainrule.program.copying import Copies, copy_at_once
from chainrule.program.kernel_text import check_text
from chainrule.registry import registry
from chainrule.registry.hooks import hookimpl

if TYPE_CHECKING:
    from chainrule.backends.opencl.device.session import Session
    from chainrule.profile.profile import Profile


class OpenCLBackend(Backend):
    """One device, chosen by number or name (``"opencl:1"``, ``"opencl:NVIDIA"``).

    Parameters live on the device, in one copy that all executables of the backend
    share. A program's parameters are copied there when it is compiled, unless they are
    there already, or kernels work in the host's own arrays. From then on whoever writes
    to `Parameter.value` calls `push`, and whoever reads it or writes to it after a run
    calls `pull` first; `pull` costs nothing if the device is idle.
    """

    type_name: ClassVar[str] = "opencl"
    kernels: ClassVar[Mapping[type[Op], Any]] = {
        **ELEMENTWISE,
        **INDEXING,
        **SHAPING,
        **dict.fromkeys((ops.Slice, ops.Transpose, *REDUCTIONS)),
        **dict.fromkeys((ops.ScatterAdd, ops.Matmul, ops.Uniform, Pack)),
    }

    @classmethod
    def check_kernel(cls, op: type[Op], kernel: Any) -> None:
        """Reject what is not the C expression of an elementwise op.

        Raises:
            PluginError: it is not a text, or a pair of one and the functions that it
                calls; or it lacks the slot of an operand.
        """
        pair = isinstance(kernel, tuple) and len(kernel) == 2
        text = kernel[0] if pair else kernel
        if not (isinstance(text, str) and issubclass(op, ops.Elementwise)):
            raise PluginError(
                "must be a C expression such as '{0} * {0}', or a pair of one and the "
                "C functions that it calls, and its op elementwise (any other is "
                f"computed by its expand), got {shown(kernel)} for {op.__name__}"
            )
        expression = check_text(op, text)
        if not expression.strip() or set(expression) & set(";{}"):
            raise PluginError(f"must be one C expression, got {text!r}")
        if pair:
            check_functions(text, kernel[1])

    @functools.cached_property
    def session(self) -> Session:
        """The state on the device that all programs share; opened on first use.

        Raises:
            BackendError: there is no such device, or it cannot be opened.
        """
        device = choose(self.device)  # before pyopencl is imported
        from chainrule.backends.opencl.device.session import Session

        return Session(device)

    def devices(self) -> Sequence[Device]:
        """List the devices of all OpenCL platforms, in the order of their numbers.

        Raises:
            BackendError: no OpenCL driver is installed; says how to get one.
        """
        return [found.described for found in find_devices()]

    def number(self) -> int:
        """Return which of its devices programs run on, counted from 0.

        Raises:
            BackendError: there is no such device.
        """
        return choose(self.device).number

    def chosen(self) -> Device:
        """Return the device that programs run on.

        Raises:
            BackendError: there is no such device.
        """
        return choose(self.device).described

    def diagnose(self) -> list[tuple[bool, str]]:
        """Report for each requirement whether it is met, or how to meet it."""
        return diagnose()

    def profiled(self) -> AbstractContextManager[Profile]:
        """Return a block in which the device notes the time of every kernel."""
        return self.session.profiled()

    def compile(self, program: Program) -> Executable:
        """Generate and build kernels for a program.

        Raises:
            BackendError: the device cannot compute it, is out of memory, or failed.
        """
        session = self._working_session()
        from chainrule.backends.opencl.compiled import compile_program
        from chainrule.backends.opencl.executable import OpenCLExecutable

        given = registry.kernels(self.type_name)
        kernels = {
            **self.kernels,
            **{op: Expression.of(kernel) for op, kernel in given.items()},
        }
        compiled = compile_program(program, kernels, session)
        return OpenCLExecutable(program, kernels, session, compiled)

    def _working_session(self) -> Session:
        """Return the session, opened again if its device has failed.

        Raises:
            BackendError: the process was forked after the device was opened.
        """
        note_use()
        if self.session.runtime.failed:
            self.session.close()
            del self.session
            self.failures += 1
        return self.session

    def push(self, parameters: Sequence[Parameter]) -> None:
        """Copy parameters to the device, where programs use them.

        Raises:
            BackendError: there is no such device, or it cannot be opened.
        """
        self._working_session().mirrors.push(parameters)

    def pull(self, parameters: Sequence[Parameter]) -> None:
        """Copy parameters that the device has changed since the last pull."""
        if "session" in self.__dict__:
            note_use()
            self.session.mirrors.pull(parameters)

    def copy_all(self, copies: Copies) -> None:
        """Copy arrays of the host, on two of its cores."""
        copy_at_once(copies)


@hookimpl
def register_backends() -> Sequence[type[Backend]]:
    """Register the OpenCL backend."""
    return [OpenCLBackend]
