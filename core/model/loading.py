"""Loading models from files and from memory."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np

from chainrule.annotations import FilePath, NonNegativeInt, Positive
from chainrule.arguments import checked
from chainrule.checks import check_value
from chainrule.errors import (
    ChainRuleError,
    HyperparameterError,
    ModelFileError,
    ModelFileWarning,
    UnknownNameError,
)
from chainrule.model.missing import Reader
from chainrule.model.model import Model
from chainrule.model.provenance import advice_on, components_in, remarks_on
from chainrule.model.rebuilding import rebuild
from chainrule.model.stored import Stored, Tensors, read_bytes, read_file
from chainrule.model.writing import check_weight, slot_views
from chainrule.program.program import FloatDtype
from chainrule.registry import registry
from chainrule.registry.recorded import recorded
from chainrule.terminal import visible
from chainrule.training import History
from chainrule.training.criteria import Criteria
from chainrule.training.network import Network
from chainrule.training.state import TrainingState

NONSENSE = (
    LookupError, TypeError, ValueError, AttributeError, RecursionError, MemoryError,
    ArithmeticError,
)  # fmt: skip
"""The errors that a description with missing or wrong entries leads to."""


@checked
def load(
    path: FilePath,
    *,
    custom: Mapping[str, type] | None = None,
    train: bool = True,
) -> Model:
    """Read a model that `Model.save` wrote; it predicts and trains on as before.

    Nothing in the file is executed. Classes of one's own must be registered, with
    `chainrule.register`, or given::

        cr.load("model.safetensors", custom={"snake": Snake})

    Layers, activations and ops of plugins need those plugins. Without them the model
    can be listed and drawn; whatever would compute with it raises a `ModelFileError`,
    which says what to install.

    Args:
        path: the file.
        custom: classes by the names that the file has for them, their `type_name`;
            they come before what is registered.
        train: whether to restore what only training and `evaluate` need: optimizer,
            loss, metrics and regularizers.

    Raises:
        ModelFileError: the file does not exist, is not a model, has another version,
            is truncated or damaged, has a weight that is not finite, or needs a class
            that is not registered.

    Warns:
        ModelFileWarning: the file was saved without checksums, so nothing says whether
            it is damaged; or a plugin is not in use, and which distribution to install;
            or what only training needs is not registered, such as the optimizer: the
            model predicts, and training starts anew; or a component of a plugin
            computes another formula now, or comes from elsewhere.
    """
    stored = read_file(Path(path))
    try:
        return _made(stored, list((custom or {}).items()), train=train)
    finally:
        _warn(stored, 4)


def load_bytes(content: bytes, custom: Sequence[tuple[str, type]] = ()) -> Model:
    """Return a model from the content of a file; see `load`.

    Copies and pickles of models are made with it.

    Raises:
        ModelFileError: see `load`.
    """
    stored = read_bytes(content)
    try:
        return _made(stored, custom)
    finally:
        _warn(stored, 3)


def _warn(stored: Stored, level: int) -> None:
    for remark in stored.remarks:
        text = visible(f"{stored.source}: {remark}")
        warnings.warn(text, ModelFileWarning, stacklevel=level)


def _made(
    stored: Stored, custom: Sequence[tuple[str, type]], *, train: bool = True
) -> Model:
    """Make the model that a file describes."""
    source, description = stored.source, stored.description
    origins = description.get("origins", {})
    try:
        stored.verify()
        reader = Reader(
            stored.tensors,
            origins.get("results", {}),
            frozenset(origins.get("untrained", ())),
            stored.remarks,
        )
        with registry.also(custom), recorded(components_in(origins)):
            model = rebuild(description["model"], description["name"], reader)
            if "goal" in description:  # or it is not built yet
                _fill(model, stored.tensors)
                _freeze(model, description)
                if train:
                    _resume(model, stored)
            stored.remarks.extend(remarks_on(model, origins))
        model.metadata = dict(description.get("metadata", {}))
        _remember(model, description)
    except ModelFileError as error:
        raise ModelFileError(f"{source}: {error}") from error
    except UnknownNameError as error:
        advice = advice_on(origins)
        raise ModelFileError(f"{source}: {error} {advice}") from error
    except ChainRuleError as error:
        raise ModelFileError(f"{source}: {error}") from error
    except NONSENSE as error:
        raise ModelFileError(
            f"{source}: its description makes no sense ({type(error).__name__}: "
            f"{error})"
        ) from error
    return model


def _remember(model: Model, description: Mapping[str, Any]) -> None:
    """Restore what copies have, and files have not."""
    if "history" in description:
        model.history = History.of(description["history"])
    drawn = description.get("drawn", {})
    if drawn:
        for path, owned in model.owned_parameters():
            if path in drawn:
                seed, stream = drawn[path]
                owned.drawn = check_value(seed, NonNegativeInt, "seed"), str(stream)


def _fill(model: Model, tensors: Tensors) -> None:
    """Give the parameters the values of the file."""
    parameters = model.parameters
    weights = {
        name
        for name in tensors
        if name in parameters or not name.startswith("optimizer:")
    }
    if weights != parameters.keys():
        missing = sorted(parameters.keys() - weights)
        extra = sorted(weights - parameters.keys())
        raise ModelFileError(
            f"weights and layers do not match: missing {missing or 'nothing'}, "
            f"not used {extra or 'nothing'}"
        )
    for path, parameter in parameters.items():
        if tensors[path].shape != parameter.value.shape:
            raise ModelFileError(
                f"{path} has shape {parameter.value.shape} in the model and "
                f"{tensors[path].shape} in the file"
            )
        if tensors[path].dtype.name not in get_args(FloatDtype):
            raise ModelFileError(
                f"{path} must be of {' or '.join(get_args(FloatDtype))}, the file has "
                f"{tensors[path].dtype}"
            )
        check_weight(tensors[path], path)
        parameter.value = tensors[path].copy()
    for _, owned in model.owned_parameters():
        owned.drawn = None


def _dtype(network: Network) -> FloatDtype:
    """Return the dtype that a model was trained in: that of its learned parameters."""
    learned = [p for p in network.parameters.values() if p.learned]
    kinds = {parameter.value.dtype.name for parameter in learned}
    return "float64" if kinds == {"float64"} else "float32"


def _freeze(model: Model, description: Mapping[str, Any]) -> None:
    """Freeze the parameters that were frozen."""
    for path in description.get("frozen", ()):
        model.session.network.parameters[path].frozen = True


def _resume(model: Model, stored: Stored) -> None:
    """Restore what `fit` and `evaluate` continue with, as far as it is registered."""
    description, session = stored.description, model.session
    advice = advice_on(description.get("origins", {}))
    network = session.network
    goal, training = description["goal"], description.get("training")
    if goal is not None:
        try:
            session.criteria = Criteria.of(
                network, goal["loss"], goal["metrics"], goal["regularizers"],
                goal["loss_weights"],
            )  # fmt: skip
        except (UnknownNameError, HyperparameterError) as error:
            stored.remarks.append(f"{error} Give evaluate a loss. {advice}")
    if training is None:
        return
    try:
        optimizer = registry.resolve("optimizers", training["optimizer"])
    except (UnknownNameError, HyperparameterError) as error:
        stored.remarks.append(f"{error} The next fit starts anew. {advice}")
        return
    paths = training.get("parameters")  # some may have been frozen since
    members = (
        network.trainable
        if paths is None
        else [network.parameters[path] for path in paths]
    )
    state = TrainingState(members, optimizer, _dtype(network))
    for name, view in slot_views(state, network.parameters):
        np.copyto(view, stored.tensors[name])
    state.step = check_value(training["step"], NonNegativeInt, "step")
    state.epoch = check_value(training["epoch"], NonNegativeInt, "epoch")
    scale = training.get("lr_scale", 1.0)
    state.lr_scale = check_value(scale, Positive, "lr_scale")
    session.state = state
    session.timed_as = check_value(training.get("timed_as"), str | None, "timed_as")
