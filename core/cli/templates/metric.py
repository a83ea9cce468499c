"""A chainrule plugin: the metric my_thing."""

from __future__ import annotations

from typing import ClassVar

import chainrule as cr


class MyThing(cr.Metric):
    """The mean of |ŷ − y| over all examples."""

    higher_is_better: ClassVar[bool | None] = False

    def totals(self, target: cr.Node, prediction: cr.Node) -> tuple[cr.Node, ...]:
        errors = cr.ops.abs(prediction - target)
        return cr.ops.sum(errors), cr.ops.sum(errors * 0 + 1)

    def result(self, *totals: float) -> float:
        total, count = totals
        return total / count


@cr.hookimpl
def register_metrics() -> list[type[cr.Metric]]:
    """Register the metric."""
    return [MyThing]
