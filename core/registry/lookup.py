"""Where everything meets: what plugins registered, found by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from chainrule import ops
from chainrule.component import Component
from chainrule.errors import (
    HyperparameterError,
    PluginError,
    UnknownNameError,
    unknown_name,
)
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
from chainrule.registry.catalog import Catalog, Entry
from chainrule.registry.manager import Plugin, PluginManager

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
"""What can be registered by name, and its base class (None: a function)."""


class Registry(PluginManager):
    """The plugin manager that also knows what plugins registered, by name."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: dict[str, list[Entry]] = {}
        self._index: dict[str, dict[str, list[Entry]]] | None = None

    def _accept(self, plugin: Plugin) -> None:
        entries = []
        for hook, function in self.implementations(plugin.name):
            kind = hook.removeprefix("register_")
            if kind in KINDS:
                for target in _listed(function(), hook):
                    _check_fit(target, KINDS[kind], hook)
                    origin = (plugin.name, plugin.distribution, plugin.version)
                    entries.append(Entry(kind, name_of(target), target, *origin))
        self._entries[plugin.name] = entries
        self._index = None

    def _forget(self, name: str) -> None:
        self._entries.pop(name, None)
        self._index = None

    def entries(self, kind: str) -> list[Entry]:
        """List the entries of one kind, in the order of registration.

        Raises:
            UnknownNameError: there is no such kind.
        """
        if kind not in KINDS:
            raise unknown_name("kind of component", kind, KINDS)
        self.load()
        every = (entry for entries in self._entries.values() for entry in entries)
        return [entry for entry in every if entry.kind == kind]

    def find(self, kind: str, name: str) -> Entry:
        """Return the entry of a name, in any spelling of case and underscores.

        Raises:
            UnknownNameError: nothing has that name; suggests near ones.
            PluginError: two plugins claim the name, and not exactly one overrides.
        """
        found = self._named(kind).get(fold(name), [])
        if len(found) == 1:
            return found[0]
        if not found:
            known = [_like(entry, name) for entry in self.entries(kind)]
            meant = self._meant(kind, name)
            if meant:
                raise UnknownNameError(f"no {_singular(kind)} named {name!r}. {meant}")
            error = unknown_name(_singular(kind), name, known)
            others = [f"cr.{o}" for o in KINDS if fold(name) in self._named(o)]
            hint = f" It is in {' and in '.join(others)}." if others else ""
            raise type(error)(f"{error}{hint}{self._broken()}")
        overriding = [entry for entry in found if entry.overrides]
        if len(overriding) == 1:
            return overriding[0]
        claims = " and ".join(f"{e.distribution} ({e.module})" for e in found)
        raise PluginError(
            f"{_singular(kind)} {name!r} is claimed by {claims}; block one of the "
            "plugins, or let one class say `overrides = True`"
        )

    def _meant(self, kind: str, name: str) -> str:
        """Say what is called so in other frameworks, and what that computes here."""
        entries = [
            entry for entry in self.entries(kind)
            if fold(name) in map(fold, entry.foreign_names)
        ]  # fmt: skip
        told = [
            f"{_like(entry, name)!r} ({entry.summary.rstrip('.')})" for entry in entries
        ]
        return f"Did you mean {' or '.join(told)}?" if told else ""

    def has(self, kind: str, name: str) -> bool:
        """Say whether something of this kind has that name."""
        return fold(name) in self._named(kind)

    def _named(self, kind: str) -> dict[str, list[Entry]]:
        entries = self.entries(kind)
        if self._index is None:
            self._index = {}
        if kind not in self._index:
            named: dict[str, list[Entry]] = {}
            for entry in entries:
                for key in {fold(name) for name in entry.names}:
                    named.setdefault(key, []).append(entry)
            self._index[kind] = named
        return self._index[kind]

    def _broken(self) -> str:
        broken = [p for p in self.plugins() if p.state == "broken"]
        if not broken:
            return ""
        reasons = "; ".join(f"{p.name}: {p.reason}" for p in broken)
        return f" (Plugins that could not be used: {reasons})"

    def kernels(self, backend: str) -> dict[type, Any]:
        """Return the kernels that plugins add to a backend.

        Raises:
            PluginError: a plugin returns something else than a mapping, or two
                plugins add a kernel for the same op.
        """
        table: dict[type, Any] = {}
        source: dict[type, str] = {}
        for plugin in self.plugins():
            if plugin.state != "loaded":
                continue
            for hook, function in self.implementations(plugin.name):
                if hook != "register_kernels":
                    continue
                for op, kernel in _kernel_table(function(), plugin, backend).items():
                    if op in table:
                        raise PluginError(
                            f"a kernel of backend {backend!r} for {op.__name__} comes "
                            f"from {source[op]} and from {plugin.distribution}; "
                            "block one of the plugins"
                        )
                    table[op], source[op] = kernel, plugin.distribution
        return table

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
            target = self.find(kind, value).target
            return target() if isinstance(target, type) else target
        if isinstance(value, type) and issubclass(value, Component):
            value = value()
            if base is not None and isinstance(value, base):
                return value
        if isinstance(value, Mapping):
            if not isinstance(value.get("type"), str):
                raise HyperparameterError(
                    f'a config of {_singular(kind)} needs its name: type = "…"'
                )
            return self.find(kind, value["type"]).target.from_config(value)
        adapt = getattr(base, "adapt", None)
        made = adapt(value) if adapt else None
        if made is None:
            raise HyperparameterError(
                f"{value!r} is no {_singular(kind)}: {self._fitting(kind, value)}"
            )
        return made

    def _fitting(self, kind: str, value: Any) -> str:
        """Say what to give instead of something of another kind."""
        name = fold(str(getattr(value, "type_name", getattr(value, "__name__", ""))))
        kin = ("layers", "activations") if kind == "layers" else (kind,)
        for other in kin:
            if self.has(other, name):
                return f"write cr.{other}.{self.find(other, name).name}"
        first = next(iter(self.catalog(kind)), "…")
        return f"give a name such as {first!r}, or an object"

    def catalog(self, kind: str) -> Catalog:
        """Return the mapping of names to components of one kind."""
        return Catalog(self, kind)


