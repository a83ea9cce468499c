"""From what is named on the command line to models and graphs."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

from chainrule.config import Experiment
from chainrule.errors import UnknownNameError, did_you_mean
from chainrule.model.sequential import Sequential


def model_of(experiment: Experiment, x: Any) -> Sequential:
    """Return the untrained model of a configuration, built for data like x."""
    return Sequential(experiment.layers, input_shape=x.shape[1:])


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
