"""Metrics: numbers for people, computed from target and prediction by a graph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal

from chainrule.component import Component
from chainrule.node import Node


class Metric(Component, ABC):
    """Base of metrics: define `totals` and `result`.

    `totals` builds a graph that is computed for each batch; `result` turns the sums of
    the totals over all batches into the metric. The sums are taken in double precision,
    so it is exact over an epoch, however the data are divided into batches. Totals are
    numbers or arrays of any shape that is known, such as one count for each class.
    """

    kind: ClassVar[str] = "metrics"
    higher_is_better: ClassVar[bool] = True
    sees: ClassVar[Literal["prediction", "decision"]] = "prediction"
    """What it is given as prediction, whatever the loss takes. ``"prediction"``: what
    compares with the target, such as probabilities for a model that returns logits.
    ``"decision"``: the same on a scale where more than ½ means yes."""
    shift_invariant: ClassVar[bool] = False
    """Whether it stays the same if a number is added to targets and predictions. Then
    it is given both without most of their mean, so that squares keep their digits."""
    is_number: ClassVar[bool] = True
    """Whether the result is one number. If not, only `evaluate` measures it: a history
    holds numbers to plot and to watch."""

    @abstractmethod
    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        """Return nodes of known shapes, whose values are summed over batches."""

    @abstractmethod
    def result(self, *totals: Any) -> Any:
        """Return the metric for the summed totals, which are floats or arrays."""
