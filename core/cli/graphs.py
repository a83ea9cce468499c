"""From what is named on the command line to models and graphs."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

from chainrule.config import Experiment
from chainrule.errors import GraphError, UnknownNameError, did_you_mean
from chainrule.graph import Input, Node
from chainrule.kinds.loss import Loss
from chainrule.model.model import Model
from chainrule.model.sequential import Sequential


def model_of(experiment: Experiment, x: Any) -> Sequential:
    """Return the untrained model of a configuration, built for data like x."""
    return Sequential(experiment.layers, input_shape=x.shape[1:])


def loss_of(model: Model, loss: Any) -> Node:
    """Return the graph of a loss of a model's output, with a target ``t``.

    Raises:
        GraphError: the model has several outputs.
    """
    if len(model.outputs) != 1:
        raise GraphError(
            f"the model has {len(model.outputs)} outputs and no single loss: give "
            "package.module:object, where object is the loss you mean"
        )
    prediction = model.outputs[0]
    labels = isinstance(loss, Loss) and loss.target == "classes"
    shape = prediction.shape[:-1] if labels else prediction.shape
    node: Node = loss(Input("t", shape, "int" if labels else "float"), prediction)
    return node


def imported(module: str, name: str) -> tuple[ModuleType, Any]:
    """Import a module and return it with the object of a name in it.

    Raises:
        UnknownNameError: there is no such module or object.
    """
    sys.path.insert(0, "")  # modules in the current folder, as python -m finds them
    try:
        around = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise UnknownNameError(f"cannot import {module!r}: {error}") from error
    finally:
        sys.path.remove("")
    found: Any = around
    for part in name.split("."):
        if not hasattr(found, part):
            hint = did_you_mean(part, [n for n in dir(found) if n[0] != "_"])
            raise UnknownNameError(f"{module!r} has nothing called {part!r}.{hint}")
        found = getattr(found, part)
    return around, found
