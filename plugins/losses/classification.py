"""Cross entropies over classes: −ln of the probability that the true class was given.

Two questions choose among the four. Is the target a row of probabilities, such as
one-hot, or the number of a class (sparse)? Does the model end in a softmax, or are its
predictions the logits before one (softmax cross entropy)?
"""

from __future__ import annotations

from typing import ClassVar, Literal

from chainrule import ops
from chainrule.component import Fraction
from chainrule.kinds.loss import Loss, over_features
from chainrule.node import Node
from chainrule.plugins.losses.probability import bounded


class CategoricalCrossEntropy(Loss):
    """J = mean of −Σ yⱼ ln pⱼ; y and p are probabilities over the last axis.

    Args:
        label_smoothing: the part of y that is spread evenly over all classes.
    """

    between: ClassVar[tuple[float, float] | None] = (0.0, 1.0)
    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)
    counterpart: ClassVar[str] = "sparse_categorical_cross_entropy"
    partner: ClassVar[str] = "softmax_cross_entropy"

    label_smoothing: Fraction = 0.0

    def per_example(self, target: Node, prediction: Node) -> Node:
        log_p = ops.log(bounded(prediction))
        losses = -ops.sum(target * log_p, axis=-1)
        return over_features(spread(losses, log_p, self.label_smoothing))


class SoftmaxCrossEntropy(Loss):
    """J = mean of −Σ yⱼ ln softmax(z)ⱼ; y are probabilities, z logits.

    Args:
        label_smoothing: the part of y that is spread evenly over all classes.
    """

    elsewhere: ClassVar[tuple[str, ...]] = ("cross_entropy", "CrossEntropyLoss")
    between: ClassVar[tuple[float, float] | None] = (0.0, 1.0)
    counterpart: ClassVar[str] = "sparse_softmax_cross_entropy"
    applies: ClassVar[type[ops.Op] | None] = ops.Softmax
    partner: ClassVar[str] = "categorical_cross_entropy"

    label_smoothing: Fraction = 0.0

    def per_example(self, target: Node, prediction: Node) -> Node:
        log_p = ops.log_softmax(prediction)
        losses = -ops.sum(target * log_p, axis=-1)
        return over_features(spread(losses, log_p, self.label_smoothing))


class SparseCategoricalCrossEntropy(Loss):
    """J = mean of −ln p[y]; y is the number of a class, p are probabilities.

    Args:
        label_smoothing: the part of the target that is spread over all classes.
    """

    elsewhere: ClassVar[tuple[str, ...]] = ("nll", "NLLLoss")
    target: ClassVar[Literal["same", "classes"]] = "classes"
    domain: ClassVar[tuple[float, float]] = (0.0, 1.0)
    counterpart: ClassVar[str] = "categorical_cross_entropy"
    partner: ClassVar[str] = "sparse_softmax_cross_entropy"

    label_smoothing: Fraction = 0.0

    def per_example(self, target: Node, prediction: Node) -> Node:
        log_p = ops.log(bounded(prediction))
        losses = -ops.pick(log_p, target)
        return over_features(spread(losses, log_p, self.label_smoothing))


class SparseSoftmaxCrossEntropy(Loss):
    """J = mean of −ln softmax(z)[y]; y is the number of a class, z are logits.

    Args:
        label_smoothing: the part of the target that is spread over all classes.
    """

    elsewhere: ClassVar[tuple[str, ...]] = (
        "cross_entropy", "CrossEntropyLoss", "nll", "NLLLoss",
    )  # fmt: skip
    target: ClassVar[Literal["same", "classes"]] = "classes"
    counterpart: ClassVar[str] = "softmax_cross_entropy"
    applies: ClassVar[type[ops.Op] | None] = ops.Softmax
    partner: ClassVar[str] = "sparse_categorical_cross_entropy"

    label_smoothing: Fraction = 0.0

    def per_example(self, target: Node, prediction: Node) -> Node:
        log_p = ops.log_softmax(prediction)
        losses = -ops.pick(log_p, target)
        return over_features(spread(losses, log_p, self.label_smoothing))


def spread(losses: Node, log_p: Node, smoothing: float) -> Node:
    """Return (1 − s) ℓ − s mean(ln p): the loss for targets y (1 − s) + s / classes."""
    if not smoothing:
        return losses
    return (1 - smoothing) * losses - smoothing * ops.mean(log_p, axis=-1)
