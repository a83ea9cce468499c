"""Cross entropies over classes: −ln of the probability predicted for the true class.

The four differ in two ways. A target is a row of probabilities, such as one-hot, or the
number of a class (sparse). A prediction is a row of probabilities, as from a model that
ends in a softmax, or of the logits before one (softmax cross entropy).
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

from chainrule import ops
from chainrule.annotations import Fraction
from chainrule.kinds.loss import Loss, over_features
from chainrule.node import Node
from chainrule.plugins.losses.probability import bounded


class CrossEntropy(Loss):
    """Base of the cross entropies: define `log_probabilities`."""

    label_smoothing: Fraction = 0.0

    @abstractmethod
    def log_probabilities(self, prediction: Node) -> Node:
        """Return ln p for every class, along the last axis."""

    def per_example(self, target: Node, prediction: Node) -> Node:
        log_p = self.log_probabilities(prediction)
        if self.target == "classes":
            losses = -ops.pick(log_p, target)
        else:
            losses = -ops.sum(target * log_p, axis=-1)
        if self.label_smoothing:  # as for the targets y (1 − s) + s / classes
            evenly = self.label_smoothing * ops.mean(log_p, axis=-1)
            losses = (1 - self.label_smoothing) * losses - evenly
        return over_features(losses)


class OfProbabilities(CrossEntropy):
    """Base of the cross entropies whose predictions are probabilities."""

    prediction_range: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def log_probabilities(self, prediction: Node) -> Node:
        return ops.log(bounded(prediction))


class OfLogits(CrossEntropy):
    """Base of the cross entropies whose predictions are logits."""

    applies: ClassVar[type[ops.Op] | None] = ops.Softmax

    def log_probabilities(self, prediction: Node) -> Node:
        return ops.log_softmax(prediction)


class CategoricalCrossEntropy(OfProbabilities):
    """J = mean of −Σ yⱼ ln pⱼ; y and p are probabilities over the last axis.

    Args:
        label_smoothing: the part of y that is spread evenly over all classes.
    """

    target_range: ClassVar[tuple[float, float] | None] = (0.0, 1.0)
    for_other_targets: ClassVar[str] = "sparse_categorical_cross_entropy"
    for_other_predictions: ClassVar[str] = "softmax_cross_entropy"


class SoftmaxCrossEntropy(OfLogits):
    """J = mean of −Σ yⱼ ln softmax(z)ⱼ; y are probabilities, z logits.

    Args:
        label_smoothing: the part of y that is spread evenly over all classes.
    """

    foreign_names: ClassVar[tuple[str, ...]] = ("cross_entropy", "CrossEntropyLoss")
    target_range: ClassVar[tuple[float, float] | None] = (0.0, 1.0)
    for_other_targets: ClassVar[str] = "sparse_softmax_cross_entropy"
    for_other_predictions: ClassVar[str] = "categorical_cross_entropy"


class SparseCategoricalCrossEntropy(OfProbabilities):
    """J = mean of −ln p[y]; y is the number of a class, p are probabilities.

    Args:
        label_smoothing: the part of the target that is spread over all classes.
    """

    foreign_names: ClassVar[tuple[str, ...]] = ("nll", "NLLLoss")
    target: ClassVar[Literal["same", "classes"]] = "classes"
    for_other_targets: ClassVar[str] = "categorical_cross_entropy"
    for_other_predictions: ClassVar[str] = "sparse_softmax_cross_entropy"


class SparseSoftmaxCrossEntropy(OfLogits):
    """J = mean of −ln softmax(z)[y]; y is the number of a class, z are logits.

    Args:
        label_smoothing: the part of the target that is spread over all classes.
    """

    foreign_names: ClassVar[tuple[str, ...]] = (
        "cross_entropy", "CrossEntropyLoss", "nll", "NLLLoss",
    )  # fmt: skip
    target: ClassVar[Literal["same", "classes"]] = "classes"
    for_other_targets: ClassVar[str] = "softmax_cross_entropy"
    for_other_predictions: ClassVar[str] = "sparse_categorical_cross_entropy"
