"""Kinds: what can be registered by name, and the base class of each."""

from __future__ import annotations

import inspect
from typing import Any

from chainrule.errors import PluginError
from chainrule.kinds.activation import Activation
from chainrule.kinds.backend import Backend
from chainrule.kinds.callback import Callback
from chainrule.kinds.initializer import Initializer
from chainrule.kinds.layer import Layer
from chainrule.kinds.loss import Loss
from chainrule.kinds.metric import Metric
from chainrule.kinds.optimizer import Optimizer
from chainrule.kinds.regularizer import Regularizer
from chainrule.kinds.schedule import Schedule
from chainrule.kinds.theme import Theme
from chainrule.ops import Op

KINDS: dict[str, type | None] = {
    "ops": Op,
    "activations": Activation,
    "layers": Layer,
    "losses": Loss,
    "optimizers": Optimizer,
    "regularizers": Regularizer,
    "initializers": Initializer,
    "schedules": Schedule,
    "metrics": Metric,
    "callbacks": Callback,
    "datasets": None,
    "backends": Backend,
    "themes": Theme,
    "figures": None,
    "renderers": None,
    "commands": None,
}
"""Kind → base class; None where functions are registered."""


def singular(kind: str) -> str:
    """Return ``loss`` for ``losses``, for messages."""
    return kind[:-2] if kind == "losses" else kind.removesuffix("s")


def check_target(target: Any, kind: str) -> None:
    """Reject what cannot be registered as a component of a kind.

    Raises:
        PluginError: it is not a function, not a subclass of the kind's base class, or
            an abstract one.
    """
    base = KINDS[kind]
    if base is None:
        if not callable(target):
            raise PluginError(f"register_{kind}: {target!r} is not a function")
    elif not (isinstance(target, type) and issubclass(target, base)):
        raise PluginError(
            f"register_{kind}: {target!r} is not a subclass of {base.__name__}"
        )
    elif inspect.isabstract(target):
        missing = ", ".join(sorted(getattr(target, "__abstractmethods__", ())))
        raise PluginError(
            f"register_{kind}: {target.__name__} is abstract, define {missing}"
        )
