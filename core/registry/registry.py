"""The registry, where everything meets: registered components, found by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from chainrule.component import Component
from chainrule.errors import HyperparameterError, PluginError, shown, with_article
from chainrule.registry.entry import Entry
from chainrule.registry.index import Index, fold
from chainrule.registry.kinds import KINDS, singular
from chainrule.registry.manager import PluginManager
from chainrule.registry.plugin import Plugin

_also: ContextVar[tuple[tuple[str, type], ...]] = ContextVar("also", default=())


class Registry:
    """Every registered component, by kind and name.

    Attributes:
        plugins: all plugins, loaded on the first look-up.
    """

    def __init__(self) -> None:
        self.plugins = PluginManager()
        self._index = Index({})

    def _indexed(self) -> Index:
        """Return the index of the plugins that there are now."""
        plugins, index = self.plugins.load(), self._index
        if index.plugins is not plugins:
            index = self._index = Index(plugins)
        return index

    def entries(self, kind: str) -> list[Entry]:
        """List the entries of one kind, in the order of registration.

        Raises:
            UnknownNameError: there is no such kind.
        """
        return self._indexed().entries(kind)

    def names(self, kind: str) -> list[str]:
        """List the names of one kind, in the order of registration.

        Raises:
            UnknownNameError: there is no such kind.
        """
        return list(dict.fromkeys(entry.name for entry in self.entries(kind)))

    def has(self, kind: str, name: str) -> bool:
        """Return whether something of this kind has that name."""
        return bool(self._custom(kind, name)) or self._indexed().has(kind, name)

    def find(self, kind: str, name: str) -> Entry:
        """Return the entry of a name, in any spelling of case and underscores.

        Raises:
            UnknownNameError: nothing has that name; suggests near ones.
            PluginError: two plugins claim the name, and not exactly one overrides.
        """
        return self._custom(kind, name) or self._indexed().find(kind, name)

    @contextmanager
    def also(self, custom: Sequence[tuple[str, type]]) -> Iterator[None]:
        """Find these classes by these names too in the block, and before others."""
        token = _also.set((*custom, *_also.get()))
        try:
            yield
        finally:
            _also.reset(token)

    def _custom(self, kind: str, name: str) -> Entry | None:
        base = KINDS.get(kind)
        for given, target in _also.get():
            if base and fold(given) == fold(name) and issubclass(target, base):
                return Entry(kind, given, target, "custom", "custom", "")
        return None

    def resolve(self, kind: str, value: Any) -> Any:
        """Return the component of a kind that a name, config, class or object means.

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
                    f'a config of {singular(kind)} needs its name: type = "…"'
                )
            return self.find(kind, value["type"]).target.from_config(value)
        adapt = getattr(base, "adapt", None)
        made = adapt(value) if adapt and not isinstance(value, type) else None
        if made is None:
            raise HyperparameterError(
                f"{shown(value)} is not {with_article(singular(kind))}: "
                f"{self._fitting(kind, value)}"
            )
        return made

    def _fitting(self, kind: str, value: Any) -> str:
        """Say what to give instead of something of another kind."""
        name = str(getattr(value, "type_name", getattr(value, "__name__", "")))
        kin = ("layers", "activations") if kind == "layers" else (kind,)
        for other in kin:
            if self.has(other, name):
                return f"write cr.{other}.{self.find(other, name).name}"
        own = getattr(type(value), "kind", "")
        if own in KINDS and own != kind:
            return f"it is {with_article(singular(own))}, so give it as {own}"
        first = next(iter(self.names(kind)), "…")
        return f"give a name such as {first!r}, or an object"

    def kernels(self, backend: str) -> dict[type, Any]:
        """Return the kernels that plugins add to a backend, by op class.

        Raises:
            PluginError: a plugin returns something else than a mapping, or two
                plugins add a kernel for the same op.
        """
        table: dict[type, Any] = {}
        source: dict[type, str] = {}
        for plugin in self.plugins:
            for op, kernel in _kernels_of(plugin, backend).items():
                if op in table:
                    raise PluginError(
                        f"a kernel of backend {backend!r} for {op.__name__} comes from "
                        f"{source[op]} and from {plugin.distribution}; block one of "
                        "the plugins"
                    )
                table[op], source[op] = kernel, plugin.distribution
        return table


def _kernels_of(plugin: Plugin, backend: str) -> Mapping[type, Any]:
    if plugin.kernels is None:
        return {}
    result = plugin.kernels()
    if not isinstance(result, Mapping):
        raise PluginError(
            f"plugin {plugin.name!r}: register_kernels must return a mapping from "
            f"backend name to kernels, got {result!r}"
        )
    kernels: Mapping[type, Any] = result.get(backend, {})
    return kernels


registry = Registry()
"""The registry that ``cr.layers``, ``cr.activations`` … look things up in."""
