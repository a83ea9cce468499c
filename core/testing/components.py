"""What every component of the mathematical kinds must do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.autodiff import backward
from chainrule.errors import ConformanceError, ShapeError
from chainrule.graph import Constant, Input, Node, Parameter, topological
from chainrule.kinds.activation import Activation
from chainrule.kinds.initializer import Initializer
from chainrule.kinds.layer import Layer
from chainrule.kinds.loss import Loss
from chainrule.kinds.module import Module
from chainrule.kinds.optimizer import Optimizer
from chainrule.kinds.regularizer import Regularizer
from chainrule.ops import Uniform, sum
from chainrule.program import evaluate
from chainrule.spec import Component, from_config
from chainrule.substitution import substitute
from chainrule.testing.derivatives import check_derivatives
from chainrule.testing.functions import (
    Function,
    check_open_batch,
    check_result,
    leaves_for,
)  # fmt: skip
from chainrule.testing.samples import between

Array = npt.NDArray[Any]
FAR = 1e4
"""An argument at which an activation or a loss must still be finite in float32."""


def check_activation(
    activation: Activation, x: npt.ArrayLike | None = None, *, seed: int = 0
) -> None:
    """Check an activation: shape, derivatives, open batch, far arguments, config.

    Args:
        activation: the activation.
        x: where to check it; None for random numbers of shape (3, 4).
        seed: of what is random.

    Raises:
        ConformanceError: something is not as it must be.
    """
    value = _given(x, (3, 4), seed)
    y = activation(Input("x", value.shape))
    if y.shape != value.shape:
        raise ConformanceError(f"the result has shape {y.shape}, x had {value.shape}")
    _check_module(activation, value, seed)
    _check_far(activation, np.linspace(-FAR, FAR, value.size).reshape(value.shape))


def check_layer(layer: Layer, x: npt.ArrayLike | None = None, *, seed: int = 0) -> None:
    """Check a layer, while training and not: derivatives, open batch, sharing, config.

    Args:
        layer: the layer.
        x: what to apply it to; None for random numbers of shape (3, 4).
        seed: of what is random.

    Raises:
        ConformanceError: something is not as it must be.
    """
    value = _given(x, (3, 4), seed)
    _check_module(layer, value, seed)
    leaf = Input("x", value.shape)
    first, before = layer(leaf), len(list(layer.owned_parameters()))
    second = layer(leaf)
    if len(list(layer.owned_parameters())) != before:
        raise ConformanceError("a second application made parameters of its own")
    draws = any(isinstance(node.op, Uniform) for node in topological([first]))
    a, b = evaluate([first, second], {leaf: value}, training=True)
    if draws and np.array_equal(a, b):
        raise ConformanceError(
            "two applications draw the same random numbers: name no stream in the layer"
        )
    a, b = (evaluate([first], {leaf: value}, seed=seed)[0] for seed in (1, 2))
    if not np.array_equal(a, b):
        raise ConformanceError(
            "the result is random while not training: put what is random into the "
            "first operand of chainrule.ops.training"
        )


def _check_module(module: Module, value: Array, seed: int) -> None:
    """Check a module as a function of its input and of its trainable parameters."""
    check_component(module)
    module(Input("x", value.shape))
    owned = [owned.node for _, owned in module.owned_parameters()]
    kept = {node: node.value.copy() for node in owned}
    trainable = [node for node in owned if node.trainable]
    random = np.random.default_rng(seed)
    weights = [node.value + random.uniform(-0.5, 0.5, node.shape) for node in trainable]

    def function(x: Node, *leaves: Node) -> Node:
        replaced = dict(zip(trainable, leaves, strict=True))
        return substitute([module(x)], replaced)[0]

    values = [value, *(weight.astype(np.float64) for weight in weights)]
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
        for node, before in kept.items():
            node.value[...] = before


def check_loss(
    loss: Loss,
    target: npt.ArrayLike | None = None,
    prediction: npt.ArrayLike | None = None,
    *,
    seed: int = 0,
) -> None:
    """Check a loss: one number, derivatives, open batch, weights, far predictions.

    Args:
        loss: the loss.
        target: targets that it takes; None for random ones of its kind.
        prediction: predictions in its domain; None for random ones of shape (3, 4).
        seed: of what is random.

    Raises:
        ConformanceError: something is not as it must be.
    """
    check_component(loss)
    random = np.random.default_rng(seed)
    p = between(loss.domain, (3, 4), random) if prediction is None else prediction
    p = np.asarray(p, np.float64)
    t = sample_target(loss, p.shape, random) if target is None else np.asarray(target)
    check_result(loss, [t, p])
    check_open_batch(loss, [t, p])
    check_derivatives(lambda node: loss(t, node), [p], seed=seed)
    _check_weights(loss, t, p)
    _check_mismatch(loss, t, p)
    low, high = np.clip(loss.domain, -FAR, FAR)
    _check_far(lambda node: loss(t, node), random.choice([low, high], p.shape))


def sample_target(
    loss: Loss, shape: tuple[int, ...], random: np.random.Generator
) -> Array:
    """Return random targets of the kind that a loss takes."""
    if loss.target == "classes":
        return random.integers(shape[-1], size=shape[:-1])
    if loss.between is None:
        return random.standard_normal(shape)
    return random.uniform(*loss.between, shape)


def _check_weights(loss: Loss, target: Array, prediction: Array) -> None:
    n = len(prediction)
    singles = np.array([
        _number(loss, target[i : i + 1], prediction[i : i + 1]) for i in range(n)
    ])  # fmt: skip
    for weights in (np.ones(n), np.zeros(n), np.arange(n)):
        got = _number(loss, target, prediction, weights)
        expected = float((weights * singles).mean())
        if not np.isclose(got, expected, rtol=1e-10, atol=1e-12):
            raise ConformanceError(
                f"with sample weights {weights} the loss is {got}, the weighted mean "
                f"of the examples' losses {expected}: per_example must return one loss "
                "for each example, which depends on no other"
            )


def _number(loss: Loss, *values: Array) -> float:
    leaves = leaves_for(values)
    feeds = dict(zip(leaves, values, strict=True))
    return float(evaluate([loss(*leaves)], feeds, dtype="float64")[0])


def _check_mismatch(loss: Loss, target: Array, prediction: Array) -> None:
    try:
        loss(target[..., None], prediction)
    except ShapeError:
        return
    raise ConformanceError("a target with an axis too many was accepted")


def _check_far(function: Function, value: Array) -> None:
    leaf = Input("x", value.shape)
    y = function(leaf)
    nodes = [y]
    gradient = backward(sum(y), [leaf]).gradient
    if leaf in gradient:
        nodes.append(gradient[leaf])
    for what, got in zip(
        ("value", "gradient"), evaluate(nodes, {leaf: value}), strict=False
    ):
        if not np.isfinite(got).all():
            at = value[~np.isfinite(got)] if got.shape == value.shape else value
            raise ConformanceError(f"the {what} is not finite in float32 at {at}")


def check_initializer(
    initializer: Initializer, shape: tuple[int, ...] = (6, 4)
) -> None:
    """Check an initializer: shape, finite numbers, the same ones for the same seed.

    Raises:
        ConformanceError: something is not as it must be.
    """
    check_component(initializer)
    value = initializer.sample(shape, seed=1, stream="kernel")
    if value.shape != shape or value.dtype != np.float32:
        raise ConformanceError(f"{shape} was asked for, got {value.shape}")
    if not np.isfinite(value).all():
        raise ConformanceError("some values are not finite")
    again = initializer.sample(shape, seed=1, stream="kernel")
    if value.tobytes() != again.tobytes():
        raise ConformanceError(
            "the same seed and stream give other values: draw only from `random`"
        )


def check_regularizer(
    regularizer: Regularizer, weights: npt.ArrayLike | None = None, *, seed: int = 0
) -> None:
    """Check what a regularizer does to weights and activations.

    Raises:
        ConformanceError: something is not as it must be.
    """
    check_component(regularizer)
    value = _given(weights, (4, 3), seed)
    kernel = Parameter("kernel", value)
    penalty = regularizer.penalty(kernel)
    if penalty is not None:
        if penalty.shape != ():
            raise ConformanceError(f"the penalty is no number: {penalty!r}")
        check_derivatives(
            lambda w: substitute([penalty], {kernel: w})[0], [value], seed=seed
        )
    leaf = Input("w", value.shape)
    once = regularizer.constrain(leaf)
    if once is not None:
        twice = regularizer.constrain(once)
        assert twice is not None
        a, b = evaluate([once, twice], {leaf: value}, dtype="float64")
        if a.shape != value.shape or not np.allclose(a, b):
            raise ConformanceError("constraining twice differs from constraining once")
    changed = regularizer.transform(leaf, "check")
    if changed is not None:
        (got,) = evaluate([changed], {leaf: value}, training=True)
        if got.shape != value.shape:
            raise ConformanceError(f"the transform makes {got.shape} of {value.shape}")


def check_optimizer(optimizer: Optimizer) -> None:
    """Check an optimizer: what `update` returns, and that it goes downhill.

    Raises:
        ConformanceError: a slot gets no new value, or ½p² is not made smaller.
    """
    check_component(optimizer)
    start = np.array([1.0, -2.0, 0.5])
    p = Input("p", start.shape)
    slots = {name: Input(name, start.shape) for name in optimizer.slots}
    slots |= {name: Input(name, ()) for name in optimizer.scalar_slots}
    rate, step = Input("lr", ()), Input("step", ())
    new = optimizer.new_values(p, p, rate, step, slots)
    leaves = {"p": p, **slots}
    for name, node in leaves.items():
        if name not in new or new[name].shape != node.shape:
            got = new[name].shape if name in new else "nothing"
            raise ConformanceError(
                f"update must return a new {name!r} of shape {node.shape}, got {got}"
            )
    if extra := set(new) - set(leaves):
        raise ConformanceError(f"update returns {sorted(extra)}, which are no slots")
    values = {"p": start} | {
        name: np.full(node.shape, optimizer.slot_start(name))
        for name, node in slots.items()
    }
    for number in range(1, 21):
        feeds = {leaf: values[name] for name, leaf in leaves.items()}
        feeds |= {rate: np.array(optimizer.lr), step: np.array(number)}
        results = evaluate(list(new.values()), feeds, dtype="float64")
        values = dict(zip(new, results, strict=True))
    if not (values["p"] ** 2).sum() < (start**2).sum():
        raise ConformanceError(f"20 steps on ½p² lead from {start} to {values['p']}")


def check_component(component: Component) -> None:
    """Check that a component has a docstring and comes back from its configuration.

    Raises:
        ConformanceError: it has none, or comes back as another one.
    """
    cls = type(component)
    if not cls.__doc__ or cls.__doc__.startswith(f"{cls.__name__}("):
        raise ConformanceError(f"{cls.__name__} has no docstring: give its formula")
    again = from_config(cls, component.to_config())
    if again.to_config() != component.to_config():
        raise ConformanceError(f"{component!r} comes back from its config as {again!r}")


def _given(x: npt.ArrayLike | None, shape: Sequence[int], seed: int) -> Array:
    if x is None:
        return np.random.default_rng(seed).standard_normal(shape)
    return np.asarray(x, np.float64)
