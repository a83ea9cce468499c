"""Orthogonal matrices, which preserve lengths."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.annotations import Positive
from chainrule.errors import HyperparameterError
from chainrule.kinds.initializer import Initializer


class Orthogonal(Initializer):
    """A random orthogonal matrix (Saxe et al., 2014): orthonormal rows or columns.

    All axes but the last count as one. The matrix is Q of a QR decomposition of normal
    numbers, with the signs that make it uniform over all orthogonal matrices.

    Args:
        gain: the factor of the matrix; 1 as in tf.keras.

    Raises:
        HyperparameterError: the parameter has fewer than two axes.
    """

    gain: Positive = 1.0

    def draw(
        self, shape: tuple[int, ...], random: np.random.Generator
    ) -> npt.NDArray[Any]:
        if len(shape) < 2:
            raise HyperparameterError(
                f"Orthogonal needs a matrix, got the shape {shape}; for a vector use "
                "'zeros' or 'normal'"
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = (max(rows, columns), min(rows, columns))
        q, r = np.linalg.qr(random.standard_normal(tall))
        q = q * np.sign(np.diag(r))
        return self.gain * (q if rows >= columns else q.T).reshape(shape)
