"""A chainrule plugin: the backend my_thing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import chainrule as cr
from chainrule.execution import open_backend
from chainrule.kinds.backend import Device, Executable
from chainrule.program import Program


class MyThing(cr.Backend):
    """Runs programs with NumPy: put your own `Executable` in its place.

    docs/backends.md shows one in a hundred lines.
    """

    type_name: ClassVar[str] = "my_thing"

    def devices(self) -> Sequence[Device]:
        """List the one device."""
        return [Device(name="this computer", kind="cpu")]

    def compile(self, program: Program) -> Executable:
        """Compile a program."""
        return open_backend("numpy").compile(program)


@cr.hookimpl
def register_backends() -> list[type[cr.Backend]]:
    """Register the backend."""
    return [MyThing]
