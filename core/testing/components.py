"""Check components: their configuration, initializers, regularizers, optimizers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from chainrule.component import Component
from chainrule.dtypes import dtype_of
from chainrule.errors import ConformanceError
from chainrule.execution import evaluate
from chainrule.kinds.initializer import Initializer
from chainrule.kinds.optimizer import Optimizer
from chainrule.kinds.regularizer import Regularizer
from chainrule.model.foreign import classes_in
from chainrule.node import Input, Parameter
from chainrule.program.sizes import sizes
from chainrule.substitution import substitute
from chainrule.testing.again import again
from chainrule.testing.conforming import conforming
from chainrule.testing.derivatives import check_derivatives
from chainrule.testing.everywhere import check_on_backends
from chainrule.testing.functions import batch_of
from chainrule.testing.values import Array, given_or_random


@conforming
def check_component(component: Component) -> None:
    """Check that a component has a docstring and is restored by its configuration.

    Raises:
        ConformanceError: it has no docstring, or is restored as another one.
    """
    cls = type(component)
    if not cls.__doc__ or cls.__doc__.startswith(f"{cls.__name__}("):
        raise ConformanceError("it has no docstring: give its formula")
    restored = again(component)
    if restored.to_config() != component.to_config():
        raise ConformanceError(f"it is restored by its config as {restored!r}")


def cuts_by_intent(component: Component) -> bool:
    """Return whether a component, or what it is configured with, cuts gradients."""
    return any(getattr(cls, "cuts_gradient", False) for cls in classes_in(component))


@conforming
def check_initializer(
    initializer: Initializer, shape: tuple[int, ...] = (6, 4)
) -> None:
    """Check an initializer: shape, finite numbers, the same ones for the same seed.

    Raises:
        ConformanceError: the initializer breaks its contract; says how.
    """
    check_component(initializer)
    value = initializer.sample(shape, seed=1, stream="kernel")
    if value.shape != shape or value.dtype != np.float32:
        raise ConformanceError(
            f"values must be float32 of shape {shape}, "
            f"got {value.dtype} of shape {value.shape}"
        )
    if not np.isfinite(value).all():
        raise ConformanceError("values must be finite")
    other = initializer.sample(shape, seed=1, stream="kernel")
    if value.tobytes() != other.tobytes():
        raise ConformanceError(
            "the same seed and stream must give the same values: use only `random`"
        )


@conforming
def check_regularizer(
    regularizer: Regularizer, weights: npt.ArrayLike | None = None, *, seed: int = 0
) -> None:
    """Check what a regularizer does to weights and activations.

    Raises:
        ConformanceError: the regularizer breaks its contract; says how.
    """
    check_component(regularizer)
    value = given_or_random(weights, (4, 3), seed)
    kernel = Parameter("kernel", value)
    penalty = regularizer.penalty(kernel)
    if penalty is not None:
        if penalty.shape != ():
            raise ConformanceError(f"the penalty must be a scalar, got {penalty!r}")
        check_derivatives(
            lambda w: substitute([penalty], {kernel: w})[0],
            [value],
            seed=seed,
            cuts=cuts_by_intent(regularizer),
        )
    _check_batch_penalty(regularizer, kernel, seed)
    _check_targets(regularizer)
    leaf = Input("w", value.shape)
    once = regularizer.constrain(leaf)
    if once is not None:
        twice = regularizer.constrain(once)
        assert twice is not None
        a, b = evaluate([once, twice], {leaf: value}, dtype="float64")
        if a.shape != value.shape or not np.allclose(a, b):
            raise ConformanceError("constraining twice must equal constraining once")
    changed = regularizer.transform(leaf, "check")
    if changed is not None:
        (got,) = evaluate([changed], {leaf: value}, training=True)
        if got.shape != value.shape:
            raise ConformanceError(
                f"the transform must keep the shape {value.shape}, got {got.shape}"
            )
    check_on_backends(regularizer)


def _check_batch_penalty(
    regularizer: Regularizer, kernel: Parameter, seed: int
) -> None:
    """Check a penalty that depends on a batch, as a function of the weights too."""
    batch, leaves = batch_of(kernel)
    penalty = regularizer.batch_penalty(batch)
    if penalty is None:
        return
    if penalty.shape != ():
        raise ConformanceError(f"the batch penalty must be a scalar, got {penalty!r}")
    random = np.random.default_rng(seed)
    values = [random.standard_normal(sizes(x)) for x in leaves]
    check_derivatives(
        lambda w, *given: substitute(
            [penalty], {kernel: w, **dict(zip(leaves, given, strict=True))}
        )[0],
        [kernel.value, *values],
        seed=seed,
        cuts=cuts_by_intent(regularizer),
    )


def _check_targets(regularizer: Regularizer) -> None:
    """Check that what replaces targets has their shape and dtype, while training."""
    for values in (np.arange(6) % 3, np.linspace(0.1, 0.9, 6).reshape(3, 2)):
        leaf = Input("t", values.shape, dtype_of(values))
        other = regularizer.transform_target(leaf, "check")
        if other is None:
            continue
        (got,) = evaluate([other], {leaf: values}, training=True)
        if got.shape != values.shape or dtype_of(got) != leaf.dtype:
            raise ConformanceError(
                f"transform_target must keep shape {values.shape} and {leaf.dtype}, "
                f"got {got.shape} and {dtype_of(got)}; return None for targets that "
                "it leaves as they are"
            )


@conforming
def check_optimizer(optimizer: Optimizer) -> None:
    """Check an optimizer: what `update` returns, and that it goes downhill.

    Raises:
        ConformanceError: a slot gets no new value, or ½p² does not decrease.
    """
    check_component(optimizer)
    start = np.array([1.0, -2.0, 0.5])
    _check_downhill(optimizer, "bias", start)
    if optimizer.per_parameter:
        _check_downhill(optimizer, "kernel", np.outer([1.0, -0.5, 2.0, 1.0], start))
    check_on_backends(optimizer)


def _check_downhill(optimizer: Optimizer, name: str, start: Array) -> None:
    """Check 20 steps on ½p²."""
    p = Input(name, start.shape)
    shapes = dict.fromkeys(optimizer.slots, start.shape)
    shapes |= dict.fromkeys(optimizer.scalar_slots, ())
    slots = {name: Input(name, shape) for name, shape in shapes.items()}
    rate, step = Input("lr", ()), Input("step", ())
    new = optimizer.new_values(p, p, rate, step, slots)
    leaves = {"p": p, **slots}
    values = {"p": start} | {
        name: np.full(shape, optimizer.slot_start(name))
        for name, shape in shapes.items()
    }
    for number in range(1, 21):
        feeds = {leaf: values[name] for name, leaf in leaves.items()}
        feeds |= {rate: np.array(optimizer.lr), step: np.array(number)}
        results = evaluate(list(new.values()), feeds, dtype="float64")
        values = dict(zip(new, results, strict=True))
    if not (values["p"] ** 2).sum() < (start**2).sum():
        raise ConformanceError(f"20 steps on ½p² lead from {start} to {values['p']}")
