"""NPZ files, NumPy's archives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.annotations import FilePath
from chainrule.arguments import checked
from chainrule.errors import DataError
from chainrule.files import reading, reason


@checked
def load_npz(path: FilePath) -> dict[str, npt.NDArray[Any]]:
    """Read all arrays of an NPZ file, by name. Nothing in the file is executed.

    Raises:
        DataError: the file is missing or not an NPZ file, or an array is damaged or
            holds Python objects; names the array.
    """
    file = Path(path)
    with reading(file, DataError, "an NPZ file"), file.open("rb") as stream:
        return _arrays(np.load(stream, allow_pickle=False), file)


def _arrays(archive: Any, file: Path) -> dict[str, npt.NDArray[Any]]:
    if isinstance(archive, np.ndarray):
        raise DataError(f"{file} holds a single array (NPY): read it with numpy.load")
    return {name: _array(archive, name, file) for name in archive.files}


def _array(archive: Any, name: str, file: Path) -> npt.NDArray[Any]:
    try:
        array = archive[name]
    except Exception as error:  # of zlib, zipfile, struct, memory …
        raise DataError(
            f"{file}: array {name!r} cannot be read: {reason(error)}; save arrays of "
            "numbers with numpy.savez"
        ) from error
    if not isinstance(array, np.ndarray):
        raise DataError(f"{file}: {name!r} is not an array")
    return array
