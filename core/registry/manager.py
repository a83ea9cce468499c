"""The plugin manager: loads plugins, one at a time, and puts broken ones aside.

Plugins are the built-in ones of `DEFAULT_PLUGINS`, then the entry points of group
``chainrule``, then whatever a program registers itself. They are imported on the first
look-up, not before. A plugin that cannot be used is kept with the reason and breaks
nothing else. ``CHAINRULE_PLUGINS=a,b`` loads only these of the entry points, and
``CHAINRULE_PLUGINS=`` none; what is not loaded is not imported either.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import pluggy

from chainrule.errors import PluginError, did_you_mean
from chainrule.registry import hooks

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
    "chainrule.backends.numpy",
    "chainrule.backends.opencl",
    "chainrule.viz",
)
"""The built-in plugins, in the order they are loaded."""

GROUP = "chainrule"
"""The entry-point group that plugins are found in."""

HOOKS: tuple[str, ...] = tuple(n for n in vars(hooks) if n.startswith("register_"))
"""The names of all hooks."""


@dataclass(frozen=True)
class Plugin:
    """A plugin: where it comes from, and why it is not in use if it is not."""

    name: str
    distribution: str
    version: str
    module: str = ""
    state: Literal["loaded", "blocked", "broken"] = "loaded"
    reason: str = ""


class PluginManager:
    """Loads plugins and calls their hooks."""

    def __init__(self) -> None:
        self._pluggy = pluggy.PluginManager(hooks.PROJECT)
        self._pluggy.add_hookspecs(hooks)
        self._known: dict[str, Plugin] = {}
        self._blocked: set[str] = set()
        self._loaded = False
        self._lock = threading.RLock()

    def plugins(self) -> list[Plugin]:
        """List all plugins; the ones not in use say why."""
        self.load()
        return list(self._known.values())

    def block(self, name: str) -> None:
        """Keep a plugin from being imported; call it before the first look-up.

        Raises:
            PluginError: plugins are loaded already.
        """
        if self._loaded:
            raise PluginError(
                f"plugin {name!r} cannot be blocked any more: plugins are loaded on "
                "the first look-up; block it before, or set CHAINRULE_PLUGINS"
            )
        self._blocked.add(name)

    def register(
        self, plugin: object, name: str | None = None, *, version: str = ""
    ) -> None:
        """Register a plugin given as an object: a module, or an instance of a class.

        Raises:
            PluginError: the name is taken, no hook is implemented, one that does not
                exist is, or a hook fails or returns something unfit.
        """
        self.load()
        label = str(name or getattr(plugin, "__name__", type(plugin).__name__))
        taken = self._known.get(label)
        if taken and taken.state == "loaded":
            raise PluginError(
                f"a plugin named {label!r} is registered already (by "
                f"{taken.distribution}); give another name"
            )
        module = str(getattr(plugin, "__name__", type(plugin).__module__))
        self._add(plugin, Plugin(label, label, version, module))

    def unregister(self, name: str) -> None:
        """Take a plugin out again.

        Raises:
            PluginError: there is no such plugin.
        """
        if self._known.pop(name, None) is None:
            raise PluginError(f"no plugin {name!r}.{did_you_mean(name, self._known)}")
        if self._pluggy.has_plugin(name):
            self._pluggy.unregister(name=name)
        self._forget(name)

    def load(self) -> None:
        """Load the built-in plugins and the entry points, once."""
        if self._loaded:
            return
        with self._lock:
            if self._loaded:
                return
            self._loaded = True  # a plugin may look things up while it is loaded
            for module in DEFAULT_PLUGINS:
                plugin = Plugin(module, "chainrule", _own_version(), module)
                self._try(plugin, partial(importlib.import_module, module))
            self._load_entry_points()

    def _load_entry_points(self) -> None:
        listed = os.environ.get("CHAINRULE_PLUGINS")
        chosen = None if listed is None else {n.strip() for n in listed.split(",")}
        points = sorted(
            importlib.metadata.entry_points(group=GROUP),
            key=lambda point: (point.name, point.value),
        )
        for point in points:
            plugin = Plugin(
                point.name,
                point.dist.name if point.dist else "?",
                point.dist.version if point.dist else "",
                point.value,
            )
            if chosen is not None and point.name not in chosen:
                self._put_aside(plugin, "blocked", "not among CHAINRULE_PLUGINS")
            else:
                self._try(plugin, point.load)
        installed = {point.name for point in points}
        for name in sorted((chosen or set()) - installed - {""}):
            reason = f"no entry point of this name.{did_you_mean(name, installed)}"
            self._put_aside(Plugin(name, "?", ""), "broken", reason)
        for name in sorted(self._blocked - set(self._known)):
            reason = f"blocked, but not installed.{did_you_mean(name, self._known)}"
            self._put_aside(Plugin(name, "?", ""), "blocked", reason)

    def _try(self, plugin: Plugin, load: Callable[[], object]) -> None:
        if plugin.name in self._blocked:
            self._put_aside(plugin, "blocked", "blocked")
            return
        other = self._known.get(plugin.name)
        if other:
            reason = f"its name is taken by the plugin of {other.distribution}"
            self._put_aside(plugin, "broken", reason)
            return
        try:
            self._add(load(), plugin)
        except (Exception, SystemExit) as error:  # must not stop the host
            reason = str(error) if isinstance(error, PluginError) else _brief(error)
            self._put_aside(plugin, "broken", reason)

    def _put_aside(
        self, plugin: Plugin, state: Literal["blocked", "broken"], reason: str
    ) -> None:
        name = plugin.name
        if name in self._known:
            name = f"{name} ({plugin.distribution})"
        self._known[name] = Plugin(
            name, plugin.distribution, plugin.version, plugin.module, state, reason
        )

    def _add(self, plugin: object, info: Plugin) -> None:
        marked = [name for name in dir(plugin) if _is_hookimpl(plugin, name)]
        for name in marked:
            if name not in HOOKS:
                raise PluginError(f"{name} is no hook.{did_you_mean(name, HOOKS)}")
        for name in dir(plugin):
            if name in HOOKS and name not in marked:
                raise PluginError(
                    f"{name} lacks its @hookimpl: write @chainrule.hookimpl before it"
                )
        if not marked:
            raise PluginError(
                "implements no hook: write @chainrule.hookimpl before a function "
                "named like a hook, such as register_activations"
            )
        try:
            self._pluggy.register(plugin, name=info.name)
            self._pluggy.check_pending()
            self._accept(info)
        except Exception as error:
            if self._pluggy.has_plugin(info.name):
                self._pluggy.unregister(name=info.name)
            self._forget(info.name)
            if isinstance(error, pluggy.PluginValidationError):
                hint = "; hooks take no arguments" if "Argument" in str(error) else ""
                raise PluginError(f"{error}{hint}") from error
            raise
        self._known[info.name] = info

    def _accept(self, plugin: Plugin) -> None:
        """Take over what a plugin registers; overridden by the registry."""

    def _forget(self, name: str) -> None:
        """Drop what a plugin registered; overridden by the registry."""

    def implementations(self, plugin: str) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Yield (hook name, function) for every hook that a plugin implements.

        Raises:
            PluginError: one is a hook wrapper, which has no place here.
        """
        registered = self._pluggy.get_plugin(plugin)
        for caller in self._pluggy.get_hookcallers(registered) or ():
            for implementation in caller.get_hookimpls():
                if implementation.plugin_name != plugin:
                    continue
                if implementation.wrapper or implementation.hookwrapper:
                    raise PluginError(
                        f"{caller.name} is a hook wrapper; a hook returns a list"
                    )
                yield caller.name, implementation.function


def _is_hookimpl(plugin: object, name: str) -> bool:
    member = inspect.getattr_static(plugin, name, None)
    return hasattr(member, f"{hooks.PROJECT}_impl")


def _brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _own_version() -> str:
    try:
        return importlib.metadata.version("chainrule")
    except importlib.metadata.PackageNotFoundError:
        return ""
