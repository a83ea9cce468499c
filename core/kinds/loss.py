"""Losses: what training makes small, as a function of target and prediction."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from chainrule.component import Component
from chainrule.errors import GraphError, ShapeError
from chainrule.node import Dtype, Node, Parameter, Value, as_node, describe
from chainrule.ops import Add, Identity, Matmul, Op, mean, mul, sum
from chainrule.scopes import Scope, scope
from chainrule.shapes import Shape, shape_fits, shape_text


class Loss(Component, ABC):
    """Base of losses: define `per_example`; calling one gives the mean over the batch.

    As in tf.keras the order is (target, prediction). With sample weights w the result
    is Σ wᵢ ℓᵢ / n, n the number of examples (tf.keras' ``sum_over_batch_size``).
    """

    kind: ClassVar[str] = "losses"
    target: ClassVar[Literal["same", "classes"]] = "same"
    """What a target looks like: the prediction's shape, or integer class labels with
    the prediction's shape less its last axis."""
    between: ClassVar[tuple[float, float] | None] = None
    """The interval in which targets must lie, ends included; None: all numbers."""
    domain: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    """The open interval in which predictions lie, such as (0, 1) for probabilities."""
    counterpart: ClassVar[str] = ""
    """The loss for targets of the other form: one-hot rows, or class labels."""
    applies: ClassVar[type[Op] | None] = None
    """What the loss itself applies to a prediction: softmax or sigmoid, to logits."""
    partner: ClassVar[str] = ""
    """The loss of the same formula for probabilities, or for logits."""

    @abstractmethod
    def per_example(self, target: Node, prediction: Node) -> Node:
        """Return one loss for each example: the shape of the batch axis."""

    def __call__(
        self, target: Value, prediction: Value, sample_weight: Value | None = None
    ) -> Node:
        """Return the loss as one number.

        Raises:
            ShapeError: target and prediction do not fit; says which loss would.
        """
        target, prediction = as_node(target), as_node(prediction)
        self.check(target, prediction)
        with scope(Scope(self.type_name, self.type_name, self)):
            losses = self.per_example(target, prediction)
            self._check_one_each(losses, prediction.shape[:1])
            if sample_weight is not None:
                weighted = mul(losses, sample_weight)
                return mean(weighted)
            return mean(losses)

    def decision(self, prediction: Node) -> Node:
        """Return the prediction on the scale where above ½ means yes, for metrics."""
        return prediction

    @property
    def target_dtype(self) -> Dtype:
        """The dtype a target input should have."""
        return "int" if self.target == "classes" else "float"

    def check(self, target: Node, prediction: Node) -> None:
        """Refuse targets that would broadcast into nonsense."""
        wanted = prediction.shape[:-1] if self.target == "classes" else prediction.shape
        if self.target == "classes" and target.dtype != "int":
            raise ShapeError(
                f"{self.type_name}: targets are integer class labels of shape "
                f"{wanted}, got {describe(target)} of {target.dtype}"
            )
        if not shape_fits(target.shape, wanted):
            raise ShapeError(
                f"{self.type_name}: the target is {describe(target)} and the "
                f"prediction {describe(prediction)}; the target must have shape "
                f"{wanted}"
            )

    def check_activation(self, prediction: Node) -> None:
        """Refuse probabilities where logits are wanted, and the reverse.

        Both train, badly: a model's last activation is applied twice, or never.

        Raises:
            GraphError: says which loss, or which activation, to take.
        """
        while isinstance(prediction.op, Identity):
            (prediction,) = prediction.inputs
        what = describe(prediction)
        if self.applies is not None and isinstance(prediction.op, self.applies):
            name = self.applies.type_name
            raise GraphError(
                f"{self.type_name} takes logits and applies {name} itself, but the "
                f"model already ends in {what}; leave that activation out, or use "
                f'loss="{self.partner}"'
            )
        if self.domain == (0.0, 1.0) and self.partner and _is_affine(prediction):
            raise GraphError(
                f"{self.type_name} takes probabilities, but the model ends in {what} "
                f'without an activation; use loss="{self.partner}", which takes '
                "logits, or give the last layer a softmax or a sigmoid"
            )

    def _check_one_each(self, losses: object, wanted: Shape) -> None:
        if isinstance(losses, Node) and shape_fits(losses.shape, wanted):
            return
        shown = describe(losses) if isinstance(losses, Node) else repr(losses)
        raise ShapeError(
            f"{self.type_name}: per_example must return one loss for each example, of "
            f"shape {shape_text(wanted)}, it returned {shown}; average all axes but "
            "the first"
        )


def _is_affine(node: Node) -> bool:
    """Whether a node is x W or x W + b, W being learned, not mixing probabilities."""
    sides = node.inputs if isinstance(node.op, Add) else (node,)
    return any(
        isinstance(side.op, Matmul) and isinstance(side.inputs[1], Parameter)
        for side in sides
    )


def over_features(losses: Node) -> Node:
    """Average everything but the batch axis, as tf.keras losses do."""
    return (
        mean(losses, axis=tuple(range(1, losses.ndim))) if losses.ndim > 1 else losses
    )


def summed_features(losses: Node) -> Node:
    """Sum everything but the batch axis."""
    return sum(losses, axis=tuple(range(1, losses.ndim))) if losses.ndim > 1 else losses
