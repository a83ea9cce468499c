"""IDX files, the format of MNIST."""

from __future__ import annotations

import gzip
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.annotations import FilePath
from chainrule.arguments import checked
from chainrule.errors import DataError
from chainrule.files import reading

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


@checked
def load_idx(path: FilePath) -> npt.NDArray[Any]:
    """Read an array from an IDX file, gzipped or not.

    The file holds two zero bytes, a type code, the number of dimensions, each size as a
    big-endian 32-bit number, then the elements, the last dimension fastest
    (http://yann.lecun.com/exdb/mnist/).

    Raises:
        DataError: the file is missing, is not an IDX file, or is longer or shorter than
            its sizes say; names the offset.
    """
    file = Path(path)
    data = _content(file)
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _TYPES:
        raise DataError(
            f"{file} is not an IDX file: it must start with 00 00, a type code and the "
            f"number of dimensions, got {data[:4].hex(' ') or 'nothing'}"
        )
    start = 4 + 4 * data[3]
    if len(data) < start:
        raise DataError(
            f"{file} ends at offset {len(data)}, within the sizes of its {data[3]} "
            "dimensions: it is truncated"
        )
    shape = tuple(int(size) for size in np.frombuffer(data, ">u4", data[3], offset=4))
    dtype = np.dtype(_TYPES[data[2]])
    wanted = start + math.prod(shape) * dtype.itemsize
    if len(data) != wanted:
        raise DataError(
            f"{file} ends at offset {len(data)}, but {shape} elements of "
            f"{dtype.itemsize} bytes end at {wanted}: it is truncated or damaged"
        )
    array = np.frombuffer(data, dtype, offset=start).reshape(shape)
    return array.astype(dtype.newbyteorder("="))


def _content(file: Path) -> bytes:
    with reading(file, DataError, "an IDX file"):
        data = file.read_bytes()
        return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
