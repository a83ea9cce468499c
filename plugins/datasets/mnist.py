"""MNIST, from its four files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from chainrule.annotations import FilePath
from chainrule.arguments import checked
from chainrule.errors import ArgumentTypeError, DataError
from chainrule.files import reading
from chainrule.plugins.datasets.clusters import Labelled
from chainrule.plugins.datasets.idx import load_idx

_PARTS = ("train", "t10k")


@checked
def mnist(folder: FilePath) -> tuple[Labelled, Labelled]:
    """Return MNIST's handwritten digits (LeCun, Cortes & Burges) from a folder.

    The folder must hold ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``,
    ``t10k-images-idx3-ubyte`` and ``t10k-labels-idx1-ubyte``, each gzipped (``.gz``) or
    not.

    Returns:
        (x_train, y_train), (x_test, y_test): x float32 of shape (n, 784), pixels scaled
        to [0, 1]; y the digits, int64 of shape (n,).

    Raises:
        DataError: a file is missing or damaged, or images and labels do not fit; for a
            missing file names all that are expected.
    """
    base = Path(folder)
    names = [name for part in _PARTS for name in _names(part)]
    with reading(base, DataError, "a folder"):
        missing = [name for name in names if not _found(base, name)]
    if missing:
        raise DataError(
            f"{base} lacks {', '.join(missing)}: MNIST is four IDX files, "
            f"{', '.join(names)}, each gzipped (.gz) or not"
        )
    train, test = (_part(base, part) for part in _PARTS)
    return train, test


def _load_data(*args: Any, **kwargs: Any) -> NoReturn:
    """Answer those who know Keras."""
    raise ArgumentTypeError(
        "nothing is downloaded: write cr.datasets.mnist(folder), with the folder that "
        "holds the four files of MNIST"
    )


vars(mnist)["load_data"] = _load_data


def _names(part: str) -> tuple[str, str]:
    return f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"


def _found(base: Path, name: str) -> Path | None:
    candidates = (base / name, base / f"{name}.gz")
    return next((file for file in candidates if file.is_file()), None)


def _part(base: Path, part: str) -> Labelled:
    images_file, labels_file = (_found(base, name) for name in _names(part))
    assert images_file is not None
    assert labels_file is not None
    images, labels = load_idx(images_file), load_idx(labels_file)
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise DataError(
            f"{images_file} and {labels_file} must have the shapes (n, rows, columns) "
            f"and (n,), got {images.shape} and {labels.shape}"
        )
    x = images.reshape(len(images), -1).astype(np.float32) / np.float32(255)
    return x, labels.astype(np.int64)
