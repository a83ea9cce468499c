"""The counter-based random generator: Philox4x64-10 keyed by seed and stream."""

from __future__ import annotations

import hashlib

import numpy as np

_MASK = (1 << 64) - 1


def stream_key(stream: str) -> int:
    """Return a stream's name as a 64-bit number: the second word of the key."""
    digest = hashlib.blake2b(stream.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def generator(seed: int, stream: str, step: int = 0) -> np.random.Generator:
    """Return NumPy's Philox with key (seed, stream) and the step in the counter.

    The counter is four 64-bit words, least significant first; the step is the third,
    so each step has 2¹²⁸ blocks of its own.
    """
    bits = np.random.Philox(
        key=np.array([seed & _MASK, stream_key(stream)], np.uint64),
        counter=np.array([0, 0, step & _MASK, 0], np.uint64),
    )
    return np.random.Generator(bits)
