"""Scopes: the named parts of a graph, such as its layers, in which nodes are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Scope:
    """A named part of a graph, such as one layer; scopes nest.

    `label` is what kind of part it is (``dense``); `name` is its own name
    (``dense_1``), or None until a graph or a model numbers it. `component` is the
    layer or activation that opened it.
    """

    __slots__ = ("component", "label", "name")

    def __init__(
        self, label: str, name: str | None = None, component: object = None
    ) -> None:
        self.label = label
        self.name = name
        self.component = component

    def __repr__(self) -> str:
        return f"Scope({self.name or self.label!r})"


_current_scope: ContextVar[tuple[Scope, ...]] = ContextVar("scope", default=())


def current_scope() -> tuple[Scope, ...]:
    """Return the scope path that a node made now would get."""
    return _current_scope.get()


@contextmanager
def scope(inner: Scope | str | tuple[Scope, ...]) -> Iterator[None]:
    """Put the nodes made in the block into a scope inside the current one.

    A tuple of scopes replaces the current path instead (autodiff does that to put
    each derivative beside the node it belongs to).
    """
    if isinstance(inner, str):
        inner = Scope(inner, inner)
    path = inner if isinstance(inner, tuple) else (*_current_scope.get(), inner)
    token = _current_scope.set(path)
    try:
        yield
    finally:
        _current_scope.reset(token)


@contextmanager
def scope_of_new_nodes() -> Iterator[Callable[[tuple[Scope, ...]], object]]:
    """Yield a function that sets the scope path of the nodes made next in the block."""
    token = _current_scope.set(())
    try:
        yield _current_scope.set
    finally:
        _current_scope.reset(token)
