"""Accuracy: how often the prediction is right."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

from chainrule.annotations import PositiveInt, Probability
from chainrule.errors import ShapeError
from chainrule.node import Node, describe
from chainrule.ops import (
    Identity,
    Softmax,
    argmax,
    equal,
    expand_dims,
    greater,
    less,
    one_hot,
    sum,
    to_float,
)  # fmt: skip
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
        _check_labels(self.type_name, target, prediction)
        return equal(target, argmax(scores(prediction)))


class Accuracy(Share):
    """Share of right answers: binary, categorical or sparse, by the shapes.

    Class labels are compared with the position of the largest prediction, one-hot rows
    by the positions of their largest elements, a single output with the threshold ½.
    """

    def hits(self, target: Node, prediction: Node) -> Node:
        if target.dtype == "int":
            return SparseCategoricalAccuracy().hits(target, prediction)
        if prediction.ndim < 2 or prediction.shape[-1] == 1:
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
            _check_labels(self.type_name, target, prediction)
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


def scores(prediction: Node) -> Node:
    """Return what has the same order along the last axis, with all its digits.

    Those are the logits of a softmax, where rounding makes probabilities equal.
    """
    while isinstance(prediction.op, Identity):
        (prediction,) = prediction.inputs
    ordered = isinstance(prediction.op, Softmax) and (
        prediction.op.axis == prediction.ndim - 1
    )
    return prediction.inputs[0] if ordered else prediction


def _check_labels(metric: str, target: Node, prediction: Node) -> None:
    if target.dtype != "int" or target.ndim != prediction.ndim - 1:
        raise ShapeError(
            f"{metric}: the target must be integer class labels with one axis less "
            f"than the prediction {describe(prediction)}, got {describe(target)} of "
            f"{target.dtype}; for one-hot targets use categorical_accuracy"
        )
