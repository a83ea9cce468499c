"""Writing model files: safetensors with a JSON description, complete or not at all."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from chainrule.data.arrays import Array, check_finite
from chainrule.errors import DataError, ModelFileError, shown
from chainrule.kinds.loss import Loss
from chainrule.kinds.metric import FunctionMetric
from chainrule.node import Parameter
from chainrule.training.criteria import Criteria
from chainrule.training.session import Session
from chainrule.training.state import TrainingState

VERSION = 1
KEY = "chainrule"
"""Where in a file's metadata the description is."""
FOREIGN_SUFFIXES = {
    ".h5", ".hdf5", ".keras", ".pb", ".ckpt", ".pt", ".pth", ".onnx", ".pkl",
    ".pickle", ".joblib", ".npy", ".npz", ".json",
}  # fmt: skip
"""Suffixes that other programs would not read as a model of chainrule."""


def check_suffix(path: str | os.PathLike[str]) -> None:
    """Refuse a path that promises the format of another program.

    Raises:
        ModelFileError: the path has the suffix of another format.
    """
    suffix = Path(path).suffix
    if suffix.lower() in FOREIGN_SUFFIXES:
        raise ModelFileError(
            f"{Path(path).name!r} promises another format than the one that models "
            f"are saved in; call it {Path(path).stem + '.safetensors'!r}"
        )


def model_bytes(description: Mapping[str, Any], session: Session | None) -> bytes:
    """Return the file of a model: its description, its weights, and its optimizer.

    Without a session the model is not built yet and has no weights.

    Raises:
        ModelFileError: the description contains a function, or a weight is not finite.
    """
    record: dict[str, Any] = {"version": VERSION, **description}
    tensors = {} if session is None else _filled(record, session)
    contiguous = {name: np.asarray(t, order="C") for name, t in tensors.items()}
    record["checksums"] = {name: checksum(t) for name, t in contiguous.items()}
    metadata = {KEY: with_checksum(_json(record))}
    saved: bytes = save(contiguous, metadata=metadata)
    return saved


def _filled(record: dict[str, Any], session: Session) -> dict[str, Array]:
    """Add to a record what training goes on with; return the tensors."""
    session.pull()
    parameters = session.network.parameters
    for name, p in parameters.items():
        check_weight(p.value, name)
    tensors = {name: p.value for name, p in parameters.items()}
    record["goal"] = _criteria(session.criteria)
    if frozen := [name for name, p in parameters.items() if p.frozen]:
        record["frozen"] = frozen
    if session.state is not None:
        state = session.state
        record["training"] = {
            "optimizer": state.optimizer.to_config(),
            "step": state.step,
            "epoch": state.epoch,
            "lr_scale": state.lr_scale,
        }
        if session.timed_as is not None:
            record["training"]["timed_as"] = session.timed_as
        if state.flat.members != tuple(session.network.trainable):  # frozen since
            trained = [name for name, p in parameters.items() if p in state.slices]
            record["training"]["parameters"] = trained
        tensors |= dict(slot_views(state, parameters))
    return tensors


def with_checksum(text: str) -> str:
    """Return the JSON of a description with its own checksum as the first entry."""
    return f"{{{_entry(checksum(text))}{text[1:]}"


def without_checksum(text: str, own: str) -> str:
    """Return what `with_checksum` was given, whose checksum is `own`."""
    return text.replace(_entry(own), "", 1)


def _entry(own: str) -> str:
    return f'"checksum": "{own}", '


def checksum(content: Array | str) -> str:
    """Return the CRC-32 of a text, or of a tensor's dtype, shape and elements."""
    if isinstance(content, str):
        return f"{zlib.crc32(content.encode()):08x}"
    begun = zlib.crc32(f"{content.dtype.str} {content.shape}".encode())
    return f"{zlib.crc32(content.data, begun):08x}"


def check_weight(value: Array, path: str) -> None:
    """Refuse weights that are not finite, which no model can compute with.

    Raises:
        ModelFileError: there is NaN or infinity; names the parameter.
    """
    try:
        check_finite(value, path)
    except DataError as error:
        raise ModelFileError(str(error)) from error


def slot_views(
    state: TrainingState, parameters: Mapping[str, Parameter]
) -> Iterator[tuple[str, Array]]:
    """Yield (name in a file, view) for every slot of every parameter in a state."""
    paths = {parameter: path for path, parameter in parameters.items()}
    for name, slot in state.slots.items():
        if slot.ndim == 0:
            yield f"optimizer:{name}", slot.value
            continue
        for member, place in state.slices.items():
            view = slot.value[place].reshape(member.value.shape)
            yield f"optimizer:{name}:{paths[member]}", view


def _criteria(criteria: Criteria | None) -> dict[str, Any] | None:
    """Return what `evaluate` measures, or None if the loss is a plain function.

    Metrics that are functions are left out.
    """
    if criteria is None:
        return None
    losses = [loss for loss in criteria.losses if isinstance(loss, Loss)]
    if len(losses) < len(criteria.losses):
        return None
    return {
        "loss": [loss.to_config() for loss in losses],
        "loss_weights": list(criteria.loss_weights),
        "metrics": [
            [one.to_config() for one in each if not isinstance(one, FunctionMetric)]
            for each in criteria.metrics
        ],
        "regularizers": [r.to_config() for r in criteria.regularizers],
    }


def _json(record: Mapping[str, Any]) -> str:
    def refuse(value: object) -> None:
        raise ModelFileError(
            f"cannot save {shown(value)}: a file holds names and numbers, not "
            "functions; make a class of it, and register that in a plugin"
        )

    return json.dumps(record, default=refuse)
