"""Plugins: where one comes from, what it registers, and why it is not in use."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import pluggy

from chainrule.errors import PluginError, did_you_mean
from chainrule.registry import hooks
from chainrule.registry.entry import Entry, registered_name
from chainrule.registry.kinds import KINDS, check_target

State = Literal["loaded", "importing", "blocked", "broken"]


@dataclass(frozen=True)
class Plugin:
    """A plugin.

    Attributes:
        name: its module if it is built in, the name of its entry point otherwise.
        distribution: the package that brings it.
        version: the version of that package.
        module: the module, or the object in a module, that implements hooks.
        state: whether it is in use; ``"importing"`` while its module is being imported
            by other code than the registry.
        reason: why it is not in use.
        entries: the components that it registers.
        kernels: its hook ``register_kernels``.
    """

    name: str
    distribution: str
    version: str
    module: str = ""
    state: State = "loaded"
    reason: str = ""
    entries: tuple[Entry, ...] = ()
    kernels: Callable[[], Any] | None = None


def read_hooks(plugin: Plugin, implementation: object) -> Plugin:
    """Return a plugin with what its hooks register.

    Args:
        plugin: where it comes from.
        implementation: the module or object whose hooks are called.

    Raises:
        PluginError: no hook is implemented, one is misspelt, not marked, a wrapper or
            takes arguments, or one returns something invalid.
    """
    _check_names(implementation)
    entries: list[Entry] = []
    for hook, function in _implemented(implementation, plugin.name):
        kind = hook.removeprefix("register_")
        if kind not in KINDS:
            plugin = replace(plugin, kernels=function)
            continue
        for target in _listed(function(), hook):
            check_target(target, kind)
            origin = (plugin.name, plugin.distribution, plugin.version)
            entries.append(Entry(kind, registered_name(target), target, *origin))
    return replace(plugin, entries=tuple(entries))


def _check_names(implementation: object) -> None:
    """Reject misspelt hooks, which pluggy would register in silence."""
    names = dir(implementation)
    marked = [name for name in names if _is_marked(implementation, name)]
    for name in marked:
        if name not in hooks.NAMES:
            raise PluginError(f"{name} is not a hook.{did_you_mean(name, hooks.NAMES)}")
    for name in names:
        if name in hooks.NAMES and name not in marked:
            raise PluginError(
                f"{name} lacks its @hookimpl: write @chainrule.hookimpl before it"
            )
    if not marked:
        raise PluginError(
            "implements no hook: write @chainrule.hookimpl before a function named "
            "like a hook, such as register_activations"
        )


def _is_marked(implementation: object, name: str) -> bool:
    member = inspect.getattr_static(implementation, name, None)
    return hasattr(member, f"{hooks.PROJECT}_impl")


def _implemented(
    implementation: object, name: str
) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield the name and function of every hook, whose signatures pluggy checks.

    Each plugin has a manager of its own: one that fails leaves nothing behind.
    """
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    try:
        manager.register(implementation, name)
    except pluggy.PluginValidationError as error:
        hint = "; hooks take no arguments" if "Argument" in str(error) else ""
        raise PluginError(f"{error}{hint}") from error
    for caller in manager.get_hookcallers(implementation) or ():
        for implemented in caller.get_hookimpls():
            if implemented.wrapper or implemented.hookwrapper:
                raise PluginError(
                    f"{caller.name} is a hook wrapper; a hook must return a list"
                )
            yield caller.name, implemented.function


def _listed(result: Any, hook: str) -> list[Any]:
    if isinstance(result, (str, type, Mapping)) or not hasattr(result, "__iter__"):
        raise PluginError(f"{hook} must return a list, got {result!r}")
    return list(result)
