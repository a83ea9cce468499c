"""Check losses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from chainrule.autodiff import backward
from chainrule.errors import ConformanceError, ShapeError
from chainrule.execution import evaluate
from chainrule.kinds.loss import Loss
from chainrule.testing.components import check_component, cuts_by_intent
from chainrule.testing.conforming import conforming
from chainrule.testing.derivatives import check_derivatives
from chainrule.testing.everywhere import check_drawn, check_on_backends
from chainrule.testing.functions import leaves_for
from chainrule.testing.properties import (
    FAR,
    check_certain,
    check_far,
    check_open_batch,
    check_result,
)
from chainrule.testing.targets import sample_target
from chainrule.testing.values import Array, between
from chainrule.testing.written import check_notation


@conforming
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
        prediction: predictions in its domain; None for random ones of shape (3, 4),
            with which it is also drawn and computed on every backend.
        seed: the seed of what is random.

    Raises:
        ConformanceError: the loss breaks its contract; says how.
    """
    check_component(loss)
    random = np.random.default_rng(seed)
    given = prediction is not None
    if prediction is None:
        prediction = between(loss.prediction_range, (3, 4), random)
    p = np.asarray(prediction, np.float64)
    t = sample_target(loss, p.shape, random) if target is None else np.asarray(target)
    check_result(loss, [t, p])
    check_certain(loss, [t, p])
    check_open_batch(loss, [t, p])
    cuts = cuts_by_intent(loss)
    check_derivatives(lambda node: loss(t, node), [p], seed=seed, cuts=cuts)
    _check_weights(loss, t, p)
    _check_mismatch(loss, t, p)
    low, high = np.clip(loss.prediction_range, -FAR, FAR)
    check_far(lambda node: loss(t, node), random.choice([low, high], p.shape))
    if given:
        return
    check_on_backends(loss)
    written = loss(t, leaves_for([p])[0])
    check_notation(written)
    check_drawn(written)


def _check_weights(loss: Loss, target: Array, prediction: Array) -> None:
    n = len(prediction)
    if loss.compares_examples:
        singles = _per_example(loss, target, prediction)
        _check_order(loss, target, prediction, singles)
        hint = "the weight of an example must be the factor of its loss alone"
    else:
        singles = np.array([
            _number(loss, target[i : i + 1], prediction[i : i + 1]) for i in range(n)
        ])  # fmt: skip
        hint = (
            "per_example must return one loss for each example, which depends on that "
            "example alone; a loss that compares them declares compares_examples = True"
        )
    for weights in (np.ones(n), np.zeros(n), np.arange(n)):
        got = _number(loss, target, prediction, weights)
        expected = float((weights * singles).mean())
        if not np.isclose(got, expected, rtol=1e-10, atol=1e-12):
            raise ConformanceError(
                f"with sample weights {weights} the loss is {got}, the weighted mean "
                f"of the examples' losses {expected}: {hint}"
            )


def _check_order(loss: Loss, target: Array, prediction: Array, losses: Array) -> None:
    """Check what must hold for a loss that compares the examples of a batch."""
    order = np.roll(np.arange(len(prediction)), 1)
    moved = _per_example(loss, target[order], prediction[order])
    if not np.allclose(moved, losses[order], rtol=1e-10, atol=1e-12):
        raise ConformanceError(
            f"the losses of examples in another order are {moved}, not {losses[order]}:"
            " they must depend on which examples are in the batch, not on their places"
        )
    for weight in (1.0, 0.0):  # a batch of one, whose example has none to compare with
        leaf = leaves_for([prediction[:1]])[0]
        value = loss(target[:1], leaf, np.array([weight]))
        gradient = backward(value, [leaf]).gradient
        nodes = [value, *(gradient[leaf],) * (leaf in gradient)]
        results = evaluate(nodes, {leaf: prediction[:1]}, dtype="float64")
        if not all(np.isfinite(result).all() for result in results):
            raise ConformanceError(
                "the loss of a batch of one example, or its gradient, is not finite: "
                "the last batch of an epoch may be one"
            )


def _per_example(loss: Loss, target: Array, prediction: Array) -> Array:
    """Return the loss of each example."""
    leaves = leaves_for([target, prediction])
    feeds = dict(zip(leaves, [target, prediction], strict=True))
    losses: Array = evaluate([loss.per_example(*leaves)], feeds, dtype="float64")[0]
    return losses


def _number(loss: Loss, *values: Array) -> float:
    leaves = leaves_for(values)
    feeds = dict(zip(leaves, values, strict=True))
    return float(evaluate([loss(*leaves)], feeds, dtype="float64")[0])


def _check_mismatch(loss: Loss, target: Array, prediction: Array) -> None:
    if len(target) == 1:
        return
    try:
        loss(target[:1], prediction)
    except ShapeError:
        return
    raise ConformanceError("one target for several predictions was accepted")
