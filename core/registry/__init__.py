"""The registry: components that plugins register, found by name."""

from chainrule.registry.kinds import KINDS
from chainrule.registry.registry import Registry, registry

__all__ = ["KINDS", "Registry", "registry"]
