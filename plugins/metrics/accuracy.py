"""Accuracy: how often the prediction is right."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

from chainrule.annotations import PositiveInt, Probability
from chainrule.errors import ShapeError
from chainrule.node import Node, describe
from chainrule.ops import (
    argmax,
    equal,
    expand_dims,
    greater,
    less,
    one_hot,
    sum,
    to_float,
)  # fmt: skip
from chainrule.plugins.metrics.classes import check_labels, is_single, scores
from chainrule.plugins.metrics.common import Mean, check_same_shape, size

FOR_LABELS = "for class labels use sparse_categorical_accuracy"


class Share(Mean):
    """Base of shares of hits: define `hits`."""

    sees: ClassVar[Literal["prediction", "decision"]] = "decision"

    @abstractmethod
    def hits(self, target: Node, prediction: Node) -> Node:
        """Return for each example, or element, whether the prediction is right."""

    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        right = self.hits(target, prediction)
        return sum(to_float(right)), size(right)


class BinaryAccuracy(Share):
    """Share of elements on the right side of the threshold.

    Shapes: target and prediction alike, such as (batch, 1). A target above the
    threshold is yes, so 0/1 and −1/1 both work.
    """

    threshold: Probability = 0.5

    def hits(self, target: Node, prediction: Node) -> Node:
        check_same_shape(self.type_name, target, prediction, FOR_LABELS)
        true, predicted = target > self.threshold, prediction > self.threshold
        return equal(to_float(true), to_float(predicted))


class CategoricalAccuracy(Share):
    """Share of examples whose largest prediction is at the 1 of a one-hot target.

    Shapes: target and prediction (batch, …, classes).

    Raises:
        ShapeError: there is one class, which is always the largest.
    """

    def hits(self, target: Node, prediction: Node) -> Node:
        check_same_shape(self.type_name, target, prediction, FOR_LABELS)
        if prediction.shape[-1:] == (1,):
            raise ShapeError(
                f"{self.type_name}: the only column of {describe(prediction)} is "
                "always the largest; use binary_accuracy"
            )
        return equal(argmax(target), argmax(scores(prediction)))


class SparseCategoricalAccuracy(Share):
    """Share of examples whose largest prediction is at the class of the target.

    Shapes: target (batch, …) of integers, prediction (batch, …, classes).
    """

    def hits(self, target: Node, prediction: Node) -> Node:
        check_labels(self.type_name, target, prediction)
        return equal(target, argmax(scores(prediction)))


class Accuracy(Share):
    """Share of right answers: binary, categorical or sparse, by the shapes.

    Class labels are compared with the position of the largest prediction, one-hot rows
    by the positions of their largest elements, a single output with the threshold ½.
    """

    def hits(self, target: Node, prediction: Node) -> Node:
        if target.dtype == "int":
            return SparseCategoricalAccuracy().hits(target, prediction)
        if is_single(prediction):
            return BinaryAccuracy().hits(target, prediction)
        return CategoricalAccuracy().hits(target, prediction)


class TopK(Share):
    """Share of examples whose true class is among the k largest predictions.

    Shapes: target (batch, …) of integers or one-hot (batch, …, classes), prediction
    (batch, …, classes). k = 5 as in tf.keras ``TopKCategoricalAccuracy``.

    Raises:
        ShapeError: there are fewer than k classes.
    """

    k: PositiveInt = 5

    def hits(self, target: Node, prediction: Node) -> Node:
        if target.dtype == "int":
            check_labels(self.type_name, target, prediction)
        else:
            hint = "class labels must have one axis less"
            check_same_shape(self.type_name, target, prediction, hint)
            target = argmax(target)
        classes = prediction.shape[-1] or 0
        if self.k > classes:
            most = classes - 1
            remedy = f"take k from 1 to {most}" if most else "leave it out"
            raise ShapeError(
                f"{self.type_name}: the true class of {classes} is always among the "
                f"{self.k} largest; {remedy}"
            )
        true, every = one_hot(target, classes), scores(prediction)
        score = expand_dims(sum(every * true, axis=-1), -1)
        return less(sum(to_float(greater(every, score)), axis=-1), float(self.k))
