"""Loading: every plugin imported, one at a time, and broken ones quarantined.

Plugins are the built-in ones of `DEFAULT_PLUGINS`, then the entry points of the group
``chainrule``. ``CHAINRULE_PLUGINS=a,b`` loads only these entry points, and
``CHAINRULE_PLUGINS=`` none. What is blocked is not imported.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeAlias

from chainrule.errors import PluginError, did_you_mean
from chainrule.registry.plugin import Plugin, read_hooks

DEFAULT_PLUGINS: tuple[str, ...] = (
    "chainrule.plugins.primitives",
    "chainrule.plugins.activations",
    "chainrule.plugins.layers",
    "chainrule.plugins.losses",
    "chainrule.plugins.optimizers",
    "chainrule.plugins.regularizers",
    "chainrule.plugins.initializers",
    "chainrule.plugins.schedules",
    "chainrule.plugins.metrics",
    "chainrule.plugins.callbacks",
    "chainrule.plugins.datasets",
    "chainrule.plugins.themes",
    "chainrule.plugins.figures",
    "chainrule.backends.numpy",
    "chainrule.backends.opencl",
    "chainrule.viz",
)
"""The built-in plugins, in the order they are loaded."""

GROUP = "chainrule"
"""The entry-point group of plugins."""

VARIABLE = "CHAINRULE_PLUGINS"
"""The environment variable that lists the entry points to load."""

Import: TypeAlias = Callable[[], object]


def load_plugins(blocked: Collection[str]) -> Iterator[Plugin]:
    """Import all plugins but the blocked ones; yield each with what it registers.

    A plugin that cannot be used is yielded with the reason, and stops no other one.
    """
    known: dict[str, Plugin] = {}
    chosen = _chosen()
    for plugin, load in (*_built_in(), *_entry_points(chosen)):
        other = known.get(plugin.name)
        if plugin.name in blocked:
            plugin = replace(plugin, state="blocked", reason="blocked")
        elif other:
            reason = f"its name is taken by the plugin of {other.distribution}"
            plugin = replace(plugin, state="broken", reason=reason)
        elif plugin.state == "loaded":
            plugin = _loaded(plugin, load)
        if other:
            plugin = replace(plugin, name=f"{plugin.name} ({plugin.distribution})")
        known[plugin.name] = plugin
        yield plugin
    installed = [name for name in known if name not in DEFAULT_PLUGINS]
    for name in sorted((chosen or set()) - {*installed, ""}):
        reason = f"no entry point of this name.{did_you_mean(name, installed)}"
        yield Plugin(name, "?", "", state="broken", reason=reason)
    for name in sorted({*blocked} - {*known, *(chosen or ())}):
        reason = f"blocked, but not installed.{did_you_mean(name, known)}"
        yield Plugin(name, "?", "", state="blocked", reason=reason)


def _built_in() -> Iterator[tuple[Plugin, Import]]:
    version = _own_version()
    for module in DEFAULT_PLUGINS:
        plugin = Plugin(module, "chainrule", version, module)
        yield plugin, partial(importlib.import_module, module)


def _entry_points(chosen: set[str] | None) -> Iterator[tuple[Plugin, Import]]:
    points = importlib.metadata.entry_points(group=GROUP)
    for point in sorted(points, key=lambda point: (point.name, point.value)):
        plugin = Plugin(
            point.name,
            point.dist.name if point.dist else "?",
            point.dist.version if point.dist else "",
            point.value,
        )
        if chosen is not None and point.name not in chosen:
            reason = f"not among {VARIABLE}"
            plugin = replace(plugin, state="blocked", reason=reason)
        yield plugin, point.load


def _chosen() -> set[str] | None:
    """Return the names of the entry points to load; None is all of them."""
    listed = os.environ.get(VARIABLE)
    return None if listed is None else {name.strip() for name in listed.split(",")}


def _loaded(plugin: Plugin, load: Import) -> Plugin:
    """Return a plugin with what it registers, or with the reason why it cannot."""
    try:
        implementation = load()
        if not _importing(plugin):
            return read_hooks(plugin, implementation)
    except (Exception, SystemExit) as error:  # a plugin must not stop its host
        if not _importing(plugin):
            reason = f"{type(error).__name__}: {error}"
            if isinstance(error, PluginError):
                reason = str(error)
            return replace(plugin, state="broken", reason=reason)
    return replace(plugin, state="importing", reason="its import has not ended yet")


def _importing(plugin: Plugin) -> bool:
    """Return whether a plugin's module, or a package around it, is half imported.

    So it is if the look-up is made by a module that other code is importing: it is then
    too early to ask that module what it registers.
    """
    name = plugin.module.partition(":")[0].strip()
    parts = name.split(".")
    around = (".".join(parts[:i]) for i in range(1, len(parts) + 1))
    specs = (getattr(sys.modules.get(name), "__spec__", None) for name in around)
    return any(getattr(spec, "_initializing", False) for spec in specs)


def _own_version() -> str:
    try:
        return importlib.metadata.version("chainrule")
    except importlib.metadata.PackageNotFoundError:
        return ""
