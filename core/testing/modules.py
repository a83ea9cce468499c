"""Check activations and layers."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from chainrule.errors import ConformanceError
from chainrule.execution import evaluate
from chainrule.graph import topological
from chainrule.kinds.activation import Activation
from chainrule.kinds.layer import Layer
from chainrule.kinds.module import Module
from chainrule.kinds.operands import Takes
from chainrule.node import Constant, Input, Node, Parameter, described
from chainrule.ops import Uniform
from chainrule.substitution import substitute
from chainrule.testing.components import check_component, cuts_by_intent
from chainrule.testing.conforming import conforming
from chainrule.testing.derivatives import check_derivatives
from chainrule.testing.everywhere import (
    check_drawn,
    check_on_backends,
    check_saved,
)
from chainrule.testing.functions import (
    Function,
    inputs_for,
    leaves_for,
    outputs_of,
)
from chainrule.testing.properties import (
    FAR,
    check_certain,
    check_far,
    check_open_batch,
    check_result,
)
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
    if not isinstance(y, Node) or y.shape != value.shape:
        raise ConformanceError(
            f"the result must have the shape of x, {value.shape}, got {described(y)}"
        )
    _check_module(activation, [value], seed)
    check_far(activation, np.linspace(-FAR, FAR, value.size).reshape(value.shape))
    if x is None:
        _check_outside(activation, [value])


@conforming
def check_layer(
    layer: Layer,
    x: npt.ArrayLike | Sequence[npt.ArrayLike] | None = None,
    *,
    seed: int = 0,
) -> None:
    """Check a layer, while training and not: derivatives, open batch, sharing, config.

    Args:
        layer: the layer.
        x: what to apply it to, a list for several inputs; None for random numbers of
            shape (3, 4) for each, with which it is also drawn, saved, loaded and
            computed on every backend.
        seed: the seed of what is random.

    Raises:
        ConformanceError: the layer breaks its contract; says how.
    """
    values = inputs_for(layer, (3, 4), np.random.default_rng(seed))
    if x is not None:
        given = Takes.of(layer.apply).inputs((x,), layer.scope.title)
        values = [np.asarray(one, np.float64) for one in given]
    _check_module(layer, values, seed)
    _check_sharing(layer, values)
    if x is None:
        _check_outside(layer, values)


def _check_sharing(layer: Layer, values: Sequence[Array]) -> None:
    """Check that two calls share the parameters, and not what is random."""
    leaves = leaves_for(values)
    feeds = dict(zip(leaves, values, strict=True))
    first, before = outputs_of(layer, leaves), len(list(layer.owned_parameters()))
    second = outputs_of(layer, leaves)
    if len(list(layer.owned_parameters())) != before:
        raise ConformanceError("a second application made parameters of its own")
    for one, other in zip(first, second, strict=True):
        if any(isinstance(node.op, Uniform) for node in topological([one])):
            a, b = evaluate([one, other], feeds, training=True)
            if np.array_equal(a, b):
                raise ConformanceError(
                    "two applications draw the same random numbers: do not name the "
                    "stream"
                )


def _check_outside(module: Module, values: Sequence[Array]) -> None:
    """Check what surrounds the arithmetic: backends, files, formulas, pictures."""
    for y in outputs_of(module, leaves_for(values)):
        check_notation(y)
        check_drawn(y)
    check_saved(module, values)
    check_on_backends(module, values[0].shape)


def _check_module(module: Module, inputs: Sequence[Array], seed: int) -> None:
    """Check a module as a function of its inputs and of its trainable parameters."""
    check_component(module)
    outputs = outputs_of(module, leaves_for(inputs))
    owned = [owned.node for _, owned in module.owned_parameters()]
    initial = {node: node.value.copy() for node in owned}
    trainable = [node for node in owned if node.trainable]
    random = np.random.default_rng(seed)
    weights = [w + random.uniform(-0.5, 0.5, w.shape) for w in map(_value, trainable)]

    def output(number: int, *leaves: Node) -> Node:
        given, rest = leaves[: len(inputs)], leaves[len(inputs) :]
        replaced: dict[Node, Node] = dict(zip(trainable, rest, strict=True))
        return substitute([outputs_of(module, given)[number]], replaced)[0]

    def of_inputs(function: Function, *leaves: Node) -> Node:
        return function(*leaves, *map(Constant, weights))

    values, cuts = [*inputs, *weights], cuts_by_intent(module)
    try:
        for number, training in itertools.product(range(len(outputs)), (False, True)):
            function = functools.partial(output, number)
            check_result(function, values, training=training)
            if not training:
                check_certain(function, values)
            check_derivatives(function, values, training=training, seed=seed, cuts=cuts)
            check_open_batch(
                functools.partial(of_inputs, function), inputs, training=training
            )
    finally:
        for node, value_before in initial.items():
            node.value[...] = value_before


def _value(node: Parameter) -> Array:
    return node.value.astype(np.float64)
