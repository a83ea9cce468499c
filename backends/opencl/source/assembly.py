"""Assembly: the source of a whole program, with one kernel for all equal launches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chainrule.backends.opencl.source import philox
from chainrule.backends.opencl.source.helpers import helpers
from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import Floats


class Source(NamedTuple):
    """The source of a program.

    Attributes:
        text: all of it.
        names: the name of each launch's kernel.
    """

    text: str
    names: Sequence[str]


def assemble(launches: Sequence[Launch], floats: Floats, width: int) -> Source:
    """Return the source of a program's launches, for vectors of some width."""
    kernels: dict[str, str] = {}
    for launch in launches:
        label = "".join(c if c.isalnum() else "_" for c in launch.label)
        kernels.setdefault(launch.text, f"k{len(kernels)}_{label}")
    parts = [f"kernel void {name}{text}\n" for text, name in kernels.items()]
    head = helpers(floats, width)
    if any(launch.draws for launch in launches):
        head += philox.SOURCE
    functions = dict.fromkeys(f for launch in launches for f in launch.functions)
    text = "\n".join([head, *functions, *parts])
    return Source(text, [kernels[launch.text] for launch in launches])
