"""A chainrule plugin: an op with kernels for two backends, and a form for others."""

from collections.abc import Mapping, Sequence
from typing import Any

import chainrule as cr
import numpy as np


class Hypot(cr.ops.Elementwise):
    """y = √(a² + b²), which neither overflows nor underflows where the squares do.

    Shapes: a and b broadcast. ∂y/∂a = a / y, ∂y/∂b = b / y; neither at (0, 0).
    """

    notation = "hypot({0}, {1})"
    latex = r"\operatorname{hypot}\left({0}, {1}\right)"
    result = "float"
    domain = ((0.0, float("inf")), (0.0, float("inf")))

    def derivatives(self, y: cr.Node, a: cr.Node, b: cr.Node) -> tuple[cr.Node, ...]:
        return a / y, b / y

    def expand(self, a: cr.Node, b: cr.Node) -> cr.Node:
        largest = cr.ops.maximum(cr.ops.abs(a), cr.ops.abs(b))
        unit = cr.ops.where(largest > 0, largest, 1.0)
        return unit * cr.ops.sqrt(cr.ops.square(a / unit) + cr.ops.square(b / unit))


def hypot(op: Hypot, out: Any, a: Any, b: Any) -> Any:
    """Compute it on NumPy, into memory that the backend provides."""
    return np.hypot(a, b, out)


@cr.hookimpl
def register_ops() -> Sequence[type[cr.ops.Op]]:
    """Return the op of this package."""
    return [Hypot]


@cr.hookimpl
def register_kernels() -> Mapping[str, Mapping[type[cr.ops.Op], Any]]:
    """Return its kernels; other backends compute what `expand` says."""
    return {"numpy": {Hypot: hypot}, "opencl": {Hypot: "hypot({0}, {1})"}}
