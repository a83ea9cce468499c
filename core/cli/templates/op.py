"""A chainrule plugin: the op my_thing, with kernels for NumPy and OpenCL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import chainrule as cr


class MyThing(cr.Elementwise):
    """y = x³."""

    notation = "{0}³"
    latex = "{0}^3"

    def derivatives(self, y: cr.Node, x: cr.Node) -> tuple[cr.Node]:
        return (3 * cr.ops.square(x),)

    def expand(self, x: cr.Node) -> cr.Node:
        """Say it in other ops, for backends without a kernel."""
        return x * cr.ops.square(x)


@cr.hookimpl
def register_ops() -> list[type[cr.Op]]:
    """Register the op."""
    return [MyThing]


@cr.hookimpl
def register_kernels() -> Mapping[str, Mapping[type[cr.Op], Any]]:
    """Register its kernels."""
    return {
        "numpy": {MyThing: "multiply({0}, {0}, {out}); multiply({out}, {0}, {out})"},
        "opencl": {MyThing: "{0} * {0} * {0}"},
    }
