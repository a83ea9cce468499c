"""The plugin manager: all plugins, loaded on the first look-up."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from chainrule.errors import PluginError, did_you_mean
from chainrule.registry.kernels import check_kernels
from chainrule.registry.loading import (
    DEFERRED,
    VARIABLE,
    backends_of,
    load_deferred,
    load_plugins,
    settled,
)
from chainrule.registry.plugin import Plugin, read_hooks
from chainrule.registry.strictness import warn_of_slow


class _Loading(threading.local):
    """The plugins that the current thread has loaded; None unless it is loading."""

    so_far: Mapping[str, Plugin] | None = None


class PluginManager:
    """All plugins, in the order they were loaded; the ones not in use say why.

    Any thread may ask at any time. Mappings are replaced and never changed, and no lock
    is held while a plugin is imported: the import may wait for another thread, and that
    thread for this lock. So threads that ask first at the same time each load, which
    costs little where modules are imported already, and the first to finish decides.
    """

    def __init__(self) -> None:
        self._blocked: set[str] = set()
        self._files: list[Path] = []
        self._loaded: Mapping[str, Plugin] | None = None
        self._by_hand: Mapping[str, Plugin | None] = {}
        self._loading = _Loading()
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Plugin]:
        return iter(self.load_for(*DEFERRED.values()).values())

    @property
    def is_loading(self) -> bool:
        """Whether the current thread is loading plugins just now."""
        return self._loading.so_far is not None

    def load(self) -> Mapping[str, Plugin]:
        """Return all plugins by name, loaded if they are not yet.

        A plugin that looks something up while it is loaded sees the ones before it.

        Raises:
            PluginError: a file that was given as a plugin cannot be used.
        """
        if self._loaded is not None:
            return self._loaded
        if self._loading.so_far is not None:
            return self._with_changes(self._loading.so_far)
        found = self._load()
        with self._lock:
            if self._loaded is not None:
                return self._loaded
            found = self._with_changes(found)
            self._check_files(found)
            if any(plugin.state == "importing" for plugin in found.values()):
                return found  # the next look-up loads again
            self._loaded = found
        warn_of_slow(found.values())
        return found

    def load_for(self, *kinds: str) -> Mapping[str, Plugin]:
        """Return all plugins by name, with the deferred ones that bring these kinds."""
        plugins = self.load()
        for name, kind in DEFERRED.items():
            if kind in kinds and name in plugins and plugins[name].state == "deferred":
                plugins = self._with_loaded(load_deferred(plugins[name]))
        return plugins

    def _with_loaded(self, plugin: Plugin) -> Mapping[str, Plugin]:
        """Put a plugin in the place of the deferred one, unless it is half imported."""
        if self._loaded is None and self._loading.so_far is not None:
            self._loading.so_far = {**self._loading.so_far, plugin.name: plugin}
        with self._lock:
            if self._loaded is not None and plugin.state != "importing":
                self._loaded = {**self._loaded, plugin.name: plugin}
        return self.load()

    def _load(self) -> Mapping[str, Plugin]:
        self._loading.so_far = {}
        try:
            for plugin in load_plugins(self._blocked, self._files):
                self._loading.so_far = {**self._loading.so_far, plugin.name: plugin}
            return settled(self._loading.so_far)
        finally:
            self._loading.so_far = None

    def _check_files(self, plugins: Mapping[str, Plugin]) -> None:
        """Reject files that cannot be used, for somebody asked for just these."""
        files = {str(path) for path in self._files}
        for plugin in plugins.values():
            if plugin.module in files and plugin.state == "broken":
                raise PluginError(f"{plugin.module}: {plugin.reason}")

    def add_file(self, path: Path) -> None:
        """Load this file as a plugin, too; call it before the first look-up.

        Raises:
            PluginError: plugins are loaded already.
        """
        if self._loaded is not None or self.is_loading:
            raise PluginError(
                f"{path} comes too late: plugins are loaded on the first look-up; "
                "register what is in it with cr.register"
            )
        self._files.append(path)

    def block(self, name: str) -> None:
        """Keep a plugin from being imported; call it before the first look-up.

        Raises:
            PluginError: plugins are loaded already.
        """
        if self._loaded is not None or self.is_loading:
            raise PluginError(
                f"plugin {name!r} cannot be blocked any more: plugins are loaded on "
                f"the first look-up; block it before, or set {VARIABLE}"
            )
        self._blocked.add(name)

    def register(
        self, plugin: object, name: str | None = None, *, version: str = ""
    ) -> None:
        """Register a plugin given as an object: a module, or an instance of a class.

        Raises:
            PluginError: the name is taken, no hook is implemented, one that does not
                exist is, or a hook returns something invalid.
        """
        label = str(name or getattr(plugin, "__name__", type(plugin).__name__))
        taken = self.load().get(label)
        if taken and taken.state == "loaded":
            raise PluginError(
                f"a plugin named {label!r} is registered already (by "
                f"{taken.distribution}); give another name"
            )
        module = str(getattr(plugin, "__name__", type(plugin).__module__))
        made = read_hooks(Plugin(label, label, version, module), plugin)
        check_kernels(made.kernels, backends_of((*self, made)))
        self._change(label, made)

    def replace(self, plugin: Plugin) -> None:
        """Add a plugin, in the place of one of the same name if there is one."""
        self._change(plugin.name, plugin)

    def unregister(self, name: str) -> None:
        """Remove a plugin.

        Raises:
            PluginError: there is no such plugin.
        """
        known = self.load()
        if name not in known:
            raise PluginError(f"no plugin {name!r}.{did_you_mean(name, known)}")
        self._change(name, None)

    def _change(self, name: str, plugin: Plugin | None) -> None:
        with self._lock:
            self._by_hand = {**self._by_hand, name: plugin}
            if self._loaded is not None:
                self._loaded = self._with_changes(self._loaded)

    def _with_changes(self, plugins: Mapping[str, Plugin]) -> Mapping[str, Plugin]:
        """Return plugins without the removed ones, with those registered by hand."""
        every = {**plugins, **self._by_hand}
        return {name: plugin for name, plugin in every.items() if plugin is not None}
