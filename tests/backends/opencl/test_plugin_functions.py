"""Kernels of plugins that come with C functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.backends.opencl import OpenCLBackend
from chainrule.errors import PluginError
from chainrule.registry import registry
from chainrule.registry.plugin import Plugin, read_hooks
from chainrule.testing import check_op

FUNCTIONS = """
F lambert_step(F x, F y) {
    F e = exp(y);
    return y - (y * e - x) / (e * (y + 1));
}

F lambert_w(F x) {
    F y = log1p(x);
    for (int i = 0; i < 8; ++i) y = lambert_step(x, y);
    if (x > 1000) return y;
    return y;
}
"""


class LambertW(cr.ops.Elementwise):
    """y eʸ = x, for x > 0."""

    notation = "W({0})"
    domain = ((0.0, float("inf")),)

    def derivatives(self, y: cr.Node, x: cr.Node) -> tuple[cr.Node]:
        return (y / (x * (1 + y)),)

    def expand(self, x: cr.Node) -> cr.Node:
        y = cr.ops.log1p(x)
        for _ in range(8):
            e = cr.ops.exp(y)
            y = y - (y * e - x) / (e * (y + 1))
        return y


class Hooks:
    """The plugin that brings it."""

    @cr.hookimpl
    def register_ops(self) -> list[type[cr.Op]]:
        return [LambertW]

    @cr.hookimpl
    def register_kernels(self) -> Any:
        return {"opencl": {LambertW: ("lambert_w({0})", FUNCTIONS)}}


@pytest.fixture(autouse=True)
def installed() -> Iterator[None]:
    plugin = Plugin("lambert", "chainrule-lambert", "1.0", "lambert")
    registry.plugins.replace(read_hooks(plugin, Hooks()))
    yield
    registry.plugins.unregister("lambert")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 5), (1000,), ()])
def test_functions_run_on_vectors_and_numbers(dtype: Any, shape: Any) -> None:
    x = cr.input("x", shape)
    value = np.random.default_rng(0).uniform(0.1, 5, shape)
    y = LambertW()(x)
    nodes = [y, *cr.grad(cr.ops.sum(y), [x])]
    got = cr.evaluate(nodes, {x: value}, backend="opencl", dtype=dtype)
    rtol = 1e-5 if dtype == "float32" else 1e-12
    np.testing.assert_allclose(got[0] * np.exp(got[0]), value, rtol=rtol)
    expected = cr.evaluate(nodes, {x: value}, dtype=dtype)  # its expansion, on NumPy
    np.testing.assert_allclose(got[1], expected[1], rtol=rtol)


def test_it_is_fused_and_only_there_where_it_is_called() -> None:
    x = cr.input("x", (100,))
    with_it = cr.ops.tanh(LambertW()(cr.ops.exp(x)) + 1)
    backend = OpenCLBackend()
    programs = [
        backend.compile(cr.program.Program(outputs=[y], shapes={x: (100,)}))
        for y in (with_it, cr.ops.tanh(x))
    ]
    assert programs[0].source.count("kernel void") == 1
    assert ["lambert_w" in program.source for program in programs] == [True, False]


def test_the_kit_checks_it() -> None:
    check_op(LambertW)


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (("other({0})", FUNCTIONS), "must call one of its functions, lambert_step, l"),
        (
            ("lambert_w({0})", "int f(int x) { return x; }"),
            "must be written as 'F name",
        ),
        (("lambert_w({0})", None), "must be written as 'F name"),
        (("lambert_w()", FUNCTIONS), r"must have the slots \{0\}"),
        (("lambert_w({0})",), "or a pair of one and the C functions"),
        (("lambert_w({0});", FUNCTIONS), "must be one C expression"),
    ],
)
def test_mistakes_are_told_when_it_is_registered(kernel: Any, message: str) -> None:
    with pytest.raises(PluginError, match=message):
        OpenCLBackend.check_kernel(LambertW, kernel)


def test_an_op_that_is_not_elementwise_is_sent_to_its_expansion() -> None:
    with pytest.raises(PluginError, match="any other is computed by its expand"):
        OpenCLBackend.check_kernel(cr.ops.Matmul, "{0} * {1}")
