"""Components made again from their configuration."""

from __future__ import annotations

from typing import TypeVar

from chainrule.component import Component
from chainrule.model.foreign import classes_in
from chainrule.registry import registry

C = TypeVar("C", bound=Component)


def again(component: C) -> C:
    """Return a component like another, made from its configuration.

    The classes that it is made of need not be registered.
    """
    custom = [(cls.type_name, cls) for cls in classes_in(component)]
    with registry.also(custom):
        return type(component).from_config(component.to_config())
