"""``cr.ops``: the primitives, and functions that build graphs from them.

Each module lists in ``__all__`` what it adds. An op is registered if it stands here.
"""

from importlib import import_module
from types import FunctionType
from typing import Any

from chainrule.errors import UnknownAttributeError, did_you_mean
from chainrule.habits import advice
from chainrule.ops.arithmetic import *
from chainrule.ops.base import Elementwise as Elementwise
from chainrule.ops.base import Op as Op
from chainrule.ops.base import ready as _ready
from chainrule.ops.broadcasting import *
from chainrule.ops.comparison import *
from chainrule.ops.control import *
from chainrule.ops.einsum import *
from chainrule.ops.exponential_sums import *
from chainrule.ops.functions import *
from chainrule.ops.indexing import *
from chainrule.ops.joining import *
from chainrule.ops.linalg import *
from chainrule.ops.products import *
from chainrule.ops.random import *
from chainrule.ops.reductions import *
from chainrule.ops.rounding import *
from chainrule.ops.scans import *
from chainrule.ops.shaping import *
from chainrule.ops.slicing import *
from chainrule.ops.sorting import *


def __getattr__(name: str) -> Any:
    """Return the op of a plugin: its class, or in lower case what is applied to nodes.

    Raises:
        UnknownAttributeError: there is none of this name; says which op is meant.
    """
    text = f"module 'chainrule.ops' has no attribute {name!r}"
    if name.startswith("_"):
        raise AttributeError(text)
    if write := advice(name, "ops"):
        raise UnknownAttributeError(f"no op named {name!r}: {write}")
    registry = import_module("chainrule.registry.registry").registry  # knows this file
    found = registry.find("ops", name) if registry.has("ops", name) else None
    if found is not None and not found.built_in:
        return found.target if name[:1].isupper() else _ready(found.target)
    known = [n for n in __dir__() if n.islower() and not n.startswith("_")]
    raise UnknownAttributeError(f"no op named {name!r}.{did_you_mean(name, known)}")


def __dir__() -> list[str]:
    return [
        name
        for name, value in globals().items()
        if isinstance(value, (Op, FunctionType, type))
        and value.__module__.startswith(f"{__name__}.")
    ]
