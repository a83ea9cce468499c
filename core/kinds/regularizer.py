"""Regularizers: anything that constrains the optimization.

A regularizer may act in several places, and overrides the methods that it needs: a
penalty in the loss, for each weight matrix or for each batch; a transform of
activations or targets while training; a constraint on a parameter after each update; a
rule that stops training.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from chainrule.component import Component
from chainrule.kinds.monitor import Direction
from chainrule.node import Node, Parameter


@dataclass(frozen=True)
class Batch:
    """What the loss of a batch is computed from, as nodes.

    Attributes:
        inputs: those of the network.
        targets: one for each output.
        predictions: the outputs.
        loss: the weighted sum of the losses, without penalties.
    """

    inputs: tuple[Node, ...]
    targets: tuple[Node, ...]
    predictions: tuple[Node, ...]
    loss: Node


class Regularizer(Component):
    """Base of regularizers; every method has a default that does nothing."""

    kind: ClassVar[str] = "regularizers"
    foreign_methods: ClassVar[Mapping[str, str]] = {
        "penalise": "penalty", "penalize": "penalty", "call": "penalty",
        "regularize": "penalty",
    }  # fmt: skip

    def penalty(self, parameter: Parameter) -> Node | None:
        """Return what to add to the loss for one weight matrix, or None."""
        return None

    def batch_penalty(self, batch: Batch) -> Node | None:
        """Return what to add to the loss of a batch, or None.

        It may depend on inputs, targets, predictions and the loss, and on derivatives
        of these: ``cr.grad(batch.loss, batch.inputs)``.
        """
        return None

    def transform_target(self, target: Node, stream: str) -> Node | None:
        """Return what replaces the targets of an output in training, or None.

        Metrics see the targets as they were given.

        Args:
            target: the targets: integers if they are class labels.
            stream: the name of its stream of random numbers.
        """
        return None

    def transform(self, x: Node, stream: str) -> Node | None:
        """Return what replaces the output x of a hidden layer in training, or None.

        Args:
            x: the output of any hidden layer.
            stream: the name of its stream of random numbers.
        """
        return None

    def constrain(self, parameter: Node) -> Node | None:
        """Return what replaces an updated weight matrix, or None."""
        return None

    def watch(
        self, history: Mapping[str, list[float]], better: Mapping[str, Direction]
    ) -> Verdict:
        """Judge the epochs so far: go on, keep these weights as the best, or stop.

        Also called before the first epoch, so that a name which will never be measured
        can be rejected at once.

        Args:
            history: the numbers of each epoch, by name.
            better: for each name that this training run measures, which number is
                better, the smallest or the largest.
        """
        return "go on"

    @property
    def restores(self) -> bool:
        """Whether the best weights are restored when training ends."""
        return False


Verdict = Literal["go on", "best", "stop", "stop at best"]
