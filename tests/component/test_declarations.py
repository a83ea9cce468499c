"""What a class declares in vain is answered in the words of chainrule."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ComponentError, HyperparameterError, PluginWarning
from chainrule.node import Node


@pytest.mark.parametrize(
    ("base", "name", "meant"),
    [
        (cr.Callback, "on_epoch_end", "epoch_end, as chainrule does: epoch_end(self,"),
        (cr.Layer, "forward", "apply, as chainrule does: apply(self, *inputs)"),
        (cr.Activation, "call", "apply"),
        (cr.Loss, "forward", "per_example"),
        (cr.Optimizer, "step", "update"),
        (cr.Regularizer, "penalise", "penalty"),
        (cr.Metric, "update_state", "totals"),
        (cr.Schedule, "get_lr", "rate"),
        (cr.Initializer, "call", "draw"),
    ],
)
def test_a_method_of_another_framework_is_refused(
    base: Any, name: str, meant: str
) -> None:
    with pytest.raises(ComponentError) as caught:
        type("Mine", (base,), {name: lambda self: None})
    assert f"Mine.{name} would never be called: call it {meant}" in str(caught.value)


@pytest.mark.parametrize(
    ("base", "name", "method", "wanted", "got"),
    [
        (cr.Optimizer, "update", lambda self, p: {}, "p, g, lr, step", "(self, p)"),
        (
            cr.Optimizer,
            "update",
            lambda self, p, g, lr, step, m: {},
            "p, g, lr, step",
            "(self, p, g, lr, step, m); a slot is declared: slots = ('m',)",
        ),
        (cr.Loss, "per_example", lambda self, p: p, "target, prediction", "(self, p)"),
        (cr.Metric, "totals", lambda self, t: (t,), "target, prediction", "(self, t)"),
        (
            cr.Schedule,
            "rate",
            lambda self, lr: lr,
            "lr, step, steps_per_epoch",
            "(self, lr)",
        ),
        (cr.Callback, "epoch_end", lambda self: None, "run", "(self)"),
        (cr.Regularizer, "penalty", lambda self: None, "parameter", "(self)"),
        (cr.Regularizer, "watch", lambda self, a: "", "history, better", "(self, a)"),
        (cr.Initializer, "draw", lambda self, n: n, "shape, random", "(self, n)"),
        (
            cr.Layer,
            "migrate",
            classmethod(lambda self, config: config),
            "config, version",
            "(self, config)",
        ),
    ],
)
def test_a_method_takes_what_chainrule_gives_it(
    base: Any, name: str, method: Any, wanted: str, got: str
) -> None:
    with pytest.raises(ComponentError) as caught:
        type("Mine", (base,), {name: method})
    first = "cls" if isinstance(method, classmethod) else "self"
    said = f"Mine.{name} must take ({first}, {wanted}), with which"
    said += f" chainrule calls it, got {got}"
    assert str(caught.value).startswith(said)


def test_a_method_may_take_more_than_it_is_given() -> None:
    members = {"slots": ("m",), "update": lambda self, p, *rest, m, b=0, **others: {}}
    type("Mine", (cr.Optimizer,), members)
    type("Mine", (cr.Layer,), {"apply": lambda self, a, b, c=None: a})


def test_slots_are_a_tuple() -> None:
    members = {"slots": "mean", "update": lambda self, p, g, lr, step, mean: {}}
    with pytest.raises(ComponentError, match=r"got 'mean': write \('mean',\)"):
        type("Mine", (cr.Optimizer,), members)


def test_the_result_of_a_metric_takes_its_totals() -> None:
    class Mine(cr.Metric):
        """Σ ŷ."""

        def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
            return cr.ops.sum(prediction), cr.ops.sum(target)

        def result(self, total: float) -> float:  # type: ignore[override]
            return total

    model = cr.Sequential([cr.layers.Dense(1)], input_shape=1)
    with pytest.raises(ComponentError, match="must take the 2 that"):
        model.evaluate([[1.0]], [[1.0]], loss="mse", metrics=[Mine()])


def test_a_misspelt_method_is_reported() -> None:
    with pytest.warns(PluginWarning, match=r"Mine\.constrian is never called. Did you"):
        type("Mine", (cr.Regularizer,), {"constrian": lambda self, w: w})


def test_helpers_are_left_alone() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        class Mine(cr.Activation):
            """y = x."""

            def apply(self, x: Node) -> Node:
                return self.forward(x)

            def forward(self, x: Node) -> Node:
                return x

        assert Mine()(cr.input("x", ())).op


def test_an_init_of_ones_own_is_refused() -> None:
    def init(self: Any, alpha: float = 1.0) -> None:
        self.alpha = alpha

    with pytest.raises(ComponentError, match="as annotated fields, alpha: float = …"):
        type("Mine", (cr.Regularizer,), {"__init__": init})


def test_an_attribute_without_annotation_is_explained() -> None:
    class Mine(cr.Regularizer):
        """Does nothing."""

        alpha = 1.5

    with pytest.raises(HyperparameterError) as caught:
        Mine(alpha=2.0)  # type: ignore[call-arg]
    assert "alpha = 1.5 has no annotation, which makes it one: write alpha: float" in (
        str(caught.value)
    )


def op_with(**methods: Any) -> Any:
    members = {"infer": lambda self, x: (x.shape, "float"), **methods}
    return type("Mine", (cr.Op,), members)()


@pytest.mark.parametrize("result", [None, (2, 3), ((2, 3), "real"), [1, 2, 3]])
def test_infer_returns_shape_and_dtype(result: Any) -> None:
    op = op_with(infer=lambda self, x: result)
    with pytest.raises(ComponentError, match=r"Mine\.infer must return shape and"):
        op(cr.input("x", (2, 3)))


@pytest.mark.parametrize(
    ("vjp", "said"),
    [
        (lambda g: None, "must return a tuple of 1, got None"),
        (lambda g: g, "must return a tuple of 1, got"),
        (lambda g: (g, g), "must return 1 derivatives, one for each operand (x), got"),
        (lambda g: (np.ones((2, 3)),), "must return nodes, which cr.ops computes with"),
        (lambda g: (cr.ops.sum(g),), "vjp returned shape () for operand 0, x (2, 3)"),
        (
            lambda g: (cr.ops.broadcast_to(g, (4, 2, 3)),),
            "vjp returned shape (4, 2, 3) for operand 0, x (2, 3): sum over axes",
        ),
    ],
)
def test_vjp_returns_a_gradient_for_each_operand(vjp: Any, said: str) -> None:
    op = op_with(vjp=lambda self, g, y, x: vjp(g))
    x = cr.input("x", (2, 3))
    with pytest.raises(ComponentError) as caught:
        cr.grad(cr.ops.sum(op(x)), [x])
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("slopes", "said"),
    [
        (None, "must return a tuple of 2, got None"),
        ((1.0,), "must return 2 derivatives, one for each operand (a, b), got (1.0,)"),
        ((1.0, 1.0, 1.0), "must return 2 derivatives"),
        ((1.0, "x"), "must return nodes, which cr.ops computes with, got 'x'"),
    ],
)
def test_derivatives_are_one_for_each_operand(slopes: Any, said: str) -> None:
    class Mine(cr.Elementwise):
        """y = a b."""

        def derivatives(self, y: Node, a: Node, b: Node) -> Any:
            return slopes

    a, b = cr.input("a", ()), cr.input("b", ())
    with pytest.raises(ComponentError) as caught:
        cr.grad(Mine()(a, b), [a, b])
    assert said in str(caught.value)


def test_an_expansion_has_the_shape_that_was_inferred() -> None:
    op = op_with(expand=lambda self, x: cr.ops.sum(x))
    with pytest.raises(ComponentError) as caught:
        cr.evaluate([op(cr.input("x", (2, 3)))], {"x": np.ones((2, 3))})
    assert "Mine.expand must return a node of shape (2, 3) and float, got sum ()" in (
        str(caught.value)
    )


def test_an_update_of_nothing_is_shown() -> None:
    members = {"lr": 0.1, "update": lambda self, p, g, lr, step: {}}
    cls: Any = type("Mine", (cr.Optimizer,), members)
    w = cr.parameter("w", np.ones(2))
    with pytest.raises(ComponentError, match=r"new values of p; got \{\}"):
        cls(lr=0.1).minimize(cr.ops.sum(w))
