"""The index: registered components, found by kind and name."""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.errors import PluginError, UnknownNameError, unknown_name
from chainrule.habits import advice
from chainrule.registry.entry import Entry
from chainrule.registry.kinds import KINDS, singular
from chainrule.registry.plugin import Plugin


class Index:
    """All registered components, by kind and by name in any spelling; immutable.

    Attributes:
        plugins: the plugins whose components it lists.
    """

    def __init__(self, plugins: Mapping[str, Plugin]) -> None:
        self.plugins = plugins
        self._entries: dict[str, list[Entry]] = {kind: [] for kind in KINDS}
        self._named: dict[tuple[str, str], list[Entry]] = {}
        for plugin in plugins.values():
            for entry in plugin.entries:
                self._entries[entry.kind].append(entry)
                for name in {fold(name) for name in entry.names}:
                    self._named.setdefault((entry.kind, name), []).append(entry)

    def entries(self, kind: str) -> list[Entry]:
        """List the entries of one kind, in the order of registration.

        Raises:
            UnknownNameError: there is no such kind.
        """
        if kind not in self._entries:
            raise unknown_name("kind of component", kind, KINDS)
        return list(self._entries[kind])

    def has(self, kind: str, name: str) -> bool:
        """Return whether something of this kind has that name."""
        return (kind, fold(name)) in self._named

    def find(self, kind: str, name: str) -> Entry:
        """Return the entry of a name, in any spelling of case and underscores.

        Raises:
            UnknownNameError: nothing has that name; suggests near ones.
            PluginError: two plugins claim the name, and not exactly one overrides.
        """
        entries = self.entries(kind)
        found = self._named.get((kind, fold(name)), [])
        if len(found) == 1:
            return found[0]
        if not found:
            raise self._unknown(kind, name, entries)
        overriding = [entry for entry in found if entry.overrides]
        if len(overriding) == 1:
            return overriding[0]
        claims = " and ".join(f"{e.distribution} ({e.module})" for e in found)
        raise PluginError(
            f"{singular(kind)} {name!r} is claimed by {claims}; block one of the "
            "plugins, or let one class declare `overrides = True`"
        )

    def _unknown(self, kind: str, name: str, entries: list[Entry]) -> UnknownNameError:
        """Build the error for a name that nothing has, with what may be meant."""
        meant = " or ".join(
            f"{_like(entry, name)!r} ({entry.summary.rstrip('.')})"
            for entry in entries
            if fold(name) in map(fold, entry.foreign_names)
        )
        if meant:
            text = f"no {singular(kind)} named {name!r}. Did you mean {meant}?"
            return UnknownNameError(text)
        if write := advice(name, kind):
            return UnknownNameError(f"no {singular(kind)} named {name!r}: {write}")
        known = [_like(entry, name) for entry in entries]
        error = unknown_name(singular(kind), name, known)
        others = [f"cr.{other}" for other in KINDS if self.has(other, name)]
        hint = f" It is in {' and in '.join(others)}." if others else ""
        return UnknownNameError(f"{error}{hint}{self._broken()}")

    def _broken(self) -> str:
        """Name the broken plugins, one of which may define the name."""
        broken = [p for p in self.plugins.values() if p.state == "broken"]
        if not broken:
            return ""
        reasons = "; ".join(f"{p.name}: {p.reason}" for p in broken)
        return f" (Plugins that could not be used: {reasons})"


def fold(name: str) -> str:
    """Return a name without case and underscores: how names are compared."""
    return name.replace("_", "").replace("-", "").lower()


def _like(entry: Entry, name: str) -> str:
    """Return the name of an entry, as a class where `name` looks like one."""
    return entry.python_name if name[:1].isupper() else entry.name
