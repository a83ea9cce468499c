"""The registry: what plugins registered, found by name."""

from chainrule.registry.lookup import KINDS, Registry, registry

__all__ = ["KINDS", "Registry", "registry"]
