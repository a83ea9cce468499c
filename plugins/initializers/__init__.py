"""The built-in initializers."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule import hookimpl
from chainrule.kinds.initializer import Initializer
from chainrule.plugins.initializers.fixed import Constant, Ones, Zeros
from chainrule.plugins.initializers.orthogonal import Orthogonal
from chainrule.plugins.initializers.random import Normal, Uniform
from chainrule.plugins.initializers.scaled import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
)  # fmt: skip


@hookimpl
def register_initializers() -> Sequence[type[Initializer]]:
    """Return the built-in initializers."""
    return (
        Zeros, Ones, Constant, Normal, Uniform, GlorotUniform, GlorotNormal, HeUniform,
        HeNormal, LecunUniform, LecunNormal, Orthogonal,
    )  # fmt: skip
