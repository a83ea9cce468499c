"""``cr.ops``: the primitives, and functions that build graphs from them.

Each module lists in ``__all__`` what it adds. An op is registered if it stands here.
"""

from types import FunctionType
from typing import Any

from chainrule.errors import UnknownAttributeError, did_you_mean
from chainrule.ops.arithmetic import *
from chainrule.ops.base import Elementwise as Elementwise
from chainrule.ops.base import Op as Op
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
    """Say which op is meant where none has this name."""
    text = f"module 'chainrule.ops' has no attribute {name!r}"
    if name.startswith("_"):
        raise AttributeError(text)
    known = [
        public
        for public, value in globals().items()
        if isinstance(value, (Op, FunctionType)) and public.islower()
    ]
    raise UnknownAttributeError(f"no op named {name!r}.{did_you_mean(name, known)}")
