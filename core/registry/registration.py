"""Registering what is one's own, so that it is found by name."""

from __future__ import annotations

from typing import TypeVar

from chainrule.arguments import checked
from chainrule.errors import PluginError, shown
from chainrule.registry.entry import Entry, registered_name
from chainrule.registry.kinds import KINDS, check_target, singular
from chainrule.registry.plugin import Plugin, is_plugin, read_hooks
from chainrule.registry.registry import registry

Target = TypeVar("Target")


@checked
def register(target: Target) -> Target:
    """Register a component, an op, a backend or a whole plugin, and return it.

    ::

        @cr.register
        class Snake(cr.Activation):
            \"\"\"y = x + sin² x.\"\"\"
            def apply(self, x):
                return x + cr.ops.square(cr.ops.sin(x))

    ``activation="snake"`` and ``cr.activations.Snake`` then find it, and so does
    `chainrule.load`. A class of the same qualified name replaces an earlier one, so a
    cell of a notebook can be run again. A module, or an object of a class, whose hooks
    are marked with ``@cr.hookimpl`` is registered as a plugin, in the place of an
    earlier one of its name.

    Raises:
        PluginError: nothing that can be registered, an abstract class, or one whose
            name belongs to another.
    """
    if not isinstance(target, type) and is_plugin(target):
        label = str(getattr(target, "__name__", type(target).__name__))
        module = str(getattr(target, "__name__", type(target).__module__))
        registry.plugins.replace(read_hooks(Plugin(label, label, "", module), target))
        return target
    kind = _kind_of(target)
    if not kind:
        raise PluginError(
            "register takes a subclass of cr.Layer, cr.Activation … or cr.Op, or an "
            f"object with hooks, got {shown(target)}"
        )
    check_target(target, kind)
    assert isinstance(target, type)
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


def _kind_of(target: object) -> str:
    """Return the kind of a class, or an empty text."""
    if not isinstance(target, type):
        return ""
    bases = ((kind, base) for kind, base in KINDS.items() if base is not None)
    return next((kind for kind, base in bases if issubclass(target, base)), "")
