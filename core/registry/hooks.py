"""The hooks that a plugin may implement: one for each kind of component.

Every hook takes nothing and returns a list of classes or functions, so registering a
plugin opens no device and computes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import click

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

PROJECT = "chainrule"
API = 1
"""The version of the hooks; a plugin may declare it as ``CHAINRULE_API = 1``."""
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_ops() -> Sequence[type[Op]]:  # type: ignore[empty-body]
    """Return op classes: primitives with a shape rule, a derivative and a notation."""


@hookspec
def register_activations() -> Sequence[type[Activation]]:  # type: ignore[empty-body]
    """Return activation classes."""


@hookspec
def register_layers() -> Sequence[type[Layer]]:  # type: ignore[empty-body]
    """Return layer classes."""


@hookspec
def register_losses() -> Sequence[type[Loss]]:  # type: ignore[empty-body]
    """Return loss classes."""


@hookspec
def register_optimizers() -> Sequence[type[Optimizer]]:  # type: ignore[empty-body]
    """Return optimizer classes."""


@hookspec
def register_regularizers() -> Sequence[type[Regularizer]]:  # type: ignore[empty-body]
    """Return regularizer classes."""


@hookspec
def register_initializers() -> Sequence[type[Initializer]]:  # type: ignore[empty-body]
    """Return initializer classes."""


@hookspec
def register_schedules() -> Sequence[type[Schedule]]:  # type: ignore[empty-body]
    """Return learning-rate schedule classes."""


@hookspec
def register_metrics() -> Sequence[type[Metric]]:  # type: ignore[empty-body]
    """Return metric classes."""


@hookspec
def register_callbacks() -> Sequence[type[Callback]]:  # type: ignore[empty-body]
    """Return callback classes."""


@hookspec
def register_datasets() -> Sequence[Callable[..., Any]]:  # type: ignore[empty-body]
    """Return functions that load data; a function's name is that of its data set."""


@hookspec
def register_backends() -> Sequence[type[Backend]]:  # type: ignore[empty-body]
    """Return backend classes; a device is opened only when its backend is used."""


@hookspec
def register_kernels() -> Mapping[str, Mapping[type[Op], Any]]:  # type: ignore[empty-body]
    """Return kernels to add to backends: backend name → op class → kernel."""


@hookspec
def register_themes() -> Sequence[type[Theme]]:  # type: ignore[empty-body]
    """Return themes: colours, dashes and fonts of diagrams."""


@hookspec
def register_figures() -> Sequence[Callable[..., Any]]:  # type: ignore[empty-body]
    """Return functions that return a `chainrule.Plot`: figures of `cr.plot`."""


@hookspec
def register_renderers() -> Sequence[Callable[..., Any]]:  # type: ignore[empty-body]
    """Return functions that draw; see `chainrule.viz`."""


@hookspec
def register_commands() -> Sequence[click.Command]:  # type: ignore[empty-body]
    """Return click commands to add to the ``chainrule`` program."""


NAMES: tuple[str, ...] = tuple(n for n in globals() if n.startswith("register_"))
"""The names of all hooks."""
