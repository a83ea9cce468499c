"""chainrule: a deep-learning framework that you can see through.

Public names are imported when the first of them is used, so ``import chainrule`` costs
nothing and opens no device.
"""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import PathFinder
from typing import Any

from chainrule.imports import CatalogFinder

_HOME = {
    "input": "leaves", "parameter": "leaves", "constant": "leaves", "Node": "node",
    "Graph": "graph", "scope": "scopes", "Input": "node", "Parameter": "node",
    "Constant": "node",
    "grad": "autodiff", "backward": "autodiff",
    "hookimpl": "registry.hooks", "register": "registry.registration",
    "overrides": "registry.overriding",
    "ChainRuleError": "errors",
    "Op": "ops", "Elementwise": "ops",
    "Activation": "kinds.activation", "Layer": "kinds.layer", "Loss": "kinds.loss",
    "Optimizer": "kinds.optimizer", "Regularizer": "kinds.regularizer",
    "Initializer": "kinds.initializer", "Schedule": "kinds.schedule",
    "Metric": "kinds.metric", "Callback": "kinds.callback",
    "Backend": "kinds.backend", "Theme": "kinds.theme",
    "evaluate": "execution.evaluate", "Program": "program.program",
    "Plot": "plotting.plot",
    "Model": "model.model", "Sequential": "model.sequential", "load": "model.loading",
}  # fmt: skip
"""Public name → the module that defines it."""

_CATALOGS = {
    **{kind: kind for kind in (
        "activations", "layers", "losses", "optimizers", "regularizers",
        "initializers", "schedules", "metrics", "callbacks", "datasets", "themes",
    )},
    "plot": "figures",
}  # fmt: skip
"""Public name of a catalog → the kind of its components."""

_RENDERERS = ("draw", "explain", "worksheet", "snapshot", "diff")
"""Public functions that a plugin registers; the core knows no diagrams."""

__all__ = sorted([*_HOME, *_CATALOGS, *_RENDERERS, "__version__", "ops"])  # noqa: PLE0605


sys.meta_path.append(CatalogFinder(__name__, _CATALOGS))


def __getattr__(name: str) -> Any:
    if name not in __all__:
        return _of_plugin(name)
    return globals().setdefault(name, _load(name))  # the same for all threads


def _load(name: str) -> Any:
    """Import what a public name stands for.

    NumPy and all modules are imported, always in the same order: threads that entered
    them at different places would wait for each other, which Python ends with an error.
    """
    load = importlib.import_module
    if name == "__version__":
        return load("importlib.metadata").version("chainrule")
    load("numpy")
    ops = load("chainrule.ops")
    if name == "ops":
        return ops
    homes = {home: load(f"chainrule.{home}") for home in _HOME.values()}
    if name in _HOME:
        return getattr(homes[_HOME[name]], name)
    registry = load("chainrule.registry.registry").registry
    if name in _RENDERERS:
        return registry.find("renderers", name).target
    return load("chainrule.registry.catalog").Catalog(registry, _CATALOGS[name])


def _of_plugin(name: str) -> Any:
    """Return what a plugin registers to draw, which may be registered anew.

    A submodule that is being imported is asked for here first, and loads no plugin.
    """
    text = f"module 'chainrule' has no attribute {name!r}"
    if name.startswith("_"):
        raise AttributeError(text)
    if PathFinder.find_spec(f"chainrule.{name}", __path__):
        raise AttributeError(f"{text}; for the module write import chainrule.{name}")
    registry = importlib.import_module("chainrule.registry.registry").registry
    if registry.has("renderers", name):
        return registry.find("renderers", name).target
    raise _unknown(name)


def _unknown(name: str) -> AttributeError:
    """Build the error for a name that is not here, which says where it is."""
    text = f"module 'chainrule' has no attribute {name!r}"
    registry = importlib.import_module("chainrule.registry.registry").registry
    catalogs = {**_CATALOGS, "ops": "ops"}.items()
    having = [public for public, kind in catalogs if registry.has(kind, name)]
    found = " or ".join(f"cr.{public}.{name}" for public in having)
    known = ", ".join(f"cr.{public}" for public in _CATALOGS)
    hint = f"write {found}" if found else f"components are in {known}"
    advice = importlib.import_module("chainrule.habits").advice(name, "chainrule")
    errors = importlib.import_module("chainrule.errors")
    error: AttributeError = errors.UnknownAttributeError(f"{text}; {advice or hint}")
    error.obj = None  # or Python 3.12 adds a suggestion of its own
    return error


def __dir__() -> list[str]:
    return __all__
