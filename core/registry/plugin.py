"""Plugins: where one comes from, what it registers, and why it is not in use."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import pluggy

from chainrule.errors import PluginError, did_you_mean, shown
from chainrule.registry import hooks
from chainrule.registry.entry import Entry, fold, registered_name
from chainrule.registry.kernels import HOOK, KernelEntry, read_kernels
from chainrule.registry.kinds import check_target

State = Literal["loaded", "deferred", "importing", "blocked", "broken"]


@dataclass(frozen=True)
class Plugin:
    """A plugin.

    Attributes:
        name: its module if it is built in, the name of its entry point otherwise.
        distribution: the package that brings it.
        version: the version of that package.
        module: the module, or the object in a module, that implements hooks.
        state: whether it is in use; ``"deferred"`` until its kind is asked for, and
            ``"importing"`` while its module is being imported by other code than the
            registry.
        reason: why it is not in use.
        traceback: where the error was raised that is the reason.
        remarks: what is odd about it, and yet does not keep it from being used.
        seconds: how long it took to import it, and what it imports, for the first time.
        hooks: the names of the hooks that it implements.
        entries: the components that it registers.
        kernels: the kernels that it adds to backends.
        built_in: whether it comes with chainrule.
    """

    name: str
    distribution: str
    version: str
    module: str = ""
    state: State = "loaded"
    reason: str = ""
    traceback: str = ""
    remarks: tuple[str, ...] = ()
    seconds: float = 0.0
    hooks: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    kernels: tuple[KernelEntry, ...] = ()
    built_in: bool = False


def read_hooks(plugin: Plugin, implementation: object) -> Plugin:
    """Return a plugin with what its hooks register.

    Args:
        plugin: where it comes from.
        implementation: the module or object whose hooks are called.

    Raises:
        PluginError: no hook is implemented, one is misspelt, not marked, a wrapper or
            takes arguments, or one returns something invalid.
    """
    _check_api(implementation)
    _check_names(implementation)
    name, distribution, own = plugin.name, plugin.distribution, plugin.built_in
    entries: list[Entry] = []
    kernels: tuple[KernelEntry, ...] = ()
    used = []
    for hook, function in _implemented(implementation, name):
        used.append(hook)
        result = function()
        if hook == HOOK:
            kernels = read_kernels(result, name, distribution, built_in=own)
            continue
        kind = hook.removeprefix("register_")
        for target in _listed(result, hook):
            check_target(target, kind)
            origin = (name, distribution, plugin.version, own)
            entries.append(Entry(kind, registered_name(target), target, *origin))
    return replace(
        plugin, hooks=tuple(sorted(used)), entries=_unique(entries), kernels=kernels
    )


def _check_api(implementation: object) -> None:
    """Reject a plugin that was written for another version of the hooks."""
    declared = getattr(implementation, "CHAINRULE_API", hooks.API)
    if declared != hooks.API:
        raise PluginError(
            f"it is written for version {shown(declared)} of the hooks, and this "
            f"chainrule has version {hooks.API}: install a version of it, or of "
            "chainrule, that fits the other"
        )


def _unique(entries: list[Entry]) -> tuple[Entry, ...]:
    """Return entries without repetitions; reject two components of one name."""
    seen: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        other = seen.setdefault((entry.kind, fold(entry.name)), entry)
        if other.target is not entry.target:
            raise PluginError(
                f"register_{entry.kind}: {other.python_name} and {entry.python_name} "
                f'are both named {entry.name!r}: write type_name = "…" in one of them'
            )
    return tuple(seen.values())


def is_plugin(implementation: object) -> bool:
    """Return whether anything of an object is marked as a hook."""
    return any(_is_marked(implementation, name) for name in dir(implementation))


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
    return f"{hooks.PROJECT}_impl" in getattr(member, "__dict__", ())


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
