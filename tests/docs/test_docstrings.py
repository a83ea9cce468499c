"""Examples in docstrings run, and what is public says what it is."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest

import chainrule as cr
from chainrule.registry import KINDS, registry

PARTS = ("chainrule", "chainrule.plugins", "chainrule.backends", "chainrule.viz")


def modules() -> Iterator[str]:
    for part in PARTS:
        package = importlib.import_module(part)
        yield part
        for found in pkgutil.walk_packages(package.__path__, f"{part}."):
            if not found.name.endswith("__main__"):
                yield found.name


MODULES = sorted(set(modules()))


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str) -> None:
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert result.failed == 0


@pytest.mark.parametrize("name", MODULES)
def test_every_module_has_a_docstring(name: str) -> None:
    assert importlib.import_module(name).__doc__


@pytest.mark.parametrize("name", [n for n in cr.__all__ if n != "__version__"])
def test_every_public_name_has_a_docstring(name: str) -> None:
    assert inspect.getdoc(getattr(cr, name))


def members(cls: type) -> Iterator[str]:
    for name, member in vars(cls).items():
        if not name.startswith("_") and (
            inspect.isfunction(member) or isinstance(member, property)
        ):
            yield name


@pytest.mark.parametrize("kind", KINDS)
def test_every_component_and_its_methods_are_documented(kind: str) -> None:
    for entry in registry.entries(kind):
        assert "__doc__" in vars(entry.target) or not isinstance(entry.target, type)
        assert entry.summary, entry.name
        if isinstance(entry.target, type):
            for name in members(entry.target):
                text = inspect.getdoc(getattr(entry.target, name))
                assert text, f"{entry.module}.{entry.target.__name__}.{name}"
