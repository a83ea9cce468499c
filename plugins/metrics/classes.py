"""Classes: what targets and predictions say, as integers or one column for each."""

from __future__ import annotations

from chainrule.errors import ShapeError
from chainrule.node import Node, describe
from chainrule.ops import Identity, Softmax, argmax, reshape, to_int
from chainrule.plugins.metrics.common import check_same_shape


def labels_of(metric: str, target: Node, prediction: Node) -> tuple[Node, Node, int]:
    """Return true and predicted classes, of shape (examples,), and how many there are.

    Class labels are compared with the position of the largest prediction, one-hot rows
    by the positions of their largest elements; a single column is class 1 above ½.

    Raises:
        ShapeError: target and prediction do not fit each other.
    """
    if target.dtype == "int":
        check_labels(metric, target, prediction)
    else:
        hint = "class labels must have one axis less"
        check_same_shape(metric, target, prediction, hint)
        if is_single(prediction):
            both = to_int(target > 0.5), to_int(prediction > 0.5)
            return reshape(both[0], (-1,)), reshape(both[1], (-1,)), 2
        target = argmax(target)
    predicted = argmax(scores(prediction))
    classes = prediction.shape[-1] or 0
    return reshape(target, (-1,)), reshape(predicted, (-1,)), classes


def is_single(prediction: Node) -> bool:
    """Return whether there is one number for each example, which says yes or no."""
    return prediction.ndim < 2 or prediction.shape[-1] == 1


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


def check_labels(metric: str, target: Node, prediction: Node) -> None:
    """Reject what is not one class label for each row of predictions.

    Raises:
        ShapeError: says what to use instead.
    """
    if target.dtype != "int" or target.ndim != prediction.ndim - 1:
        raise ShapeError(
            f"{metric}: the target must be integer class labels with one axis less "
            f"than the prediction {describe(prediction)}, got {describe(target)} of "
            f"{target.dtype}; for one-hot targets use categorical_accuracy"
        )
