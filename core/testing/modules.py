"""Check activations and layers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from chainrule.errors import ConformanceError
from chainrule.execution import evaluate
from chainrule.graph import topological
from chainrule.kinds.activation import Activation
from chainrule.kinds.layer import Layer
from chainrule.kinds.module import Module
from chainrule.node import Constant, Input, Node, Parameter
from chainrule.ops import Uniform
from chainrule.substitution import substitute
from chainrule.testing.components import check_component
from chainrule.testing.conforming import conforming
from chainrule.testing.derivatives import check_derivatives
from chainrule.testing.everywhere import (
    check_drawn,
    check_on_backends,
    check_saved,
)
from chainrule.testing.properties import FAR, check_far, check_open_batch, check_result
from chainrule.testing.values import Array, given_or_random
from chainrule.testing.written import check_notation


@conforming
def check_activation(
    activation: Activation, x: npt.ArrayLike | None = None, *, seed: int = 0
) -> None:
    """Check an activation: shape, derivatives, open batch, far arguments, config.

    Args:
        activation: the activation.
        x: where to check it; None for random numbers of shape (3, 4), with which it is
            also drawn, saved, loaded and computed on every backend.
        seed: the seed of what is random.

    Raises:
        ConformanceError: the activation breaks its contract; says how.
    """
    value = given_or_random(x, (3, 4), seed)
    y = activation(Input("x", value.shape))
    if y.shape != value.shape:
        raise ConformanceError(
            f"the result must have the shape of x, {value.shape}, got {y.shape}"
        )
    _check_module(activation, value, seed)
    check_far(activation, np.linspace(-FAR, FAR, value.size).reshape(value.shape))
    if x is None:
        _check_outside(activation, value)


@conforming
def check_layer(layer: Layer, x: npt.ArrayLike | None = None, *, seed: int = 0) -> None:
    """Check a layer, while training and not: derivatives, open batch, sharing, config.

    Args:
        layer: the layer.
        x: what to apply it to; None for random numbers of shape (3, 4), with which it
            is also drawn, saved, loaded and computed on every backend.
        seed: the seed of what is random.

    Raises:
        ConformanceError: the layer breaks its contract; says how.
    """
    value = given_or_random(x, (3, 4), seed)
    _check_module(layer, value, seed)
    leaf = Input("x", value.shape)
    first, before = layer(leaf), len(list(layer.owned_parameters()))
    second = layer(leaf)
    if len(list(layer.owned_parameters())) != before:
        raise ConformanceError("a second application made parameters of its own")
    if any(isinstance(node.op, Uniform) for node in topological([first])):
        a, b = evaluate([first, second], {leaf: value}, training=True)
        if np.array_equal(a, b):
            raise ConformanceError(
                "two applications draw the same random numbers: do not name the stream"
            )
    a, b = (evaluate([first], {leaf: value}, seed=seed)[0] for seed in (1, 2))
    if not np.array_equal(a, b):
        raise ConformanceError(
            "the result is random outside training: put what is random into the first "
            "operand of chainrule.ops.training"
        )
    if x is None:
        _check_outside(layer, value)


def _check_outside(module: Module, value: Array) -> None:
    """Check what surrounds the arithmetic: backends, files, formulas, pictures."""
    y = module(Input("x", value.shape))
    check_notation(y)
    check_drawn(y)
    check_saved(module, value)
    check_on_backends(module, value.shape)


def _check_module(module: Module, value: Array, seed: int) -> None:
    """Check a module as a function of its input and of its trainable parameters."""
    check_component(module)
    module(Input("x", value.shape))
    owned = [owned.node for _, owned in module.owned_parameters()]
    initial = {node: node.value.copy() for node in owned}
    trainable = [node for node in owned if node.trainable]
    random = np.random.default_rng(seed)
    weights = [w + random.uniform(-0.5, 0.5, w.shape) for w in map(_value, trainable)]

    def function(x: Node, *leaves: Node) -> Node:
        replaced: dict[Node, Node] = dict(zip(trainable, leaves, strict=True))
        return substitute([module(x)], replaced)[0]

    values = [value, *weights]
    try:
        for training in (False, True):
            check_result(function, values, training=training)
            check_derivatives(function, values, training=training, seed=seed)
            check_open_batch(
                lambda x: function(x, *map(Constant, values[1:])),
                [value],
                training=training,
            )
    finally:
        for node, value_before in initial.items():
            node.value[...] = value_before


def _value(node: Parameter) -> Array:
    return node.value.astype(np.float64)
