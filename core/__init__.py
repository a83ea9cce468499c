"""chainrule: a deep-learning framework that you can see through.

Public names are imported on first use, so ``import chainrule`` costs little more than
NumPy and opens no device.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

_HOME = {
    "input": "node", "parameter": "node", "constant": "node", "Node": "node",
    "Graph": "graph", "scope": "scopes", "Input": "node", "Parameter": "node",
    "Constant": "node",
    "grad": "autodiff", "backward": "autodiff",
    "hookimpl": "registry.hooks", "ChainRuleError": "errors",
    "Op": "ops", "Elementwise": "ops",
    "Activation": "kinds.activation", "Layer": "kinds.layer", "Loss": "kinds.loss",
    "Optimizer": "kinds.optimizer", "Regularizer": "kinds.regularizer",
    "Initializer": "kinds.initializer", "Schedule": "kinds.schedule",
    "Metric": "kinds.metric", "Callback": "kinds.callback",
    "Backend": "kinds.backend",
    "evaluate": "execution.evaluate", "Program": "program.program",
    "Model": "model.model", "Sequential": "model.sequential", "load": "model.loading",
}  # fmt: skip
"""Public name → the module that defines it."""

_CATALOGS = (
    "activations", "layers", "losses", "optimizers", "regularizers", "initializers",
    "schedules", "metrics", "callbacks", "datasets",
)  # fmt: skip

_RENDERERS = ("draw", "explain", "worksheet", "snapshot", "diff")
"""Public functions that a plugin brings; the core knows no diagram."""

__all__ = sorted([*_HOME, *_CATALOGS, *_RENDERERS, "__version__", "ops"])  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name in _HOME:
        value = getattr(importlib.import_module(f"chainrule.{_HOME[name]}"), name)
    elif name in _CATALOGS:
        registry = importlib.import_module("chainrule.registry").registry
        catalog = importlib.import_module("chainrule.registry.catalog")
        value = catalog.Catalog(registry, name)
    elif name in _RENDERERS:
        registry = importlib.import_module("chainrule.registry").registry
        value = registry.find("renderers", name).target
    elif name == "ops":
        value = importlib.import_module("chainrule.ops")
    elif name == "__version__":
        value = importlib.import_module("importlib.metadata").version("chainrule")
    else:
        raise _unknown(name)
    return globals().setdefault(name, value)  # one object, whatever threads ask


def _unknown(name: str) -> AttributeError:
    """Say where something is that is asked for in the wrong place.

    Not while a submodule is imported, which asks here first.
    """
    text = f"module 'chainrule' has no attribute {name!r}"
    if name.startswith("_") or importlib.util.find_spec(f"chainrule.{name}"):
        return AttributeError(text)
    registry = importlib.import_module("chainrule.registry").registry
    kinds = [kind for kind in (*_CATALOGS, "ops") if registry.has(kind, name)]
    found = " or ".join(f"cr.{kind}.{name}" for kind in kinds)
    known = ", ".join(f"cr.{kind}" for kind in _CATALOGS)
    hint = f"write {found}" if found else f"components are in {known}"
    errors = importlib.import_module("chainrule.errors")
    error: AttributeError = errors.UnknownAttributeError(f"{text}; {hint}")
    error.obj = None  # or Python 3.12 adds a suggestion of its own
    return error


def __dir__() -> list[str]:
    return __all__
