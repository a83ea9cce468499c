"""Layers that change the shape of an example."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from chainrule import ops
from chainrule.errors import HyperparameterError, ShapeError
from chainrule.kinds.layer import Layer
from chainrule.node import Node
from chainrule.shapes import shape_text


class Reshape(Layer):
    """y = x, with another shape after the batch axis.

    Args:
        shape: the new sizes, without the batch; one may be −1, to be inferred.

    Raises:
        HyperparameterError: a size is neither positive nor −1, or two are −1.
        ShapeError: the number of elements of an example does not fit.
    """

    example: ClassVar[Mapping[str, Any]] = {"shape": (2, -1)}

    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        sizes = [size for size in self.shape if size != -1]
        if min(sizes, default=1) < 1 or len(self.shape) - len(sizes) > 1:
            raise HyperparameterError(
                "Reshape(shape=…): sizes must be positive, and one may be -1, to be "
                f"inferred; got {self.shape}"
            )

    def apply(self, x: Node) -> Node:
        elements = elements_of_example(self, x)
        known = math.prod(size for size in self.shape if size != -1)
        if elements % known if -1 in self.shape else elements != known:
            raise ShapeError(
                f"{self.scope.title}: the {elements} elements of an example of "
                f"{shape_text(x.shape)} do not fit {self.shape}"
            )
        inferred = (elements // known if size == -1 else size for size in self.shape)
        return ops.reshape(x, (x.shape[0], *inferred))


class Flatten(Layer):
    """y = x, with one axis after the batch: (batch, a, b, …) becomes (batch, a·b·…)."""

    def apply(self, x: Node) -> Node:
        features = elements_of_example(self, x)
        return ops.reshape(x, (x.shape[0], features))


def elements_of_example(layer: Layer, x: Node) -> int:
    """Return the number of elements that x has for each example.

    Raises:
        ShapeError: x has no batch axis, or an open axis after it.
    """
    sizes = [size for size in x.shape[1:] if size is not None]
    if not x.shape or len(sizes) < x.ndim - 1:
        raise ShapeError(
            f"{layer.scope.title}: x must have a batch axis and known sizes after it, "
            f"got {shape_text(x.shape)}"
        )
    return math.prod(sizes)
