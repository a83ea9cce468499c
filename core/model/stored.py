"""Reading model files: safetensors with a JSON description, checked before use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.numpy import load as tensors_in

from chainrule.data.arrays import Array
from chainrule.errors import ModelFileError
from chainrule.files import reading
from chainrule.model.writing import KEY, VERSION, checksum, without_checksum

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


@dataclass(frozen=True)
class Stored:
    """What a model file holds.

    Attributes:
        source: what messages call the file.
        description: its description, parsed.
        tensors: its tensors by name.
        remarks: what a user should know about it.
    """

    source: str
    description: Mapping[str, Any]
    tensors: Tensors
    remarks: list[str] = field(default_factory=list)

    def verify(self) -> None:
        """Refuse tensors that are not what was saved, if their checksums are known.

        Raises:
            ModelFileError: a tensor is damaged.
        """
        if "checksums" in self.description:
            for name, tensor in self.tensors.items():
                if checksum(tensor) != self.description["checksums"].get(name):
                    raise ModelFileError(f"tensor {name!r} {DAMAGED}")


def read_file(path: Path) -> Stored:
    """Read a model file.

    Raises:
        ModelFileError: it cannot be read, is not a model, or is damaged.
    """
    with reading(path, ModelFileError, "a model"):
        with path.open("rb") as head:
            start = head.read(8)
        try:
            with safe_open(path, framework="numpy") as file:
                metadata = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise ModelFileError(f"{path}: {_guess(start)} ({error})") from error
    return _stored(str(path), metadata, tensors)


def read_bytes(content: bytes) -> Stored:
    """Read what a model file consists of, from memory.

    Raises:
        ModelFileError: it is not a model, or is damaged.
    """
    source = "a model in memory"
    with reading(source, ModelFileError, "a model"):
        try:
            tensors = tensors_in(content)
        except SafetensorError as error:
            raise ModelFileError(
                f"{source}: {_guess(content[:8])} ({error})"
            ) from error
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
    return _stored(source, header.get("__metadata__", {}), tensors)


def _stored(source: str, metadata: Mapping[str, str], tensors: Tensors) -> Stored:
    """Parse the description of a file, and check that it is one of a model."""
    if KEY not in metadata:
        raise ModelFileError(
            f"{source}: a safetensors file with {len(tensors)} tensors, but not a "
            "chainrule model: it says nothing about layers. Build the model and give "
            "it the arrays with set_weights"
        )
    text = metadata[KEY]
    try:
        description = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(
            f"{source}: its description is not JSON: {error}"
        ) from error
    if not isinstance(description, dict):
        raise ModelFileError(f"{source}: its description is not a JSON object")
    own = description.get("checksum")
    if own and checksum(without_checksum(text, own)) != own:
        raise ModelFileError(f"{source}: its description {DAMAGED}")
    version = description.get("version")
    if version != VERSION:
        raise ModelFileError(
            f"{source}: a model file of version {version!r}; this chainrule reads "
            f"version {VERSION}, so another release wrote it"
        )
    stored = Stored(source, description, tensors)
    if not own or "checksums" not in description:
        stored.remarks.append(
            "it was saved without checksums, so nothing says whether it is damaged; "
            "save it again to add them"
        )
    return stored


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
