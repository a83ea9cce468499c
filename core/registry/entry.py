"""Entries: registered components, with where they come from."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """A registered component, and the plugin that it comes from."""

    kind: str
    name: str
    target: Any
    plugin: str
    distribution: str
    version: str
    built_in: bool = False

    @property
    def qualified_name(self) -> str:
        """Its name with that of its distribution, which no other plugin can claim."""
        return f"{self.distribution}:{self.name}"

    @property
    def module(self) -> str:
        """The module that defines it."""
        return str(getattr(self.target, "__module__", self.plugin))

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        text = inspect.getdoc(self.target) or getattr(self.target, "help", "") or ""
        return text.split("\n", 1)[0]

    @property
    def names(self) -> set[str]:
        """Every name that a look-up finds it by."""
        return {self.name, self.python_name, *self.aliases}

    @property
    def python_name(self) -> str:
        """The name of its class or function."""
        return str(getattr(self.target, "__name__", self.name))

    @property
    def aliases(self) -> tuple[str, ...]:
        """The further names that it claims."""
        return tuple(self._declared("aliases", ()))

    @property
    def foreign_names(self) -> tuple[str, ...]:
        """Its names in other frameworks."""
        return tuple(self._declared("foreign_names", ()))

    @property
    def overrides(self) -> bool:
        """Whether it claims its name against others."""
        return bool(self._declared("overrides", False))

    def _declared(self, name: str, default: Any) -> Any:
        """Return an attribute of the class itself; a claim is not inherited."""
        return getattr(self.target, "__dict__", {}).get(name, default)


def registered_name(target: Any) -> str:
    """Return the name that something is registered under."""
    name = getattr(target, "type_name", None) or getattr(target, "name", None)
    return str(name or getattr(target, "__name__", type(target).__name__))


def is_built_in(target: type) -> bool:
    """Return whether a class of components or ops comes with chainrule."""
    return target.__module__.partition(".")[0] == "chainrule"


def fold(name: str) -> str:
    """Return a name without case and underscores: how names are compared."""
    return name.replace("_", "").replace("-", "").lower()
