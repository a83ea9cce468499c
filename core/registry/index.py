"""The index: registered components, found by kind and name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chainrule.errors import PluginError, UnknownNameError, unknown_name
from chainrule.habits import advice
from chainrule.ops import Op
from chainrule.registry.collision import Claimant, Collision
from chainrule.registry.entry import Entry, fold
from chainrule.registry.kernels import KernelEntry, choose, homeless
from chainrule.registry.kinds import KINDS, singular
from chainrule.registry.plugin import Plugin

_HOMES = {
    "figures": "cr.plot", "renderers": "cr", "backends": "the names of backends",
    "commands": "the commands of the command line",
}  # fmt: skip
"""Where the components of a kind are found that has no catalog of its name."""


class Index:
    """All registered components, by kind and by name in any spelling; immutable.

    Attributes:
        plugins: the plugins whose components it lists.
        collisions: the names that several components claim.
        remarks: what is odd about plugins, and can be seen only when all are known.
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
        every = [kernel for plugin in plugins.values() for kernel in plugin.kernels]
        backends = [entry.name for entry in self._entries["backends"]]
        self.remarks = tuple(homeless(every, backends))
        self._kernels, lost = self._chosen(every)
        self.collisions = (*self._collisions(), *lost)

    def _collisions(self) -> list[Collision]:
        """List the names that several components claim, each group once."""
        found: dict[tuple[Any, ...], Collision] = {}
        for (kind, name), entries in self._named.items():
            if len(entries) > 1:
                winner = _preferred(entries)
                spelt = [e.name for e in entries] + sorted(entries[0].names)
                shown = next(each for each in spelt if fold(each) == name)
                collision = Collision.of(singular(kind), shown, winner, entries)
                found.setdefault((kind, winner and winner.target, *entries), collision)
        return list(found.values())

    def _chosen(
        self, every: Sequence[KernelEntry]
    ) -> tuple[dict[str, frozenset[KernelEntry]], list[Collision]]:
        """Return the kernels that are used, and those that several plugins give."""
        claims: dict[tuple[str, type[Op]], list[KernelEntry]] = {}
        for kernel in every:
            claims.setdefault((kernel.backend, kernel.op), []).append(kernel)
        homes = {entry.name: entry for entry in self._entries["backends"]}
        used: dict[str, set[KernelEntry]] = {}
        lost = []
        for (name, op), given in claims.items():
            home = homes.get(name)
            own = home if home and op in home.target.kernels else None
            winner = choose(own is not None, given)
            if winner is not None:
                used.setdefault(name, set()).add(winner)
            if own or len(given) > 1:
                every_claim: list[Claimant] = [*([own] if own else []), *given]
                lost.append(
                    Collision.of("kernel", given[0].name, winner or own, every_claim)
                )
        return {name: frozenset(kernels) for name, kernels in used.items()}, lost

    def kernels(self, backend: str) -> frozenset[KernelEntry]:
        """Return the kernels that plugins add to a backend, and that are used."""
        return self._kernels.get(backend, frozenset())

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
        return bool(self._found(kind, name))

    def find(self, kind: str, name: str) -> Entry:
        """Return the entry of a name, in any spelling of case and underscores.

        ``"chainrule-snake:snake"`` is the one of that distribution.

        Raises:
            UnknownNameError: nothing has that name; suggests near ones.
            PluginError: plugins claim the name, none of which is built in, and not
                exactly one overrides.
        """
        entries = self.entries(kind)
        found = self._found(kind, name)
        if not found:
            raise self._unknown(kind, name, entries)
        preferred = _preferred(found)
        if preferred is None:
            claims = " and ".join(f"{e.distribution} ({e.module})" for e in found)
            raise PluginError(
                f"{singular(kind)} {name!r} is claimed by {claims}; write "
                f"{' or '.join(repr(e.qualified_name) for e in found)}, block one of "
                "the plugins, or let one class declare `overrides = True`"
            )
        return preferred

    def _found(self, kind: str, name: str) -> list[Entry]:
        """List the entries of a name, which may be qualified."""
        origin, colon, short = name.partition(":")
        if not colon:
            return self._named.get((kind, fold(name)), [])
        named = self._named.get((kind, fold(short)), [])
        wanted = fold(origin)
        return [e for e in named if wanted in (fold(e.distribution), fold(e.plugin))]

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
        if kind == "backends":  # whose classes nobody makes
            known = [*(entry.name for entry in entries), "auto"]
        error = unknown_name(singular(kind), name, known)
        others = [
            _HOMES.get(other, f"cr.{other}") for other in KINDS if self.has(other, name)
        ]
        hint = f" It is in {' and in '.join(others)}." if others else ""
        return UnknownNameError(f"{error}{hint}{self._broken()}")

    def _broken(self) -> str:
        """Name the broken plugins, one of which may define the name."""
        broken = [p for p in self.plugins.values() if p.state == "broken"]
        if not broken:
            return ""
        reasons = "; ".join(f"{p.name}: {p.reason}" for p in broken)
        return f" (Plugins that could not be used: {reasons})"


def _preferred(entries: Sequence[Entry]) -> Entry | None:
    """Return which of the entries of one name it means; None: that is not clear.

    What overrides by intent wins, if it is the only one; otherwise what is built in.
    """
    if len(entries) == 1:
        return entries[0]
    for claims in (
        [entry for entry in entries if entry.overrides],
        [entry for entry in entries if entry.built_in],
    ):
        if len(claims) == 1:
            return claims[0]
    return None


def _like(entry: Entry, name: str) -> str:
    """Return the name of an entry, as a class where `name` looks like one."""
    return entry.python_name if name[:1].isupper() else entry.name
