"""Kernels of plugins: checked when they are registered, and never in anybody's way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.backends.numpy.kernels import NUMBERS
from chainrule.errors import PluginError
from chainrule.graph import Graph
from chainrule.node import Node
from chainrule.registry import Registry
from chainrule.registry import registry as everything

Install = Callable[..., str]

CODE = """
import chainrule as cr
from chainrule import ops

class Cube(cr.Elementwise):
    '''y = x³.'''
    notation = "{{0}}³"
    def derivatives(self, y, x):
        return (3 * x * x,)
    def expand(self, x):
        return x * x * x

@cr.hookimpl
def register_ops():
    return [Cube]

@cr.hookimpl
def register_kernels():
    return {kernels}
"""


class Cube(cr.Elementwise):
    """y = x³."""

    notation = "{0}³"

    def derivatives(self, y: Node, x: Node) -> tuple[Node]:
        return (3 * x * x,)

    def expand(self, x: Node) -> Node:
        return x * x * x


WRONG = {
    "an error": ("1 / 0", "ZeroDivisionError: division by zero"),
    "a list": ("[]", "register_kernels must return a mapping from backend name to"),
    "None": ("None", "register_kernels must return a mapping"),
    "a number": ("{'numpy': 5}", "must map the name of a backend to a mapping"),
    "string keys": ("{'numpy': {'tanh': 'x'}}", "keys of 'numpy' must be op classes"),
    "an instance": ("{'numpy': {Cube(): 'x'}}", "must be op classes, such as cr.ops"),
    "no text": ("{'numpy': {Cube: 3}}", "cube on numpy: must be a line such as"),
    "no result": ("{'numpy': {Cube: '{0}'}}", "must have the slots {0}, {out}"),
    "an operand more": ("{'numpy': {Cube: 'add({0}, {1}, {out})'}}", "must have the"),
    "a brace": ("{'numpy': {Cube: 'sin({0}, {out'}}", "expected '}' before end"),
    "no Python": ("{'numpy': {Cube: 'sin({0} {out}'}}", "is not Python"),
    "unknown": ("{'numpy': {Cube: 'sinn({0}, {out})'}}", "Did you mean 'sin'?"),
    "a function in C": ("{'opencl': {Cube: len}}", "must be a C expression"),
    "a statement": ("{'opencl': {Cube: '{0};'}}", "must be one C expression"),
    "an operand": ("{'opencl': {Cube: '{0} * {1}'}}", "must have the slots {0}, one"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_plugin_with_a_wrong_kernel_is_quarantined_by_name(
    fault: str, install: Install, registry: Registry
) -> None:
    kernels, reason = WRONG[fault]
    install("chainrule-k", CODE.format(kernels=kernels))
    plugin = registry.plugins.load()["k"]
    assert plugin.state == "broken"
    assert reason in plugin.reason
    assert registry.kernels("numpy") == {}
    assert not registry.has("ops", "cube")


SPOILT = "copyto({out}, {0})"


def registered(table: dict[str, Any]) -> object:
    class Kernels:
        @cr.hookimpl
        def register_kernels(self) -> dict[str, Any]:
            return table

    return Kernels()


@pytest.fixture
def register() -> Iterator[Callable[[dict[str, Any]], None]]:
    """Return a function that registers kernels until the test has ended."""
    yield lambda table: everything.plugins.register(registered(table), "spoilt")
    if "spoilt" in everything.plugins.load():
        everything.plugins.unregister("spoilt")


def tanh_of_one() -> float:
    x = cr.input("x", ())
    return float(cr.evaluate([ops.tanh(x)], {x: 1.0}, backend="numpy")[0])


def test_a_built_in_kernel_stays_unless_it_is_overridden_by_intent(
    register: Callable[..., None],
) -> None:
    register({"numpy": {ops.Tanh: SPOILT}})
    assert tanh_of_one() == np.tanh(np.float32(1))
    (said,) = [str(c) for c in everything.collisions if c.kind == "kernel"]
    assert "kernel 'tanh on numpy' of spoilt is not used" in said


def test_a_kernel_that_overrides_is_used_at_once(register: Callable[..., None]) -> None:
    x = cr.input("x", ())
    y = ops.tanh(x)
    before = cr.evaluate([y], {x: 1.0}, backend="numpy")[0]
    register({"numpy": {ops.Tanh: cr.overrides(SPOILT)}})
    assert cr.evaluate([y], {x: 1.0}, backend="numpy")[0] == 1.0
    everything.plugins.unregister("spoilt")
    assert cr.evaluate([y], {x: 1.0}, backend="numpy")[0] == before


def sevens(op: Any, out: Any, *operands: Any) -> None:
    """Compute 7, whatever the operands are."""
    out[...] = 7


@pytest.mark.parametrize("op", NUMBERS, ids=lambda op: op.type_name)
def test_a_kernel_that_overrides_computes_single_numbers_too(
    op: Any, register: Callable[..., None]
) -> None:
    register({"numpy": {op: cr.overrides(sevens)}})
    bound = op is ops.Where or op is ops.ToFloat
    first = ops.less(cr.input("a"), 2.0) if bound else cr.input("a")
    last = [cr.input("b"), cr.input("c")][: len(op.operands) - 1]
    y = op()(first, *last)
    feeds = {"a": 1.5, "b": 2.5, "c": 3.5}
    used = {x.name for x in Graph([y]).inputs}
    given = {name: value for name, value in feeds.items() if name in used}
    after = ops.tanh(ops.to_float(y))  # which reads it
    got, read = cr.evaluate([y, after], given, backend="numpy")
    assert got == (True if y.dtype == "bool" else 7)
    assert read == np.tanh(np.float32(got))


@pytest.mark.parametrize(
    ("op", "operands", "result"),
    [
        (ops.Sum, ["m"], lambda m: ops.sum(m, axis=0)),
        (ops.Matmul, ["m", "n"], lambda m, n: m @ n),
        (ops.Reshape, ["m"], lambda m: ops.reshape(m, (3, 2))),
        (ops.Transpose, ["m"], ops.transpose),
    ],
)
def test_so_it_does_what_is_no_arithmetic_of_elements(
    op: Any, operands: list[str], result: Any, register: Callable[..., None]
) -> None:
    register({"numpy": {op: cr.overrides(sevens)}})
    shapes = {"m": (2, 3), "n": (3, 2)}
    leaves = [cr.input(name, shapes[name]) for name in operands]
    feeds = {name: np.ones(shapes[name]) for name in operands}
    y = result(*leaves)
    got, doubled = cr.evaluate([y, y * 2], feeds, backend="numpy")
    assert (got == 7).all()
    assert (doubled == 14).all()


def test_a_model_that_was_used_takes_a_late_kernel(
    register: Callable[..., None],
) -> None:
    model = cr.Sequential([cr.layers.Activation("tanh")], input_shape=(1,))
    ones = np.ones((2, 1), np.float32)
    assert model.predict(ones, backend="numpy")[0, 0] < 1
    register({"numpy": {ops.Tanh: cr.overrides(SPOILT)}})
    assert model.predict(ones, backend="numpy")[0, 0] == 1


def test_of_two_plugins_the_first_kernel_is_used(
    install: Install, registry: Registry
) -> None:
    install("chainrule-k", CODE.format(kernels="{'jax': {ops.Op: 1}}"))
    install("chainrule-l", CODE.format(kernels="{'jax': {ops.Op: 2}}"))
    assert registry.kernels("jax") == {ops.Op: 1}
    assert ("kernel", "chainrule-k") in {
        (c.kind, c.winner) for c in registry.collisions
    }


def test_kernels_for_a_backend_that_is_not_there_are_remarked_on(
    install: Install, registry: Registry
) -> None:
    install("chainrule-k", CODE.format(kernels="{'nunpy': {Cube: 'x'}}"))
    (remark,) = registry.remarks
    assert remark == (
        "k: register_kernels has kernels for the backend 'nunpy', which is not "
        "installed. Did you mean 'numpy'?"
    )


def test_registering_a_wrong_kernel_by_hand_fails_at_once(registry: Registry) -> None:
    with pytest.raises(PluginError, match="cube on numpy: must have the slots"):
        registry.plugins.register(registered({"numpy": {Cube: "{0}"}}), "k")
    assert "k" not in registry.plugins.load()
