"""Divergence: how far one distribution is from another."""

from __future__ import annotations

from typing import ClassVar

from chainrule import ops
from chainrule.kinds.loss import Loss, over_features
from chainrule.node import Node
from chainrule.plugins.losses.probability import bounded


class KLDivergence(Loss):
    """J = mean of Σ y ln(y / p) over the last axis (Kullback & Leibler, 1951).

    y and p are distributions over the last axis.
    """

    foreign_names: ClassVar[tuple[str, ...]] = ("kl_div", "kld", "KLDivLoss")
    target_range: ClassVar[tuple[float, float] | None] = (0.0, 1.0)
    prediction_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def per_example(self, target: Node, prediction: Node) -> Node:
        ratio = ops.log(bounded(target)) - ops.log(bounded(prediction))
        return over_features(ops.sum(target * ratio, axis=-1))
