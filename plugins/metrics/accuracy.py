"""How often the prediction is right."""

from __future__ import annotations

from chainrule.annotations import PositiveInt, Probability
from chainrule.errors import ShapeError
from chainrule.kinds.metric import Metric
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
from chainrule.plugins.metrics.common import same_shape, size


class Share(Metric):
    """Base of metrics that count hits: right ones / all."""

    def hits(self, target: Node, prediction: Node) -> Node:
        """Return for each example (or element) whether it is right."""
        raise NotImplementedError

    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        right = self.hits(target, prediction)
        return sum(to_float(right)), size(right)

    def result(self, *totals: float) -> float:
        right, count = totals
        return right / count


class BinaryAccuracy(Share):
    """Share of elements on the right side of the threshold.

    Shapes: target and prediction alike, such as (batch, 1); a target counts as yes
    above the threshold, so 0/1 and −1/1 both work.
    """

    threshold: Probability = 0.5

    def hits(self, target: Node, prediction: Node) -> Node:
        instead = "for class labels use sparse_categorical_accuracy"
        same_shape(self.type_name, target, prediction, instead)
        yes, said_yes = target > self.threshold, prediction > self.threshold
        return equal(to_float(yes), to_float(said_yes))


class CategoricalAccuracy(Share):
    """Share of examples whose largest prediction is at the one of a one-hot target.

    Shapes: target and prediction (batch, …, classes).
    """

    def hits(self, target: Node, prediction: Node) -> Node:
        instead = "for class labels use sparse_categorical_accuracy"
        same_shape(self.type_name, target, prediction, instead)
        return equal(argmax(target), argmax(prediction))


class SparseCategoricalAccuracy(Share):
    """Share of examples whose largest prediction is at the class of the target.

    Shapes: target (batch, …) of integers, prediction (batch, …, classes).
    """

    def hits(self, target: Node, prediction: Node) -> Node:
        _labels(self.type_name, target, prediction)
        return equal(target, argmax(prediction))


class Accuracy(Share):
    """Share of right answers: binary, categorical or sparse as the shapes say.

    Class labels are compared with the largest prediction; a single output with its
    threshold ½; one-hot rows by the position of the largest element.
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
    (batch, …, classes). k = 5: tf.keras ``TopKCategoricalAccuracy``.

    Raises:
        ShapeError: there are fewer than k classes.
    """

    k: PositiveInt = 5

    def hits(self, target: Node, prediction: Node) -> Node:
        if target.dtype == "int":
            _labels(self.type_name, target, prediction)
        else:
            instead = "or class labels of one dimension less"
            same_shape(self.type_name, target, prediction, instead)
            target = argmax(target)
        classes = prediction.shape[-1] or 0
        if self.k > classes:
            instead = (
                f"take k from 1 to {classes - 1}" if classes > 1 else "leave it out"
            )
            raise ShapeError(
                f"{self.type_name}: the true class of {classes} is always among the "
                f"{self.k} largest; {instead}"
            )
        true = one_hot(target, classes)
        score = expand_dims(sum(prediction * true, axis=-1), -1)
        return less(sum(to_float(greater(prediction, score)), axis=-1), float(self.k))


def _labels(metric: str, target: Node, prediction: Node) -> None:
    if target.dtype != "int" or target.ndim != prediction.ndim - 1:
        raise ShapeError(
            f"{metric}: wants integer class labels with one dimension less than the "
            f"prediction {describe(prediction)}, got {describe(target)} of "
            f"{target.dtype}; for one-hot targets use categorical_accuracy"
        )
