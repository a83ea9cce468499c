"""Metrics: numbers for people, computed from target and prediction by a graph."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from chainrule.component import Component
from chainrule.node import Node


class Metric(Component, ABC):
    """Base of metrics: define `totals` and `result`.

    `totals` builds a graph that is computed for each batch; `result` turns the sums of
    the totals over all batches into the metric. So it is exact over an epoch, however
    the data are divided into batches.
    """

    kind: ClassVar[str] = "metrics"
    higher_is_better: ClassVar[bool] = True

    @abstractmethod
    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        """Return scalar nodes, whose values are summed over batches."""

    @abstractmethod
    def result(self, *totals: float) -> float:
        """Return the metric for the summed totals."""
