"""Kinds: what can be registered by name, and the base class of each."""

from __future__ import annotations

import inspect
import re
from typing import Any

from chainrule.errors import PluginError, shown
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
from chainrule.registry.entry import registered_name

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


_NAME = re.compile(r"[^\W\d][\w.-]*")


def check_name(name: str, what: str) -> None:
    """Reject a name that could not be written on a command line or in a table.

    Raises:
        PluginError: it does not begin with a letter, or has other characters than
            letters, digits, ``_``, ``-`` and ``.``.
    """
    if not _NAME.fullmatch(name):
        raise PluginError(
            f"{what}: a name must begin with a letter and have only letters, digits, "
            f"'_', '-' and '.', got {name!a}"
        )


def check_target(target: Any, kind: str) -> None:
    """Reject what cannot be registered as a component of a kind.

    Raises:
        PluginError: it is not a function, not a subclass of the kind's base class, an
            abstract one, not a click command, or has no usable name.
    """
    base, hook = KINDS[kind], f"register_{kind}"
    if kind == "commands":
        from click import Command

        if not isinstance(target, Command):
            raise PluginError(
                f"{hook}: {shown(target)} is not a click command: write "
                "@click.command() before the function"
            )
    elif base is None:
        if not callable(target):
            raise PluginError(f"{hook}: {target!r} is not a function")
    elif not (isinstance(target, type) and issubclass(target, base)):
        raise PluginError(f"{hook}: {target!r} is not a subclass of {base.__name__}")
    elif inspect.isabstract(target):
        missing = ", ".join(sorted(getattr(target, "__abstractmethods__", ())))
        raise PluginError(f"{hook}: {target.__name__} is abstract, define {missing}")
    declared = vars(target) if isinstance(target, type) else {}
    names = declared.get("aliases", ())
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise PluginError(
            f"{hook}: aliases of {target.__name__} must be a tuple of names, got "
            f"{shown(names)}"
        )
    for name in (registered_name(target), *names):
        check_name(name, hook)
