"""Recorded origins: whose components a saved model was computed with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

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
    def requirement(self) -> str:
        """What to install."""
        return f"{self.distribution}=={self.version}"


Origins = Mapping[tuple[str, str], Recorded]

_origins: ContextVar[Origins | None] = ContextVar("origins", default=None)


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
    found = (_origins.get() or {}).get((kind, fold(name)))
    return found.version if found else ""
