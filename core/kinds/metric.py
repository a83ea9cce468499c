"""Metrics: what people read; like losses, expressions over target and prediction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from chainrule.component import Component
from chainrule.node import Node


class Metric(Component, ABC):
    """Base of metrics: define `totals` and `result`.

    `totals` is a graph, evaluated for each batch; the totals of all batches are added,
    and `result` turns them into the metric. So a metric is exact over an epoch however
    the data are cut into batches.
    """

    kind: ClassVar[str] = "metrics"
    higher_is_better: ClassVar[bool] = True

    @abstractmethod
    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        """Return scalars that are to be summed over batches."""

    @abstractmethod
    def result(self, *totals: float) -> float:
        """Return the metric from the summed totals."""
