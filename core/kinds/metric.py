"""Metrics: numbers for people, computed from target and prediction by a graph."""

from __future__ import annotations

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal

from chainrule.arguments import check_takes
from chainrule.component import Component
from chainrule.errors import ArgumentTypeError, ComponentError, GraphError
from chainrule.node import Node
from chainrule.ops import mean
from chainrule.ops.reductions import Count


class Metric(Component, ABC):
    """Base of metrics: define `totals` and `result`.

    `totals` builds a graph that is computed for each batch; `result` turns the sums of
    the totals over all batches into the metric. The sums are taken in double precision,
    so it is exact over an epoch, however the data are divided into batches. Totals are
    numbers or arrays of any shape that is known, such as one count for each class.
    """

    kind: ClassVar[str] = "metrics"
    foreign_methods: ClassVar[Mapping[str, str]] = {
        "update_state": "totals", "update": "totals", "compute": "result",
    }  # fmt: skip
    higher_is_better: ClassVar[bool | None] = True
    """Whether the best number is the largest; None: only its user knows."""
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

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "result" in cls.__dict__:
            setattr(cls, "result", _given_totals(cls.result))  # noqa: B010

    @property
    def label(self) -> str:
        """What a history calls its number."""
        return self.type_name

    @abstractmethod
    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        """Return nodes of known shapes, whose values are summed over batches."""

    @abstractmethod
    def result(self, *totals: Any) -> Any:
        """Return the metric for the summed totals, which are floats or arrays."""

    @classmethod
    def from_function(cls, value: Any) -> Metric | None:
        """Return a metric for a function of target and prediction."""
        function = callable(value) and not isinstance(value, (Component, Node))
        return FunctionMetric(value) if function else None


def _given_totals(result: Callable[..., Any]) -> Callable[..., Any]:
    """Let a `Metric.result` answer a call without totals, which Keras makes."""

    @functools.wraps(result)
    def checked_result(self: Metric, *totals: Any) -> Any:
        if not totals:
            raise ArgumentTypeError(
                f"{type(self).__name__}.result takes the sums of its totals: give "
                "metrics= to model.evaluate, which sums over batches and returns it"
            )
        takes = inspect.signature(functools.partial(result, self))
        try:
            takes.bind(*totals)
        except TypeError:
            name = type(self).__name__
            raise ComponentError(
                f"{name}.result must take the {len(totals)} that {name}.totals returns,"
                f" got {takes}"
            ) from None
        return result(self, *totals)

    return checked_result


class FunctionMetric(Metric):
    """The mean of a function of target and prediction over all examples.

    The function returns a node: the mean over a batch, or a number for each example,
    whose mean is taken. A batch counts by the number of its examples.

    Raises:
        GraphError: the function does not return a node.
    """

    higher_is_better: ClassVar[bool | None] = None

    function: Callable[[Node, Node], Node]

    def __post_init__(self) -> None:
        super().__post_init__()
        check_takes(self.function, ("target", "prediction"), self._what)

    @property
    def _what(self) -> str:
        """What messages call it; a lambda has no name."""
        return "the metric" + f" {self.label}" * (self.label != "metric")

    @property
    def label(self) -> str:
        name = getattr(self.function, "__name__", "")
        return name if name.isidentifier() else "metric"

    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        value = self.function(target, prediction)
        if not isinstance(value, Node):
            raise GraphError(
                f"{self._what} must return a node, the mean over a batch or "
                f"a number for each example, got {value!r}"
            )
        count = Count((0,))(prediction)
        return mean(value) * count, count

    def result(self, *totals: Any) -> Any:
        total, count = totals
        return total / count
