"""The registry, where everything meets: registered components, found by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from chainrule.component import Component
from chainrule.errors import HyperparameterError, shown, with_article
from chainrule.ops import Op
from chainrule.registry.collision import Collision
from chainrule.registry.entry import Entry, fold
from chainrule.registry.index import Index
from chainrule.registry.kernels import KernelEntry
from chainrule.registry.kinds import KINDS, singular
from chainrule.registry.loading import DEFERRED
from chainrule.registry.manager import PluginManager
from chainrule.registry.recorded import in_place_of, qualified, version_of
from chainrule.registry.strictness import check_strictly, is_strict

_also: ContextVar[tuple[tuple[str, type], ...]] = ContextVar("also", default=())


class Registry:
    """Every registered component, by kind and name.

    Attributes:
        plugins: all plugins, loaded on the first look-up.
    """

    def __init__(self) -> None:
        self.plugins = PluginManager()
        self._index = Index({})

    def _indexed(self, *kinds: str) -> Index:
        """Return the index of the plugins that there are now.

        Of deferred plugins it has those that bring one of these kinds.
        """
        if is_strict():
            kinds = tuple(DEFERRED.values())
        plugins, index = self.plugins.load_for(*kinds), self._index
        if index.plugins is not plugins:
            index = Index(plugins)
            if not self.plugins.is_loading:
                check_strictly(plugins.values(), index.collisions)
            self._index = index
        return index

    def entries(self, kind: str) -> list[Entry]:
        """List the entries of one kind, in the order of registration.

        Raises:
            UnknownNameError: there is no such kind.
        """
        return self._indexed(kind).entries(kind)

    def names(self, kind: str) -> list[str]:
        """List the names of one kind, in the order of registration.

        Raises:
            UnknownNameError: there is no such kind.
        """
        return list(dict.fromkeys(entry.name for entry in self.entries(kind)))

    def has(self, kind: str, name: str) -> bool:
        """Return whether something of this kind has that name."""
        return bool(self._custom(kind, name)) or self._indexed(kind).has(kind, name)

    def find(self, kind: str, name: str) -> Entry:
        """Return the entry of a name, in any spelling of case and underscores.

        Raises:
            UnknownNameError: nothing has that name; suggests near ones.
            PluginError: plugins claim the name, none of which is built in, and not
                exactly one overrides.
        """
        index = self._indexed(kind)
        full = qualified(kind, name)
        meant = full if full and index.has(kind, full) else name
        if not index.has(kind, meant):
            index = self._indexed(kind, *DEFERRED.values())  # for what may be meant
        return self._custom(kind, name) or index.find(kind, meant)

    def entry_of(self, target: type) -> Entry | None:
        """Return the entry of a class of components or ops; None if it has none."""
        kind = "ops" if issubclass(target, Op) else getattr(target, "kind", "")
        entries = self.entries(kind) if kind in KINDS else []
        return next((entry for entry in entries if entry.target is target), None)

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
        if isinstance(value, (str, Mapping)):
            config = {"type": value} if isinstance(value, str) else value
            stand_in = self._stand_in(kind, config)
            if stand_in is not None:
                return stand_in
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
            target = self.find(kind, value["type"]).target
            version = version_of(kind, value["type"])
            return target.from_config(
                target.migrate(value, version) if version else value
            )
        convert = getattr(base, "from_function", None)
        made = convert(value) if convert and not isinstance(value, type) else None
        if made is None:
            raise HyperparameterError(
                f"{shown(value)} is not {with_article(singular(kind))}: "
                f"{self._fitting(kind, value)}"
            )
        return made

    def _stand_in(self, kind: str, config: Mapping[str, Any]) -> Any:
        """Return what stands for a component that the file being read names."""
        name = config.get("type")
        if not isinstance(name, str) or self.has(kind, name):
            return None
        return in_place_of(kind, config)

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

    def kernels(self, backend: str) -> dict[type[Op], Any]:
        """Return the kernels that plugins add to a backend, by op class.

        They come before the backend's own ones: a plugin that has not said that it
        overrides is left out where the backend has a kernel.
        """
        return {each.op: each.kernel for each in self.used_kernels(backend)}

    def used_kernels(self, backend: str) -> frozenset[KernelEntry]:
        """Return the same with their origins: what a compiled program depends on."""
        return self._indexed().kernels(backend)

    @property
    def collisions(self) -> tuple[Collision, ...]:
        """The names that several components claim."""
        return self._indexed(*DEFERRED.values()).collisions

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is odd about plugins that are in use."""
        own = (f"{p.name}: {r}" for p in self.plugins for r in p.remarks)
        return (*own, *self._indexed(*DEFERRED.values()).remarks)


registry = Registry()
"""The registry that ``cr.layers``, ``cr.activations`` … look things up in."""
