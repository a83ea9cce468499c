"""Regularizers: anything that constrains the optimization.

One base class and four places where a regularizer may act. A regularizer overrides
those that it needs: a penalty in the loss, a transform of activations while training,
a constraint on a parameter after each update, or a rule that stops training.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from chainrule.component import Component
from chainrule.node import Node, Parameter


class Regularizer(Component):
    """Base of regularizers; every method has a default that does nothing."""

    kind: ClassVar[str] = "regularizers"

    def penalty(self, parameter: Parameter) -> Node | None:
        """Return what to add to the loss for one kernel, or None."""
        return None

    def transform(self, x: Node, stream: str) -> Node | None:
        """Return the activation to use instead of x while training, or None.

        Applied to the output of every hidden layer; `stream` names its random numbers.
        """
        return None

    def constrain(self, parameter: Node) -> Node | None:
        """Return a kernel's value after an update, given the updated one, or None."""
        return None

    def watch(self, history: Mapping[str, list[float]]) -> Verdict:
        """Judge the epochs so far: go on, remember these weights, or stop.

        Also called before the first epoch, with lists that are empty, so that a name
        that will never be in the history can be refused at once.
        """
        return "go on"

    @property
    def restores(self) -> bool:
        """Whether the weights last remembered are put back when training ends."""
        return False


Verdict = Literal["go on", "best", "stop"]
