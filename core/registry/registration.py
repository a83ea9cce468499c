"""Registering classes of one's own, so that they are found by name."""

from __future__ import annotations

from typing import TypeVar

from chainrule.arguments import checked
from chainrule.component import Component
from chainrule.errors import PluginError, shown
from chainrule.ops import Op
from chainrule.registry.entry import Entry, registered_name
from chainrule.registry.kinds import check_target, singular
from chainrule.registry.plugin import Plugin
from chainrule.registry.registry import registry

Target = TypeVar("Target", bound=type)


@checked
def register(target: Target) -> Target:
    """Register a component or an op of one's own, and return it.

    ::

        @cr.register
        class Snake(cr.Activation):
            \"\"\"y = x + sin² x.\"\"\"
            def apply(self, x):
                return x + cr.ops.square(cr.ops.sin(x))

    ``activation="snake"`` and ``cr.activations.Snake`` then find it, and so does
    `chainrule.load`. A class of the same qualified name replaces an earlier one, so a
    cell of a notebook can be run again.

    Raises:
        PluginError: not a class that can be registered, an abstract one, or one whose
            name belongs to another.
    """
    kind = ""
    if isinstance(target, type) and issubclass(target, (Component, Op)):
        kind = "ops" if issubclass(target, Op) else target.kind
    if not kind:
        raise PluginError(
            f"register takes a subclass of cr.Layer, cr.Activation … or cr.Op, got "
            f"{shown(target)}"
        )
    check_target(target, kind)
    label = f"{target.__module__}.{target.__qualname__}"
    entry = Entry(kind, registered_name(target), target, label, label, "")
    for name in sorted(entry.names):
        if registry.has(kind, name) and not entry.overrides:
            other = registry.find(kind, name)
            if other.plugin != label:
                raise PluginError(
                    f"{singular(kind)} {name!r} is {other.target.__qualname__} of "
                    f"{other.distribution}: give {target.__qualname__} another "
                    'name, with type_name = "…" in the class'
                )
    module = target.__module__
    registry.plugins.replace(Plugin(label, label, "", module, entries=(entry,)))
    return target
