"""Losses: what training minimizes, as a function of target and prediction."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib import import_module
from typing import ClassVar, Literal

from chainrule.arguments import checked
from chainrule.component import Component
from chainrule.dtypes import Dtype
from chainrule.errors import GraphError, ShapeError
from chainrule.node import Input, Node, Parameter, Value, as_node, describe, described
from chainrule.ops import Add, Identity, Matmul, Op, Softmax, mean, mul
from chainrule.scopes import Scope, scope
from chainrule.shapes import Shape, shape_fits, shape_text
from chainrule.substitution import substitute


class Loss(Component, ABC):
    """Base of losses: define `per_example`; calling one gives the mean over the batch.

    As in tf.keras the order is (target, prediction). With sample weights w the result
    is Σ wᵢ ℓᵢ / n, n the number of examples (tf.keras' ``sum_over_batch_size``).
    """

    kind: ClassVar[str] = "losses"
    foreign_methods: ClassVar[Mapping[str, str]] = {
        "call": "per_example", "forward": "per_example",
    }  # fmt: skip
    foreign_options: ClassVar[Mapping[str, str]] = {
        "from_logits": 'loss="softmax_cross_entropy", "sparse_softmax_cross_entropy" '
        'or "sigmoid_cross_entropy", which take logits',
        "label_smoothing": "y * (1 - a) + a / classes for the targets",
        "reduction": "a function of (target, prediction) for another than the mean",
    }
    target: ClassVar[Literal["same", "classes", "labels"]] = "same"
    """The form of a target: the shape of the prediction; or integers whose shape lacks
    the last axis of the prediction: places on that axis, or labels of any size."""
    compares_examples: ClassVar[bool] = False
    """Whether the loss of an example depends on the others of its batch, as those of
    contrastive losses do. Then the loss depends on the division into batches."""
    target_range: ClassVar[tuple[float, float] | None] = None
    """The closed interval that targets lie in; None: all numbers."""
    prediction_range: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    """The open interval that predictions lie in, such as (0, 1) for probabilities."""
    applies: ClassVar[type[Op] | None] = None
    """The op, softmax or sigmoid, that the loss itself applies to logits."""
    for_other_targets: ClassVar[str] = ""
    """The name of the same loss for class labels, or for one-hot rows."""
    for_other_predictions: ClassVar[str] = ""
    """The name of the same loss for logits, or for probabilities."""

    @abstractmethod
    def per_example(self, target: Node, prediction: Node) -> Node:
        """Return one loss for each example, of shape (batch,)."""

    @checked
    def __call__(
        self, target: Value, prediction: Value, sample_weight: Value | None = None
    ) -> Node:
        """Return the mean over the batch, a scalar node.

        Raises:
            ShapeError: target and prediction do not fit each other, or `per_example`
                does not return one loss for each example.
        """
        target, prediction = as_node(target), as_node(prediction)
        self.check(target, prediction)
        with scope(Scope(self.type_name, self.type_name, self)):
            losses = self.per_example(target, prediction)
            self._check_one_each(losses, target, prediction)
            if sample_weight is not None:
                weight = as_node(sample_weight)
                if not shape_fits(weight.shape, losses.shape):
                    raise ShapeError(
                        f"{self.type_name}: sample_weight must have one number for "
                        f"each example, shape {shape_text(losses.shape)}, got "
                        f"{describe(weight)}"
                    )
                losses = mul(losses, weight)
            return mean(losses)

    def on_scale_of_target(self, prediction: Node) -> Node:
        """Return what compares with the target: probabilities, where it takes logits.

        Metrics see this.
        """
        if self.applies is None:
            return prediction
        function = getattr(import_module("chainrule.ops"), self.applies.type_name)
        applied: Node = function(prediction)
        return applied

    def decision(self, prediction: Node) -> Node:
        """Return the prediction on a scale where more than ½ means yes.

        Metrics that count right answers see this.
        """
        return self.on_scale_of_target(prediction)

    @property
    def target_dtype(self) -> Dtype:
        """The dtype a target input should have."""
        return "float" if self.target == "same" else "int"

    def check(self, target: Node, prediction: Node) -> None:
        """Reject a target that would only fit the prediction by broadcasting.

        Raises:
            ShapeError: the target has the wrong shape, or labels that are not integers.
        """
        labels = self.target != "same"
        wanted = prediction.shape[:-1] if labels else prediction.shape
        if labels and target.dtype != "int":
            raise ShapeError(
                f"{self.type_name}: targets must be integer class labels of shape "
                f"{shape_text(wanted)}, got {describe(target)} of {target.dtype}"
            )
        if not shape_fits(target.shape, wanted):
            raise ShapeError(
                f"{self.type_name}: the target must have shape {shape_text(wanted)} "
                f"to fit the prediction {describe(prediction)}, got {describe(target)}"
            )

    def check_activation(self, prediction: Node) -> None:
        """Reject probabilities for a loss that takes logits, and the reverse.

        Either would train, but badly: the last activation is applied twice, or never.
        A softmax of one output is rejected too, which is 1 whatever it is of.

        Raises:
            GraphError: the model's last activation does not suit the loss; says which
                loss does.
        """
        while isinstance(prediction.op, Identity):
            (prediction,) = prediction.inputs
        what = describe(prediction)
        if self.applies is not None and isinstance(prediction.op, self.applies):
            name = self.applies.type_name
            raise GraphError(
                f"{self.type_name} takes logits and applies {name} itself, but the "
                f"model already ends in {what}; remove that activation, or use "
                f'loss="{self.for_other_predictions}"'
            )
        last = self.applies or type(prediction.op)
        if issubclass(last, Softmax) and prediction.shape[-1:] == (1,):
            raise GraphError(
                f"{self.type_name}: the softmax of one output, {what}, is always 1, so "
                "nothing can be learned: give the last layer one output for each "
                'class, or one output and loss="sigmoid_cross_entropy"'
            )
        probabilities = self.prediction_range == (0.0, 1.0)
        if probabilities and self.for_other_predictions and _is_affine(prediction):
            raise GraphError(
                f"{self.type_name} takes probabilities, but the model ends in {what} "
                f'without an activation; use loss="{self.for_other_predictions}", '
                "which takes logits, or give the last layer a softmax or a sigmoid"
            )

    def _check_one_each(self, losses: object, target: Node, prediction: Node) -> None:
        wanted, got = prediction.shape[:1], described(losses)
        if isinstance(losses, Node) and shape_fits(losses.shape, wanted):
            found = _shape_for_many(losses, target, prediction)
            if found is None or shape_fits(found, (MANY,)):
                return
            wanted, got = (MANY,), f"shape {shape_text(found)} for {MANY} examples"
        raise ShapeError(
            f"{self.type_name}: per_example must return one loss for each example, of "
            f"shape {shape_text(wanted)}, got {got}; average over all axes but the "
            "first, and leave no example out"
        )


MANY = 1009
"""How many examples an open batch is taken to have where shapes are checked: a prime,
which a loss that was written for some other number does not meet by chance."""


def _shape_for_many(losses: Node, target: Node, prediction: Node) -> Shape | None:
    """Return the shape of the losses of many examples, or None if it is not open.

    Shapes alone are inferred, nothing is computed.
    """
    if not prediction.shape or prediction.shape[0] is not None:
        return None
    many = {
        node: Input(node.name or "x", (MANY, *node.shape[1:]), node.dtype)
        for node in (target, prediction)
        if node.shape and node.shape[0] is None
    }
    try:
        return substitute([losses], many)[0].shape
    except ShapeError:  # it is for one number of examples, which a run may have
        return None


def _is_affine(node: Node) -> bool:
    """Return whether a node is x W or x W + b for a learned W.

    Any other product, such as a mixture of probabilities, may be a probability itself.
    """
    terms = node.inputs if isinstance(node.op, Add) else (node,)
    return any(
        isinstance(term.op, Matmul) and isinstance(term.inputs[1], Parameter)
        for term in terms
    )


def over_features(losses: Node) -> Node:
    """Average over every axis but the batch axis, as tf.keras losses do."""
    axes = tuple(range(1, losses.ndim))
    return mean(losses, axis=axes) if axes else losses
