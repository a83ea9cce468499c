"""Recorded origins: whose components a saved model was computed with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias

from chainrule.registry.entry import fold


@dataclass(frozen=True)
class Recorded:
    """A component as a file names it, and where it came from.

    Attributes:
        kind: such as ``"activations"``.
        name: the name in the file.
        distribution: the package that brought it; empty if it was in none.
        version: the version of that package.
    """

    kind: str
    name: str
    distribution: str
    version: str

    @property
    def origin(self) -> str:
        """Where it came from."""
        return f"{self.distribution} {self.version}"

    @property
    def requirement(self) -> str:
        """What to install."""
        return f"{self.distribution}=={self.version}"


Origins = Mapping[tuple[str, str], Recorded]
StandIn: TypeAlias = Callable[[Recorded, Mapping[str, Any]], Any]
"""Returns what stands for a missing component with a config; None: nothing can."""

_origins: ContextVar[Origins | None] = ContextVar("origins", default=None)
_stand_in: ContextVar[StandIn | None] = ContextVar("stand_in", default=None)


@contextmanager
def recorded(components: Iterable[Recorded]) -> Iterator[None]:
    """Let names mean in the block what they meant to the file that has them.

    A name that is not among the components is that of a built-in one.
    """
    token = _origins.set({(each.kind, fold(each.name)): each for each in components})
    try:
        yield
    finally:
        _origins.reset(token)


@contextmanager
def standing_in(stand_in: StandIn) -> Iterator[None]:
    """Let something stand in the block for recorded components that are missing."""
    token = _stand_in.set(stand_in)
    try:
        yield
    finally:
        _stand_in.reset(token)


def in_place_of(kind: str, config: Mapping[str, Any]) -> Any:
    """Return what stands for a component that nothing registered; None: nothing."""
    stand_in, found = _stand_in.get(), record_of(kind, str(config.get("type")))
    return stand_in(found, config) if stand_in and found else None


def record_of(kind: str, name: str) -> Recorded | None:
    """Return what the file that is read records of a component that it names."""
    return (_origins.get() or {}).get((kind, fold(name)))


def qualified(kind: str, name: str) -> str | None:
    """Return the full name of what a file means by a name; None: it does not say."""
    origins = _origins.get()
    if origins is None or ":" in name:
        return None
    found = origins.get((kind, fold(name)))
    if found is None:
        return f"chainrule:{name}"
    return f"{found.distribution}:{name}" if found.distribution else None


def version_of(kind: str, name: str) -> str:
    """Return the version of the distribution that brought what a file names."""
    found = record_of(kind, name)
    return found.version if found else ""
