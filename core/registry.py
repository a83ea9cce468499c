"""Where everything meets: plugins are loaded here, and names become components.

Plugins are loaded on the first look-up: the built-in ones of `DEFAULT_PLUGINS`, then
the entry points of group ``chainrule``, one at a time. A plugin that cannot be used is
put aside with the reason and breaks nothing else.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pluggy

from chainrule import hooks, ops, spec
from chainrule.errors import HyperparameterError, PluginError, did_you_mean, unknown_name
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
    "chainrule.viz",
)

KINDS: dict[str, type | None] = {
    "ops": ops.Op,
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
    "renderers": None,
    "commands": None,
}
"""What can be registered by name, and the base class it must have (None: a function)."""

GROUP = "chainrule"


@dataclass(frozen=True)
class Entry:
    """A registered component and where it came from."""

    kind: str
    name: str
    target: Any
    plugin: str
    distribution: str
    version: str

    @property
    def module(self) -> str:
        """The module that defines it."""
        return str(getattr(self.target, "__module__", self.plugin))

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        text = inspect.getdoc(self.target) or getattr(self.target, "help", "") or ""
        return text.split("\n", 1)[0]


@dataclass(frozen=True)
class Plugin:
    """A plugin that was loaded, or the reason why it was not."""

    name: str
    distribution: str
    version: str
    failure: str = ""


class Catalog(Mapping[str, Any]):
    """All components of one kind, by name.

    A name in lower case gives the component ready to use, with its defaults
    (``cr.losses.mse(t, y)``); a name in CamelCase gives the class
    (``cr.losses.Huber(delta=2.0)``). Functions are returned as they are. The same holds
    for ``catalog["name"]``.
    """

    def __init__(self, registry: Registry, kind: str) -> None:
        self._registry = registry
        self._kind = kind

    def __getitem__(self, name: str) -> Any:
        entry = self._registry.find(self._kind, name)
        if name[:1].isupper() or not isinstance(entry.target, type):
            return entry.target
        if issubclass(entry.target, spec.Component):
            return entry.target()
        return entry.target

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(entry.name for entry in self._registry.entries(self._kind))

    def __len__(self) -> int:
        return len(self._registry.entries(self._kind))

    def __contains__(self, name: object) -> bool:
        names = self._registry.names(self._kind)
        return isinstance(name, str) and fold(name) in names

    def __dir__(self) -> list[str]:
        names = [entry.name for entry in self._registry.entries(self._kind)]
        classes = [
            entry.target.__name__
            for entry in self._registry.entries(self._kind)
            if isinstance(entry.target, type)
        ]
        return sorted({*names, *classes, "keys", "values", "items", "get"})

    def __repr__(self) -> str:
        return f"<{self._kind}: {', '.join(self)}>"


class Registry:
    """Loads plugins and resolves names."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(hooks.PROJECT)
        self._manager.add_hookspecs(hooks)
        self._plugins: dict[str, Plugin] = {}
        self._entries: dict[str, dict[str, list[Entry]]] | None = None
        self._blocked: set[str] = set()
        self._loaded = False

    # -- loading ---------------------------------------------------------------

    def block(self, name: str) -> None:
        """Keep a plugin from being imported; call it before the first look-up.

        Raises:
            PluginError: the plugin is already loaded.
        """
        if name in self._plugins and not self._plugins[name].failure:
            raise PluginError(
                f"plugin {name!r} is already loaded; block it before the first use, "
                "with CHAINRULE_PLUGINS or --block"
            )
        self._blocked.add(name)

    def register(
        self, plugin: object, name: str | None = None, *, version: str = ""
    ) -> None:
        """Register a plugin given as an object: a module, or an instance of a class.

        Raises:
            PluginError: it has no hook, a hook that does not exist, or a taken name.
        """
        label = name or getattr(plugin, "__name__", type(plugin).__name__)
        if label in self._plugins and not self._plugins[label].failure:
            raise PluginError(
                f"a plugin named {label!r} is registered already; give another name"
            )
        self._add(plugin, Plugin(label, label, version))

    def unregister(self, name: str) -> None:
        """Take a plugin out again."""
        if self._plugins.pop(name, None) is None:
            raise PluginError(f"no plugin {name!r}.{did_you_mean(name, self._plugins)}")
        self._manager.unregister(name=name)
        self._entries = None

    def _add(self, plugin: object, info: Plugin) -> None:
        known = [n for n in vars(hooks) if n.startswith("register_")]
        public = [n for n in dir(plugin) if n.startswith("register_")]
        marked = [n for n in dir(plugin) if _is_hookimpl(plugin, n)]
        for hook in marked:
            if hook not in known:
                raise PluginError(
                    f"plugin {info.name!r} ({info.distribution}) implements {hook!r}, "
                    f"which is no hook.{did_you_mean(hook, known)}"
                )
        if not marked:
            hint = (
                f"; {public[0]} lacks its @hookimpl" if public else
                "; write @hookimpl before a function named like a hook"
            )  # fmt: skip
            raise PluginError(f"plugin {info.name!r} implements no hook{hint}")
        try:
            self._manager.register(plugin, name=info.name)
            self._manager.check_pending()
        except (pluggy.PluginValidationError, ValueError) as error:
            if self._manager.has_plugin(info.name):
                self._manager.unregister(name=info.name)
            raise PluginError(f"plugin {info.name!r}: {error}") from error
        self._plugins[info.name] = info
        self._entries = None

    def load(self) -> None:
        """Load the built-in plugins and the entry points, once."""
        if self._loaded:
            return
        self._loaded = True
        version = _version_of("chainrule")
        for module in DEFAULT_PLUGINS:
            if module not in self._blocked and not self._manager.has_plugin(module):
                info = Plugin(module, "chainrule", version)
                self._add(importlib.import_module(module), info)
        allowed = os.environ.get("CHAINRULE_PLUGINS")
        chosen = None if allowed is None else {n for n in allowed.split(",") if n}
        for point in sorted(
            importlib.metadata.entry_points(group=GROUP),
            key=lambda p: (p.name, p.value),
        ):
            self._load_entry_point(point, chosen)

    def _load_entry_point(
        self, point: importlib.metadata.EntryPoint, chosen: set[str] | None
    ) -> None:
        distribution = point.dist.name if point.dist else "?"
        version = point.dist.version if point.dist else ""
        if point.name in self._blocked or (
            chosen is not None and point.name not in chosen
        ):
            reason = "blocked"
            self._quarantine(Plugin(point.name, distribution, version, reason))
            return
        if point.name in self._plugins:
            other = self._plugins[point.name].distribution
            reason = f"its name is taken by a plugin of {other}"
            label = f"{point.name} ({distribution})"
            self._quarantine(Plugin(label, distribution, version, reason))
            return
        info = Plugin(point.name, distribution, version)
        try:
            self._add(point.load(), info)
        except Exception as error:  # a broken plugin must not stop the host
            reason = f"{type(error).__name__}: {error}"
            self._quarantine(Plugin(point.name, distribution, version, reason))

    def _quarantine(self, plugin: Plugin) -> None:
        self._plugins[plugin.name] = plugin

    # -- what is there ----------------------------------------------------------

    def plugins(self) -> list[Plugin]:
        """List all plugins, the ones put aside with their reason."""
        self.load()
        self._collect()
        return list(self._plugins.values())

    def names(self, kind: str) -> dict[str, list[Entry]]:
        """Return folded name → entries of a kind; more than one is a collision.

        Raises:
            UnknownNameError: there is no such kind.
        """
        if kind not in KINDS:
            raise unknown_name("kind of component", kind, KINDS)
        self.load()
        return self._collect()[kind]

    def entries(self, kind: str) -> list[Entry]:
        """List the entries of one kind, in the order of registration."""
        return [entry for found in self.names(kind).values() for entry in found]

    def kernels(self, backend: str) -> dict[type, Any]:
        """Return the kernels that plugins add to a backend."""
        self.load()
        table: dict[type, Any] = {}
        for info, table_of in self._call("register_kernels"):
            if not isinstance(table_of, Mapping):
                self._fail(info, "register_kernels must return a mapping")
                continue
            table.update(table_of.get(backend, {}))
        return table

    def find(self, kind: str, name: str) -> Entry:
        """Return the entry of a name, in any spelling of case and underscores.

        Raises:
            UnknownNameError: nothing has that name; suggests near ones.
            PluginError: two distributions claim the name.
        """
        names = self.names(kind)
        found = names.get(fold(name))
        if not found:
            known = [entry.name for entries in names.values() for entry in entries]
            raise unknown_name(_singular(kind), name, known)
        overriding = [e for e in found if getattr(e.target, "overrides", False)]
        if len(found) == 1:
            return found[0]
        if len(overriding) == 1:
            return overriding[0]
        claims = " and ".join(f"{e.distribution} ({e.module})" for e in found)
        raise PluginError(
            f"{_singular(kind)} {name!r} is claimed by {claims}; block one of the "
            "plugins, or let one say `overrides = True`"
        )

    def resolve(self, kind: str, value: Any) -> Any:
        """Turn a name, a config, a class or an object into a component of a kind.

        Raises:
            UnknownNameError: no component has that name.
            HyperparameterError: it is not a component of this kind.
        """
        base = KINDS[kind]
        if base is not None and isinstance(value, base):
            return value
        if isinstance(value, str):
            entry = self.find(kind, value)
            return entry.target() if isinstance(entry.target, type) else entry.target
        if isinstance(value, type) and base is not None and issubclass(value, base):
            return value()
        if isinstance(value, Mapping):
            if not isinstance(value.get("type"), str):
                raise HyperparameterError(
                    f"a config of {_singular(kind)} needs its name: type = \"…\""
                )
            return spec.from_config(self.find(kind, value["type"]).target, value)
        adapt = getattr(base, "adapt", None)
        made = adapt(value) if adapt else None
        if made is None:
            raise HyperparameterError(
                f"{value!r} is no {_singular(kind)}: give a name such as "
                f"{next(iter(self.catalog(kind)), '…')!r}, or an object"
            )
        return made

    def catalog(self, kind: str) -> Catalog:
        """Return the mapping of names to components of one kind."""
        return Catalog(self, kind)

    # -- calling hooks ----------------------------------------------------------

    def _call(self, hook: str) -> Iterator[tuple[Plugin, Any]]:
        """Call a hook plugin by plugin, in the order of registration."""
        caller = getattr(self._manager.hook, hook)
        for implementation in caller.get_hookimpls():
            info = self._plugins[implementation.plugin_name]
            try:
                result = implementation.function()
            except Exception as error:  # as above: a plugin's fault stays its own
                self._fail(info, f"{hook}: {type(error).__name__}: {error}")
                continue
            if result is not None:
                yield info, result

    def _fail(self, info: Plugin, reason: str) -> None:
        if info.distribution == "chainrule":
            raise PluginError(f"built-in plugin {info.name!r}: {reason}")
        self._plugins[info.name] = Plugin(
            info.name, info.distribution, info.version, reason
        )

    def _collect(self) -> dict[str, dict[str, list[Entry]]]:
        if self._entries is not None:
            return self._entries
        collected: dict[str, dict[str, list[Entry]]] = {kind: {} for kind in KINDS}
        for kind, base in KINDS.items():
            for info, targets in self._call(f"register_{kind}"):
                for target in targets:
                    reason = _unfit(target, base, kind)
                    if reason:
                        self._fail(info, reason)
                        continue
                    name = _name_of(target)
                    entry = Entry(
                        kind, name, target, info.name, info.distribution, info.version
                    )
                    collected[kind].setdefault(fold(name), []).append(entry)
        self._entries = collected
        return collected


def fold(name: str) -> str:
    """Return a name without case and underscores: how names are compared."""
    return name.replace("_", "").replace("-", "").lower()


def _is_hookimpl(plugin: object, name: str) -> bool:
    member = inspect.getattr_static(plugin, name, None)
    return hasattr(member, f"{hooks.PROJECT}_impl")


def _name_of(target: Any) -> str:
    name = getattr(target, "type_name", None) or getattr(target, "name", None)
    return str(name or target.__name__)


def _unfit(target: Any, base: type | None, kind: str) -> str:
    if base is None:
        return "" if callable(target) else f"register_{kind}: {target!r} is no function"
    if not (isinstance(target, type) and issubclass(target, base)):
        return f"register_{kind}: {target!r} is no subclass of {base.__name__}"
    if inspect.isabstract(target):
        missing = ", ".join(sorted(target.__abstractmethods__))
        return f"register_{kind}: {target.__name__} lacks {missing}"
    return ""


def _singular(kind: str) -> str:
    return kind[:-2] if kind == "losses" else kind.removesuffix("s")


def _version_of(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


registry = Registry()
"""The registry that ``cr.layers``, ``cr.activations`` … look things up in."""

spec.set_resolver(registry.resolve)
