"""Functions of the C libraries inside pygraphviz that it does not offer itself."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any


def c_function(library: str, name: str) -> Any | None:
    """Return a function of a library such as ``"cgraph"``, if it is found.

    Most systems look for it in all that the extension module is linked to; Windows
    looks in one file alone, which is beside the package.
    """
    from pygraphviz import graphviz

    module = Path(graphviz._graphviz.__file__)
    beside = module.parents[1] / "pygraphviz.libs"
    for file in (module, *beside.glob(f"{library}-*.dll")):
        try:
            return ctypes.CDLL(str(file))[name]
        except (OSError, AttributeError):
            continue
    return None
