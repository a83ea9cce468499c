"""Report cards: every check of everything that a plugin registers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from chainrule.component import Component
from chainrule.errors import (
    ChainRuleError,
    ConformanceError,
    PluginError,
    PluginWarning,
    did_you_mean,
)
from chainrule.registry import registry
from chainrule.registry.entry import Entry
from chainrule.registry.plugin import Plugin
from chainrule.testing.backends import check_backend
from chainrule.testing.components import (
    check_component,
    check_initializer,
    check_optimizer,
    check_regularizer,
)
from chainrule.testing.conforming import conforming
from chainrule.testing.everywhere import available_backends
from chainrule.testing.examples import example
from chainrule.testing.figures import check_figure
from chainrule.testing.losses import check_loss
from chainrule.testing.modules import check_activation, check_layer
from chainrule.testing.ops import check_op
from chainrule.testing.others import (
    check_command,
    check_dataset,
    check_renderer,
)
from chainrule.testing.runs import check_callback, check_metric, check_schedule

CHECKS: Mapping[str, Callable[[Any], None]] = {
    "ops": check_op,
    "activations": check_activation,
    "layers": check_layer,
    "losses": check_loss,
    "optimizers": check_optimizer,
    "regularizers": check_regularizer,
    "initializers": check_initializer,
    "schedules": check_schedule,
    "metrics": check_metric,
    "callbacks": check_callback,
    "datasets": check_dataset,
    "backends": lambda backend: check_backend(backend()),
    "themes": check_component,
    "figures": check_figure,
    "renderers": check_renderer,
    "commands": check_command,
}
"""Kind → the check of a component of that kind, given as an example of its class."""


@dataclass(frozen=True)
class Verdict:
    """What came out for one component of a plugin."""

    kind: str
    name: str
    state: Literal["ok", "skipped", "broken"]
    detail: str


def report(plugin: str) -> Iterator[Verdict]:
    """Yield a verdict on each component that a plugin registers, and on their names.

    Raises:
        PluginError: there is no such plugin, or it is not in use.
    """
    found = plugin_named(plugin)
    where = ", ".join(available_backends())
    for entry in found.entries:
        yield verdict(entry, where)
    for kernel in found.kernels:
        if kernel.op in registry.kernels(kernel.backend):
            yield Verdict("kernels", kernel.name, "ok", "it is used")
        else:
            yield Verdict("kernels", kernel.name, "broken", "it is not used")
    for collision in registry.collisions:
        if found.distribution in collision.others and not collision.intended:
            yield Verdict("names", collision.name, "broken", str(collision))
    for remark in registry.remarks:
        if remark.startswith(f"{plugin}: "):
            yield Verdict("plugin", plugin, "broken", remark)


def verdict(entry: Entry, where: str = "") -> Verdict:
    """Return the verdict on one component; `where` names the backends."""
    target = entry.target
    if isinstance(target, type) and issubclass(target, Component):
        try:
            target = example(target)
        except ConformanceError as error:
            return Verdict(entry.kind, entry.name, "skipped", str(error))
        except Exception as error:  # what the class itself gives as an example
            said = f"its example cannot be made: {_said(error)}"
            return Verdict(entry.kind, entry.name, "broken", said)
    try:
        if not entry.summary:
            raise ConformanceError("it has no docstring: say in one line what it is")
        with warnings.catch_warnings():
            warnings.simplefilter("error", PluginWarning)
            CHECKS[entry.kind](target)
    except Exception as error:  # a plugin may fail in any way
        return Verdict(entry.kind, entry.name, "broken", _said(error))
    on = f" (on {where})" if entry.kind in _COMPUTED and where else ""
    return Verdict(entry.kind, entry.name, "ok", f"{entry.summary}{on}")


_COMPUTED = ("ops", "activations", "layers", "losses", "optimizers", "regularizers")


@conforming
def check_plugin(name: str) -> None:
    """Check everything that an installed plugin registers.

    Args:
        name: the name of its entry point.

    Raises:
        PluginError: there is no such plugin, or it is not in use.
        ConformanceError: something breaks its contract; says everything that does.
    """
    broken = [each for each in report(name) if each.state == "broken"]
    if broken:
        raise ConformanceError(
            "\n".join(f"{each.kind} {each.name}: {each.detail}" for each in broken)
        )


def plugin_named(name: str) -> Plugin:
    """Return the plugin of an entry point, a distribution or a module.

    Raises:
        PluginError: there is no such plugin, or it is not in use.
    """
    known = {plugin.name: plugin for plugin in registry.plugins}
    known |= {p.distribution: p for p in registry.plugins if not p.built_in}
    known |= {p.module: p for p in registry.plugins}
    if name not in known:
        raise PluginError(f"no plugin {name!r}.{did_you_mean(name, known)}")
    found = known[name]
    if found.state != "loaded":
        raise PluginError(f"plugin {name!r} is {found.state}: {found.reason}")
    return found


def _said(error: Exception) -> str:
    own = isinstance(error, ChainRuleError)
    return str(error) if own else f"{type(error).__name__}: {error}"
