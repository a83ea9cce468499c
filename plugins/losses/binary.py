"""Losses of binary classification."""

from __future__ import annotations

from typing import ClassVar

from chainrule import ops
from chainrule.annotations import Fraction
from chainrule.kinds.loss import Loss, over_features
from chainrule.node import Node
from chainrule.plugins.losses.probability import bounded, complement


class BinaryCrossEntropy(Loss):
    """J = mean of −(y ln p + (1 − y) ln(1 − p)); the prediction p is a probability.

    Args:
        label_smoothing: the part of the way from 0 and 1 to ½ that targets are moved.
    """

    foreign_names: ClassVar[tuple[str, ...]] = ("bce", "BCELoss", "log_loss")
    target_range: ClassVar[tuple[float, float] | None] = (0.0, 1.0)
    prediction_range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    for_other_predictions: ClassVar[str] = "sigmoid_cross_entropy"

    label_smoothing: Fraction = 0.0

    def per_example(self, target: Node, prediction: Node) -> Node:
        y = towards_half(target, self.label_smoothing)
        p, q = bounded(prediction), complement(prediction)
        return over_features(-(y * ops.log(p) + (1 - y) * ops.log(q)))


class SigmoidCrossEntropy(Loss):
    """J = mean of ln(1 + eᶻ) − y z: binary cross entropy of p = σ(z), from the logit z.

    Args:
        label_smoothing: the part of the way from 0 and 1 to ½ that targets are moved.
    """

    foreign_names: ClassVar[tuple[str, ...]] = (
        "BCEWithLogits", "BCEWithLogitsLoss", "binary_cross_entropy_with_logits",
    )  # fmt: skip
    target_range: ClassVar[tuple[float, float] | None] = (0.0, 1.0)
    applies: ClassVar[type[ops.Op] | None] = ops.Sigmoid
    for_other_predictions: ClassVar[str] = "binary_cross_entropy"

    label_smoothing: Fraction = 0.0

    def per_example(self, target: Node, prediction: Node) -> Node:
        y = towards_half(target, self.label_smoothing)
        return over_features(ops.softplus(prediction) - y * prediction)


class Hinge(Loss):
    """J = mean of max(0, 1 − y z), y = ±1; a target of 0 counts as −1, as in tf.keras.

    The prediction z is a margin, not a probability (Cortes & Vapnik, 1995).
    """

    target_range: ClassVar[tuple[float, float] | None] = (-1.0, 1.0)

    def per_example(self, target: Node, prediction: Node) -> Node:
        y = ops.where(target > 0, 1.0, -1.0)
        return over_features(ops.relu(1 - y * prediction))

    def decision(self, prediction: Node) -> Node:
        return (prediction + 1) / 2


def towards_half(target: Node, smoothing: float) -> Node:
    """Return (1 − s) y + s/2, the smoothed targets of tf.keras."""
    return (1 - smoothing) * target + smoothing / 2 if smoothing else target
