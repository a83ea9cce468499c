"""Loading model files."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import numpy as np
from safetensors import SafetensorError, safe_open

from chainrule.annotations import FilePath, NonNegativeInt
from chainrule.arguments import checked
from chainrule.checks import check_value
from chainrule.data.arrays import Array
from chainrule.errors import (
    ChainRuleError,
    ModelFileError,
    ModelFileWarning,
    UnknownNameError,
)
from chainrule.files import reading
from chainrule.model.model import Model
from chainrule.model.rebuilding import rebuild
from chainrule.model.writing import (
    KEY,
    VERSION,
    check_weight,
    checksum,
    slot_views,
    without_checksum,
)
from chainrule.program.program import FloatDtype
from chainrule.registry import registry
from chainrule.terminal import visible
from chainrule.training.criteria import Criteria
from chainrule.training.network import Network
from chainrule.training.state import TrainingState

Tensors = dict[str, Array]

FOREIGN_STARTS = {
    b"PK": "a zip archive, as PyTorch and Keras write",
    b"\x89HDF": "an HDF5 file, as Keras writes",
    b"\x80": "a Python pickle",
    b"\x93NUMPY": "a NumPy array",
    b"\x1f\x8b": "a gzip file",
}
"""The first bytes of files that are mistaken for models."""

DAMAGED = (
    "is damaged: its checksum is not the one that was saved; take another copy of the "
    "file"
)

NONSENSE = (
    LookupError, TypeError, ValueError, AttributeError, RecursionError, MemoryError,
    ArithmeticError,
)  # fmt: skip
"""The errors that a description with missing or wrong entries leads to."""


@checked
def load(path: FilePath) -> Model:
    """Read a model that `Model.save` wrote; it predicts and trains on as before.

    Nothing in the file is executed. Layers of plugins need those plugins.

    Raises:
        ModelFileError: the file does not exist, is not a model, has another version,
            is truncated or damaged, has a weight that is not finite, or needs a plugin
            that is not installed.

    Warns:
        ModelFileWarning: the file was saved without checksums, so nothing says whether
            it is damaged.
    """
    description, tensors = _read(Path(path))
    try:
        _verify(description, tensors)
        model = rebuild(description["model"], description["name"])
        _fill(model, tensors)
        for name in description.get("frozen", ()):
            model.parameters[name].frozen = True
        _resume(model, description, tensors)
        model.metadata = dict(description.get("metadata", {}))
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from error
    except UnknownNameError as error:
        raise ModelFileError(
            f"{path}: {error} Is a plugin missing that was there when it was saved?"
        ) from error
    except ChainRuleError as error:
        raise ModelFileError(f"{path}: {error}") from error
    except NONSENSE as error:
        raise ModelFileError(
            f"{path}: its description makes no sense ({type(error).__name__}: {error})"
        ) from error
    return model


def _read(path: Path) -> tuple[dict[str, Any], Tensors]:
    with reading(path, ModelFileError, "a model"):
        with path.open("rb") as head:
            start = head.read(8)
        try:
            with safe_open(path, framework="numpy") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise ModelFileError(f"{path}: {_guess(start)} ({error})") from error
    if KEY not in metadata:
        raise ModelFileError(
            f"{path}: a safetensors file with {len(tensors)} tensors, but not a "
            "chainrule model: it says nothing about layers. Build the model and give "
            "it the arrays with set_weights"
        )
    text = metadata[KEY]
    try:
        description = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path}: its description is not JSON: {error}") from error
    if not isinstance(description, dict):
        raise ModelFileError(f"{path}: its description is not a JSON object")
    own = description.get("checksum")
    if own and checksum(without_checksum(text, own)) != own:
        raise ModelFileError(f"{path}: its description {DAMAGED}")
    version = description.get("version")
    if version != VERSION:
        raise ModelFileError(
            f"{path}: a model file of version {version!r}; this chainrule reads "
            f"version {VERSION}, so another release wrote it"
        )
    if not own or "checksums" not in description:
        warnings.warn(
            visible(
                f"{path}: it was saved without checksums, so nothing says whether it "
                "is damaged; save it again to add them"
            ),
            ModelFileWarning,
            stacklevel=4,  # the caller of `load`, behind the door of its arguments
        )
    return description, tensors


def _guess(start: bytes) -> str:
    """Name the likely format of a file that is not safetensors by its first bytes."""
    if not start:
        return "the file is empty"
    for foreign, what in FOREIGN_STARTS.items():
        if start.startswith(foreign):
            return f"this is {what}, not a chainrule model"
    length = int.from_bytes(start, "little")
    if len(start) == 8 and length < 1 << 32:
        return "the file is truncated or damaged"
    return "this is not a safetensors file, and so not a chainrule model"


def _verify(description: Mapping[str, Any], tensors: Tensors) -> None:
    """Refuse tensors that are not what was saved, if their checksums are known."""
    if "checksums" in description:
        for name, tensor in tensors.items():
            if checksum(tensor) != description["checksums"].get(name):
                raise ModelFileError(f"tensor {name!r} {DAMAGED}")


def _fill(model: Model, tensors: Tensors) -> None:
    """Give the parameters the values of the file."""
    parameters = model.parameters
    weights = {
        name
        for name in tensors
        if name in parameters or not name.startswith("optimizer:")
    }
    if weights != set(parameters):
        missing = sorted(set(parameters) - weights)
        extra = sorted(weights - set(parameters))
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


def _resume(model: Model, description: Mapping[str, Any], tensors: Tensors) -> None:
    """Restore what `fit` and `evaluate` continue with."""
    session = model.session
    network = session.network
    goal, training = description["goal"], description.get("training")
    if goal is not None:
        session.criteria = Criteria.of(
            network, goal["loss"], goal["metrics"], goal["regularizers"]
        )
    if training is not None:
        optimizer = registry.resolve("optimizers", training["optimizer"])
        paths = training.get("parameters")  # some may have been frozen since
        members = (
            network.trainable
            if paths is None
            else [network.parameters[path] for path in paths]
        )
        state = TrainingState(members, optimizer, _dtype(network))
        for name, view in slot_views(state, network.parameters):
            np.copyto(view, tensors[name])
        state.step = check_value(training["step"], NonNegativeInt, "step")
        state.epoch = check_value(training["epoch"], NonNegativeInt, "epoch")
        session.state = state
