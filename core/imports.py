"""Imports such as ``from chainrule.layers import Dense``.

A catalog is an attribute of the package and has no file of its own. Python asks here
for a module after it has found none: a catalog is given as itself, and for any other
name the error says what to write.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from typing import Any

from chainrule.errors import UnknownModuleError


class CatalogFinder:
    """Finds the catalogs of a package as if they were modules.

    Args:
        package: the name of the package.
        catalogs: the names of the attributes that may be imported.
    """

    def __init__(self, package: str, catalogs: Iterable[str]) -> None:
        self._package = package
        self._catalogs = frozenset(f"{package}.{catalog}" for catalog in catalogs)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: Any = None
    ) -> ModuleSpec | None:
        """Return the spec of a catalog; None for what belongs to another package.

        Raises:
            UnknownModuleError: the package or a catalog has nothing of that name.
        """
        if name in self._catalogs:
            return ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type]
        parent, _, last = name.rpartition(".")
        if parent in (self._package, *self._catalogs) and not last.startswith("_"):
            raise _unknown(parent, last)
        return None

    def create_module(self, spec: ModuleSpec) -> Any:
        """Return the catalog itself."""
        return getattr(sys.modules[self._package], spec.name.rpartition(".")[2])

    def exec_module(self, module: Any) -> None:
        """Leave the catalog as it is."""


def _unknown(parent: str, name: str) -> UnknownModuleError:
    try:
        getattr(import_module(parent), name)
    except AttributeError as error:
        return UnknownModuleError(str(error))
    return UnknownModuleError(
        f"{parent}.{name} is not a module: write from {parent} import {name}"
    )
