"""Losses of regression: functions of the error e = ŷ − y, averaged over features."""

from __future__ import annotations

from chainrule import ops
from chainrule.annotations import Positive
from chainrule.kinds.loss import Loss, over_features
from chainrule.node import Node


class MSE(Loss):
    """J = mean of (ŷ − y)²: the mean squared error."""

    aliases = ("mean_squared_error",)
    foreign_names = ("l2", "L2Loss")

    def per_example(self, target: Node, prediction: Node) -> Node:
        return over_features(ops.square(prediction - target))


class MAE(Loss):
    """J = mean of |ŷ − y|: the mean absolute error."""

    aliases = ("mean_absolute_error",)
    foreign_names = ("l1", "L1Loss")

    def per_example(self, target: Node, prediction: Node) -> Node:
        return over_features(abs(prediction - target))


class Huber(Loss):
    """J = mean of e²/2 where |e| ≤ δ, δ(|e| − δ/2) elsewhere (Huber, 1964).

    Args:
        delta: δ, the error at which the parabola becomes a line; 1 as in tf.keras.
    """

    foreign_names = ("smooth_l1", "SmoothL1Loss")
    delta: Positive = 1.0

    def per_example(self, target: Node, prediction: Node) -> Node:
        error = prediction - target
        size = abs(error)
        line = self.delta * (size - self.delta / 2)
        return over_features(ops.where(size <= self.delta, 0.5 * error**2, line))


class LogCosh(Loss):
    """J = mean of ln cosh(ŷ − y): about e²/2 for small e, |e| − ln 2 for large e."""

    def per_example(self, target: Node, prediction: Node) -> Node:
        return over_features(ops.log_cosh(prediction - target))
