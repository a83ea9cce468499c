"""Writing model files: safetensors with a JSON description, complete or not at all."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from chainrule.data.arrays import Array
from chainrule.errors import ModelFileError, OutputError
from chainrule.kinds.loss import Loss
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
"""What other programs would not read as a model of chainrule."""


def save_model(
    path: str | os.PathLike[str], description: Mapping[str, Any], session: Session
) -> None:
    """Save a model's description, its weights, and the state of its optimizer.

    Raises:
        ModelFileError: the description contains a function, or the path has the suffix
            of another format.
        OutputError: the file cannot be written; an older one is left unchanged.
    """
    suffix = Path(path).suffix
    if suffix.lower() in FOREIGN_SUFFIXES:
        raise ModelFileError(
            f"{Path(path).name!r} promises another format than the one that models "
            f"are saved in; call it {Path(path).stem + '.safetensors'!r}"
        )
    session.pull()
    parameters = session.network.parameters
    tensors = {name: p.value for name, p in parameters.items()}
    record = {"version": VERSION, **description, "goal": _criteria(session.criteria)}
    if session.state is not None:
        state = session.state
        record["training"] = {
            "optimizer": state.optimizer.to_config(),
            "step": state.step,
            "epoch": state.epoch,
        }
        tensors |= dict(slot_views(state, parameters))
    contiguous = {name: np.asarray(t, order="C") for name, t in tensors.items()}
    content = save(contiguous, metadata={KEY: _json(record)})
    _replace(Path(path), content)


def slot_views(
    state: TrainingState, parameters: Mapping[str, Parameter]
) -> Iterator[tuple[str, Array]]:
    """Yield (name in a file, view) for every slot of every trainable parameter."""
    paths = {parameter: path for path, parameter in parameters.items()}
    bounds = list(pairwise(state.flat.offsets))
    for name, slot in state.slots.items():
        if slot.ndim == 0:
            yield f"optimizer:{name}", slot.value
            continue
        for member, (start, stop) in zip(state.flat.members, bounds, strict=True):
            view = slot.value[start:stop].reshape(member.value.shape)
            yield f"optimizer:{name}:{paths[member]}", view


def _criteria(criteria: Criteria | None) -> dict[str, Any] | None:
    """Return what `evaluate` measures, or None if a plain function is part of it."""
    if criteria is None:
        return None
    losses = [loss for loss in criteria.losses if isinstance(loss, Loss)]
    if len(losses) < len(criteria.losses):
        return None
    return {
        "loss": [loss.to_config() for loss in losses],
        "metrics": [metric.to_config() for metric in criteria.metrics],
        "regularizers": [r.to_config() for r in criteria.regularizers],
    }


def _json(record: Mapping[str, Any]) -> str:
    def refuse(value: object) -> None:
        raise ModelFileError(
            f"cannot save {value!r}: a file holds names and numbers, not functions; "
            "make a class of it, and register that in a plugin"
        )

    return json.dumps(record, default=refuse)


def _replace(path: Path, content: bytes) -> None:
    """Write a new file beside the old one, then put it in its place."""
    temporary = path.parent / f".saving-{uuid.uuid4().hex}"
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise OutputError(f"cannot write {path}: {reason}") from error
    finally:
        with suppress(OSError, ValueError):
            temporary.unlink(missing_ok=True)
