"""Selecting parameters of a model, by path, pattern or layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chainrule.errors import GraphError, UnknownNameError, did_you_mean
from chainrule.node import Parameter
from chainrule.scopes import meant


def selected(
    parameters: Mapping[str, Parameter], what: Sequence[Any]
) -> list[Parameter]:
    """Return the parameters that names, patterns, layers and parameters mean.

    Args:
        parameters: all parameters by path.
        what: paths or names of layers, or patterns of both, with ``*`` and ``?``;
            layers or models; parameters. Nothing means everything.

    Raises:
        UnknownNameError: a name or pattern fits no parameter.
        GraphError: something else, or something without parameters in this model.
    """
    if not what:
        return list(parameters.values())
    return [parameter for one in what for parameter in _selected(parameters, one)]


def _around(path: str) -> list[str]:
    """Return a path, and the names and paths of what is around its end."""
    parts = path.split("/")
    return ["/".join(parts[: i + 1]) for i in range(len(parts))]


def _selected(parameters: Mapping[str, Parameter], one: Any) -> list[Parameter]:
    if isinstance(one, str):
        around = {path: _around(path) for path, _ in parameters.items()}
        fits = meant(one, {name for names in around.values() for name in names})
        found = [parameters[path] for path in around if any(map(fits, around[path]))]
        if not found:
            known = {path.split("/")[0] for path in parameters} | set(parameters)
            raise UnknownNameError(
                f"no parameter or layer with parameters is called {one!r}."
                f"{did_you_mean(one, known)}"
            )
        return found
    if isinstance(one, Parameter):
        owned = [one]
    elif hasattr(one, "owned_parameters"):
        owned = [owned.node for _, owned in one.owned_parameters()]
    else:
        raise GraphError(
            f"what to freeze must be a path, a layer or a parameter, got {one!r}"
        )
    found = [p for p in owned if p in parameters.values()]
    if not found:
        raise GraphError(f"{one!r} has no parameter in this model")
    return found
