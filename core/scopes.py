"""Scopes: the named parts of a graph, such as its layers, in which nodes are made."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fnmatch import fnmatchcase

from chainrule.annotations import Name
from chainrule.arguments import checked


class Scope:
    """A named part of a graph, such as one layer; scopes nest.

    Attributes:
        label: what kind of part it is, as in ``dense``.
        name: its own name, as in ``dense_1``; None until a graph or a model numbers it.
        component: the layer or activation that opened it.
    """

    __slots__ = ("component", "label", "name")

    def __init__(
        self, label: str, name: str | None = None, component: object = None
    ) -> None:
        self.label = label
        self.name = name
        self.component = component

    @property
    def title(self) -> str:
        """Its name, or its label while it has none: what messages call it."""
        return self.name or self.label

    def __repr__(self) -> str:
        return f"Scope({self.title!r})"


_current_scope: ContextVar[tuple[Scope, ...]] = ContextVar("scope", default=())


current_scope: Callable[[], tuple[Scope, ...]] = _current_scope.get
"""Returns the scope path of nodes that are made now."""


@contextmanager
def inside(path: tuple[Scope, ...]) -> Iterator[None]:
    """Put the nodes made in the block into the scopes of a path instead."""
    token = _current_scope.set(path)
    try:
        yield
    finally:
        _current_scope.reset(token)


@checked
@contextmanager
def scope(inner: Scope | Name) -> Iterator[None]:
    """Put the nodes made in the block into a scope inside the current one."""
    if isinstance(inner, str):
        inner = Scope(inner, inner)
    with inside((*_current_scope.get(), inner)):
        yield


@contextmanager
def scope_of_new_nodes() -> Iterator[Callable[[tuple[Scope, ...]], object]]:
    """Yield a function that sets the scope path of nodes made from then on.

    So autodiff puts each derivative beside the node it belongs to.
    """
    token = _current_scope.set(())
    try:
        yield _current_scope.set
    finally:
        _current_scope.reset(token)


def meant(pattern: str, names: Collection[str]) -> Callable[[str], bool]:
    """Return whether a name is one of those that a pattern means.

    Args:
        pattern: one of the names, which means itself alone; or a pattern, in which
            ``*`` is any text and ``?`` any character.
        names: all names that there are.
    """
    if pattern in names:
        return pattern.__eq__
    escaped = pattern.replace("[", "[[]")
    return lambda name: fnmatchcase(name, escaped)
