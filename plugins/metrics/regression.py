"""Metrics of regression: how far predicted numbers are off."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import ClassVar

from chainrule.kinds.metric import Metric
from chainrule.node import Node
from chainrule.ops import abs, maximum, reshape, square, sum
from chainrule.plugins.metrics.common import Mean, check_same_shape, size

NUMBERS = "this metric is for numbers, not for class labels"
EPSILON = 1e-7
"""The least size of a target that a percentage is taken of."""


class MeanError(Mean):
    """Base of means of an error over all elements: define `error`."""

    higher_is_better: ClassVar[bool] = False

    @abstractmethod
    def error(self, difference: Node) -> Node:
        """Return the error, from prediction − target."""

    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        check_same_shape(self.type_name, target, prediction, NUMBERS)
        return sum(self.error(prediction - target)), size(prediction)


class MAE(MeanError):
    """Mean absolute error: mean of |ŷ − y|."""

    aliases: ClassVar[tuple[str, ...]] = ("mean_absolute_error",)

    def error(self, difference: Node) -> Node:
        return abs(difference)


class MSE(MeanError):
    """Mean squared error: mean of (ŷ − y)²."""

    aliases: ClassVar[tuple[str, ...]] = ("mean_squared_error",)

    def error(self, difference: Node) -> Node:
        return square(difference)


class RMSE(MSE):
    """Root of the mean squared error, in the unit of the target."""

    aliases: ClassVar[tuple[str, ...]] = ("root_mean_squared_error",)

    def result(self, *totals: float) -> float:
        return math.sqrt(super().result(*totals))


class MAPE(Mean):
    """Mean absolute percentage error: 100 times the mean of |ŷ − y| / max(|y|, ε).

    ε = 10⁻⁷, as in tf.keras ``MeanAbsolutePercentageError``. Shapes: target and
    prediction alike.
    """

    aliases: ClassVar[tuple[str, ...]] = ("mean_absolute_percentage_error",)
    higher_is_better: ClassVar[bool] = False

    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        check_same_shape(self.type_name, target, prediction, NUMBERS)
        error = abs(prediction - target) / maximum(abs(target), EPSILON)
        return sum(100 * error), size(prediction)


class R2(Metric):
    """R² = 1 − Σ (y − ŷ)² / Σ (y − ȳ)², the mean over the columns of the target.

    1 is perfect, 0 as good as the mean ȳ. A column that never varies counts as 0
    unless it is predicted exactly (scikit-learn ``r2_score``).
    """

    foreign_names: ClassVar[tuple[str, ...]] = ("r2_score", "r_squared")
    shift_invariant: ClassVar[bool] = True

    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        check_same_shape(self.type_name, target, prediction, NUMBERS)
        width = target.shape[-1] if target.ndim > 1 else 1
        y, y_hat = reshape(target, (-1, width)), reshape(prediction, (-1, width))
        columns = [(y[:, i], y_hat[:, i]) for i in range(width or 1)]
        sums = [
            total
            for a, b in columns
            for total in (sum(square(b - a)), sum(a), sum(square(a)))
        ]
        return size(y[:, 0]), *sums

    def result(self, *totals: float) -> float:
        count, *sums = totals
        scores = []
        for residual, first, second in zip(*[iter(sums)] * 3, strict=True):
            spread = second - first * first / count
            if spread > 0:
                scores.append(1 - residual / spread)
            else:
                scores.append(1.0 if residual == 0 else 0.0)
        return math.fsum(scores) / len(scores)
