"""Assembly: the source of a whole program, with one kernel for all equal launches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chainrule.backends.opencl.source import philox
from chainrule.backends.opencl.source.helpers import helpers
from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import Floats
from chainrule.backends.opencl.source.plugin_functions import functions_for


class Source(NamedTuple):
    """The source of a program.

    Attributes:
        text: all of it.
        names: the name of each launch's kernel.
    """

    text: str
    names: Sequence[str]


def assemble(
    launches: Sequence[Launch], floats: Floats, width: int, given: Iterable[object] = ()
) -> Source:
    """Return the source of a program's launches.

    Args:
        launches: the launches.
        floats: the C type of floats.
        width: elements in a vector of the device.
        given: the kernels that may call functions of their own.
    """
    kernels: dict[str, tuple[str, Launch]] = {}
    for launch in launches:
        label = "".join(c if c.isalnum() else "_" for c in launch.label)
        kernels.setdefault(launch.text, (f"k{len(kernels)}_{label}", launch))
    parts = [launch.source(name) for name, launch in kernels.values()]
    head = helpers(floats, width)
    if any(launch.draws for launch in launches):
        head += philox.SOURCE
    functions = dict.fromkeys(f for launch in launches for f in launch.functions)
    body = "\n".join([*functions, *parts])
    head += functions_for(body, given, floats, width)
    text = f"{head}\n{body}"
    return Source(text, [kernels[launch.text][0] for launch in launches])
