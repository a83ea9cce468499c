"""Philox streams that are set to a step without being made anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.philox import generator, state


class UniformStream:
    """The uniform numbers of one random node: a function of seed and step."""

    def __init__(self, stream: str, shape: tuple[int, ...]) -> None:
        self._stream = stream
        self._generator = generator(0, stream)
        self._bits = self._generator.bit_generator
        self._single = np.empty(shape, np.float32)

    def fill(self, out: npt.NDArray[Any], seed: int, step: int) -> None:
        """Fill `out` with the numbers of a step; float64 gets float32's numbers."""
        self._bits.state = state(seed, self._stream, step)
        if out.dtype == np.float32:
            self._generator.random(None, np.float32, out)
        else:
            self._generator.random(None, np.float32, self._single)
            np.copyto(out, self._single)
