"""Normalization by the mean and the variance of the training data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, TypeAlias

import numpy as np

from chainrule import ops
from chainrule.annotations import Positive
from chainrule.data.arrays import Array
from chainrule.errors import HyperparameterError, ShapeError
from chainrule.kinds.initializer import Initializer
from chainrule.kinds.layer import Layer
from chainrule.node import Constant, Node
from chainrule.plugins.initializers import Ones, Zeros
from chainrule.shapes import shape_text

Numbers: TypeAlias = float | tuple[float, ...]


class Normalization(Layer):
    """y = (x − μ) / √v: features of mean 0 and variance 1, as far as training knows.

    μ and v are mean and variance of what enters the layer, over the rows that `fit`
    trains on: not over those it validates on. They are learned once, before the first
    step, and kept from then on, by later calls of `fit` and in files; ``adapt(x)``
    learns them anew. A feature that is constant is only shifted, v = 1.

    Shapes: x and y (batch, …, features), μ and v those of `axis`. It is
    `tf.keras.layers.Normalization`, where a constant feature is divided by 1e-7.

    Args:
        axis: the axis or axes with a mean and a variance for each index; None: one
            mean and one variance of all numbers.
        mean: μ, if it is known: one number, or one for each index.
        variance: v, if it is known.

    Raises:
        HyperparameterError: only one of mean and variance is given, or they are for
            several axes.
        ShapeError: x has another size along `axis` than in the first call, or its size
            there is open.
    """

    foreign_names: ClassVar[tuple[str, ...]] = ("StandardScaler",)
    foreign_options: ClassVar[Mapping[str, str]] = {
        "invert": "y * std + mean with numbers of your own, after the last layer",
    }
    symbols: ClassVar[Mapping[str, str]] = {"mean": "μ", "variance": "v"}

    axis: int | tuple[int, ...] | None = -1
    mean: Numbers | None = None
    variance: Positive | tuple[Positive, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.mean is None) != (self.variance is None):
            raise HyperparameterError(
                "Normalization needs mean and variance, or neither: it learns both "
                "from the training data"
            )
        listed = isinstance(self.mean, tuple) or isinstance(self.variance, tuple)
        if listed and not isinstance(self.axis, int):
            raise HyperparameterError(
                f"Normalization(axis={self.axis}) takes one number for mean and for "
                "variance; several are for one axis"
            )

    def apply(self, x: Node) -> Node:
        kept = self._kept(x.ndim)
        sizes = self._sizes(x, kept)
        mean = self._statistic("mean", self.mean, Zeros(), sizes)
        variance = self._statistic("variance", self.variance, Ones(), sizes)
        if kept and kept != tuple(range(x.ndim - len(kept), x.ndim)):
            shape = tuple(x.shape[i] if i in kept else 1 for i in range(x.ndim))
            mean, variance = ops.reshape(mean, shape), ops.reshape(variance, shape)
        return (x - mean) / ops.sqrt(variance)

    def learned_from(self, rows: Array) -> Mapping[str, Array]:
        if self.mean is not None:
            return {}
        kept = self._kept(rows.ndim)
        others = tuple(axis for axis in range(rows.ndim) if axis not in kept)
        constant = rows.min(others) == rows.max(others)
        variance = rows.var(others, np.float64)
        return {
            "mean": rows.mean(others, np.float64),
            "variance": np.where(constant, 1.0, variance),
        }

    def _kept(self, ndim: int) -> tuple[int, ...]:
        """Return the axes along which each index has a mean, in order."""
        given = self.axis if isinstance(self.axis, tuple) else (self.axis,)
        kept = {axis for axis in given if axis is not None}
        if any(not -ndim <= axis < ndim for axis in kept):
            raise ShapeError(
                f"{self.scope.title}: x has {ndim} axes, and no axis {self.axis}"
            )
        return tuple(sorted(axis % ndim for axis in kept))

    def _sizes(self, x: Node, kept: tuple[int, ...]) -> tuple[int, ...]:
        """Return how many numbers there are along each axis."""
        sizes = [size for axis in kept if (size := x.shape[axis]) is not None]
        if len(sizes) < len(kept):
            hint = "; write x[:, None] for one feature" if x.ndim == 1 else ""
            raise ShapeError(
                f"{self.scope.title}: the size of x along axis {self.axis} must be "
                f"known, got {shape_text(x.shape)}{hint}"
            )
        return tuple(sizes)

    def _statistic(
        self,
        name: str,
        given: Numbers | None,
        start: Initializer,
        sizes: tuple[int, ...],
    ) -> Node:
        """Return the mean or the variance: what is given, or a parameter."""
        if given is None:
            return self.parameter(name, sizes, start, trainable=False)
        node = Constant(given, name)
        if node.shape not in ((), sizes):
            raise ShapeError(
                f"{self.scope.title}: {name} must be one number, or have the shape "
                f"{shape_text(sizes)}, got {shape_text(node.shape)}"
            )
        return node if node.shape else ops.broadcast_to(node, sizes)
