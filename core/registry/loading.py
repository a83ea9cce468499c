"""Loading: every plugin imported, one at a time, and broken ones quarantined.

Plugins are the built-in ones of `DEFAULT_PLUGINS`, then the entry points of the group
``chainrule``. ``CHAINRULE_PLUGINS=a,b`` loads only these entry points, and
``CHAINRULE_PLUGINS=`` none. What is blocked is not imported.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import sys
import time
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from email.message import Message
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from chainrule.errors import PluginError, did_you_mean
from chainrule.kinds.backend import Backend
from chainrule.registry.kernels import check_kernels
from chainrule.registry.kinds import check_name
from chainrule.registry.plugin import Plugin, read_hooks
from chainrule.registry.quiet import quiet
from chainrule.registry.requirements import check_requirements
from chainrule.registry.strictness import trace

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

DEFERRED: Mapping[str, str] = {
    "chainrule.plugins.figures": "figures",
    "chainrule.viz": "renderers",
}
"""Built-in plugin that is imported when its kind is asked for → that kind."""

GROUP = "chainrule"
"""The entry-point group of plugins."""

VARIABLE = "CHAINRULE_PLUGINS"
"""The environment variable that lists the entry points to load."""

Import: TypeAlias = Callable[[], object]


def load_plugins(
    blocked: Collection[str], files: Sequence[Path] = ()
) -> Iterator[Plugin]:
    """Import all plugins but the blocked ones; yield each with what it registers.

    A plugin that cannot be used is yielded with the reason, and stops no other one.

    Args:
        blocked: the names of plugins that are not imported.
        files: modules that are plugins without being installed.
    """
    known: dict[str, Plugin] = {}
    chosen = _chosen()
    for plugin, load in (*_built_in(), *_entry_points(chosen), *_files(files)):
        other = known.get(plugin.name)
        if plugin.name in blocked:
            plugin = replace(plugin, state="blocked", reason="blocked")
        elif other:
            reason = f"its name is taken by the plugin of {other.distribution}"
            plugin = replace(plugin, state="broken", reason=reason)
        elif plugin.name in DEFERRED:
            plugin = replace(plugin, state="deferred")
        elif plugin.state == "loaded":
            plugin = _loaded(plugin, load)
        if other:
            plugin = replace(plugin, name=f"{plugin.name} ({plugin.distribution})")
        known[plugin.name] = plugin
        trace(plugin)
        yield plugin
    installed = [name for name in known if name not in DEFAULT_PLUGINS]
    for name in sorted((chosen or set()) - {*installed, ""}):
        reason = f"no entry point of this name.{did_you_mean(name, installed)}"
        yield Plugin(name, "?", "", state="broken", reason=reason)
    for name in sorted({*blocked} - {*known, *(chosen or ())}):
        reason = f"blocked, but not installed.{did_you_mean(name, known)}"
        yield Plugin(name, "?", "", state="blocked", reason=reason)


def load_deferred(plugin: Plugin) -> Plugin:
    """Import a deferred plugin; return it with what it registers."""
    load = partial(importlib.import_module, plugin.module)
    return _loaded(replace(plugin, state="loaded"), load)


def settled(plugins: Mapping[str, Plugin]) -> dict[str, Plugin]:
    """Return plugins once all are known, those broken whose kernels cannot be run."""
    backends = backends_of(plugins.values())
    return {name: _with_kernels(p, backends) for name, p in plugins.items()}


def backends_of(plugins: Iterable[Plugin]) -> dict[str, type[Backend]]:
    """Return the backends that plugins register, by name."""
    entries = (entry for plugin in plugins for entry in plugin.entries)
    return {e.name: e.target for e in entries if e.kind == "backends"}


def _with_kernels(plugin: Plugin, backends: Mapping[str, type[Backend]]) -> Plugin:
    try:
        check_kernels(plugin.kernels, backends)
    except Exception as error:  # of a backend that cannot even check
        return _broken(plugin, error)
    return plugin


def _built_in() -> Iterator[tuple[Plugin, Import]]:
    version = _own_version()
    for module in DEFAULT_PLUGINS:
        plugin = Plugin(module, "chainrule", version, module, built_in=True)
        yield plugin, partial(importlib.import_module, module)


def _entry_points(chosen: set[str] | None) -> Iterator[tuple[Plugin, Import]]:
    points = importlib.metadata.entry_points(group=GROUP)
    for point in sorted(points, key=lambda point: (point.name, point.value)):
        metadata: Any = point.dist.metadata if point.dist else Message()
        name, version = metadata.get("Name", "?"), metadata.get("Version", "")
        plugin = Plugin(point.name, str(name), str(version), point.value)
        if chosen is not None and point.name not in chosen:
            reason = f"not among {VARIABLE}"
            plugin = replace(plugin, state="blocked", reason=reason)
        else:
            plugin = _with_needs(plugin, metadata.get_all("Requires-Dist") or [])
        yield plugin, point.load


def _files(files: Sequence[Path]) -> Iterator[tuple[Plugin, Import]]:
    for path in files:
        plugin = Plugin(path.stem, path.name, "", str(path))
        yield plugin, partial(_run_file, path)


def _run_file(path: Path) -> object:
    """Import a module by its path.

    Raises:
        PluginError: it is not a Python file that exists.
    """
    name = f"chainrule_file_{path.stem}"
    if not path.exists():
        raise PluginError(f"there is no file {path}")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise PluginError(f"{path} must be a Python file")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _with_needs(plugin: Plugin, requirements: Sequence[str]) -> Plugin:
    """Return a plugin as broken if its name cannot be used or its needs are not met."""
    try:
        check_name(plugin.name, "entry point")
        return replace(plugin, remarks=check_requirements(requirements))
    except PluginError as error:
        return _broken(plugin, error)


def _chosen() -> set[str] | None:
    """Return the names of the entry points to load; None is all of them."""
    listed = os.environ.get(VARIABLE)
    return None if listed is None else {name.strip() for name in listed.split(",")}


def _loaded(plugin: Plugin, load: Import) -> Plugin:
    """Return a plugin with what it registers, or with the reason why it cannot."""
    began = time.perf_counter()
    try:
        with nullcontext() if plugin.built_in else quiet():
            implementation = load()
            if not _importing(plugin):
                plugin = read_hooks(plugin, implementation)
                return replace(plugin, seconds=time.perf_counter() - began)
    except KeyboardInterrupt as error:
        error.add_note(f"while plugin {plugin.name!r} was imported")
        raise
    except BaseException as error:  # a plugin must not stop its host
        if not _importing(plugin):
            plugin = replace(plugin, seconds=time.perf_counter() - began)
            return _broken(plugin, error)
    return replace(plugin, state="importing", reason="its import has not ended yet")


def _broken(plugin: Plugin, error: BaseException) -> Plugin:
    try:
        said = str(error)
    except Exception:  # of an exception that cannot be printed either
        said = "?"
    own = isinstance(error, PluginError)
    return replace(
        plugin,
        state="broken",
        reason=said if own else f"{type(error).__name__}: {said}",
        traceback="".join(traceback.format_exception(error)),
        entries=(),
        kernels=(),
    )


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
