"""Where the components in a picture come from, if they are not built in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chainrule.component import Component
from chainrule.model.provenance import origin_of
from chainrule.node import Node
from chainrule.ops import Op


def origins_in(nodes: Iterable[Node]) -> Mapping[str, tuple[str, ...]]:
    """Return distribution and version → the names of its components in some nodes.

    Those are the modules and losses in whose scopes the nodes are, and ops.
    """
    met: dict[Any, None] = {}
    for node in nodes:
        met.update((type(part.component), None) for part in node.scope)
        met.setdefault(type(node.op))
    found: dict[str, dict[str, None]] = {}
    for cls in met:
        if issubclass(cls, (Component, Op)) and (origin := origin_of(cls)):
            found.setdefault(origin, {}).setdefault(cls.type_name)
    return {origin: tuple(names) for origin, names in found.items()}


def written(origins: Mapping[str, Iterable[str]]) -> str:
    """Write what `origins_in` returned: ``wavy, cube: chainrule-x 1.0``."""
    return "; ".join(f"{', '.join(each)}: {where}" for where, each in origins.items())
