"""The counter-based random generator: Philox4x64-10 keyed by seed and stream."""

from __future__ import annotations

import functools
import hashlib
from typing import Any

import numpy as np

_MASK = (1 << 64) - 1


@functools.lru_cache(maxsize=4096)
def stream_key(stream: str) -> int:
    """Return a 64-bit hash of a stream's name: the second word of the key."""
    digest = hashlib.blake2b(stream.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def state(seed: int, stream: str, step: int = 0) -> dict[str, Any]:
    """Return the state of NumPy's Philox at the start of a step of a stream.

    The key is (seed, stream). The counter consists of four 64-bit words, the least
    significant first; the step is the third, so each step has 2¹²⁸ blocks of its own.
    """
    return {
        "bit_generator": "Philox",
        "state": {
            "counter": np.array([0, 0, int(step) & _MASK, 0], np.uint64),
            "key": np.array([int(seed) & _MASK, stream_key(stream)], np.uint64),
        },
        "buffer": np.zeros(4, np.uint64),
        "buffer_pos": 4,
        "has_uint32": 0,
        "uinteger": 0,
    }


def generator(seed: int, stream: str, step: int = 0) -> np.random.Generator:
    """Return a generator of the random numbers of one step of a stream."""
    bits = np.random.Philox(key=0)
    bits.state = state(seed, stream, step)  # type: ignore[assignment]
    return np.random.Generator(bits)