def fold(name: str) -> str:
    """Return a name without case and underscores: how names are compared."""
    return name.replace("_", "").replace("-", "").lower()


def _like(entry: Entry, name: str) -> str:
    """Return the name of an entry, as a class where `name` looks like one."""
    if name[:1].isupper():
        return str(getattr(entry.target, "__name__", entry.name))
    return entry.name


def name_of(target: Any) -> str:
    """Return the name something is registered under."""
    name = getattr(target, "type_name", None) or getattr(target, "name", None)
    return str(name or target.__name__)


def _listed(result: Any, hook: str) -> list[Any]:
    if isinstance(result, (str, type, Mapping)) or not hasattr(result, "__iter__"):
        raise PluginError(f"{hook} must return a list, got {result!r}")
    return list(result)


def _check_fit(target: Any, base: type | None, hook: str) -> None:
    if base is None:
        if not callable(target):
            raise PluginError(f"{hook}: {target!r} is no function")
    elif not (isinstance(target, type) and issubclass(target, base)):
        raise PluginError(f"{hook}: {target!r} is no subclass of {base.__name__}")
    elif inspect.isabstract(target):
        missing = ", ".join(sorted(getattr(target, "__abstractmethods__", ())))
        raise PluginError(f"{hook}: {target.__name__} is abstract, define {missing}")


def _kernel_table(result: Any, plugin: Plugin, backend: str) -> Mapping[type, Any]:
    if not isinstance(result, Mapping):
        raise PluginError(
            f"plugin {plugin.name!r}: register_kernels must return a mapping from "
            f"backend name to kernels, got {result!r}"
        )
    table: Mapping[type, Any] = result.get(backend, {})
    return table


def _singular(kind: str) -> str:
    return kind[:-2] if kind == "losses" else kind.removesuffix("s")


registry = Registry()
"""The registry that ``cr.layers``, ``cr.activations`` … look things up in."""
