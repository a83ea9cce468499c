"""Criteria: losses, metrics and regularizers of a training run."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any, TypeAlias

from chainrule.arguments import check_takes
from chainrule.component import Component
from chainrule.data.parts import for_outputs, one_each
from chainrule.errors import DataError, GraphError, HyperparameterError, shown
from chainrule.graph import topological
from chainrule.kinds.loss import Loss
from chainrule.kinds.metric import Metric
from chainrule.kinds.regularizer import Regularizer
from chainrule.node import Input, Node, describe
from chainrule.registry import registry
from chainrule.substitution import substitute
from chainrule.training.fingerprint import fingerprint
from chainrule.training.network import Network

LossLike: TypeAlias = Loss | Callable[[Node, Node], Node]
"""A loss, or a function of (target, prediction) that returns one number."""


@dataclass(frozen=True)
class Criteria:
    """What is minimized and measured.

    Attributes:
        losses: a loss for each output.
        loss_weights: for each output, the factor of its loss in the sum.
        metrics: the metrics of each output.
        regularizers: those of the whole network.
    """

    losses: tuple[LossLike, ...]
    loss_weights: tuple[float, ...]
    metrics: tuple[tuple[Metric, ...], ...]
    regularizers: tuple[Regularizer, ...] = ()

    @classmethod
    def of(
        cls,
        network: Network,
        loss: Any,
        metrics: Any = (),
        regularizers: Any = (),
        loss_weights: Any = None,
    ) -> Criteria:
        """Resolve the names and objects that a user wrote.

        One loss serves all outputs; several are given as a list, or as a mapping from
        the names of the outputs. So are loss weights, and metrics of each output.

        Raises:
            UnknownNameError: a name that nothing registered.
            DataError: not one loss, weight or list of metrics for each output.
            HyperparameterError: a loss weight is not a finite number.
        """
        names = network.output_names
        several = isinstance(loss, (list, tuple)) or (
            isinstance(loss, Mapping) and "type" not in loss
        )
        if several and len(loss) != len(names):
            raise DataError(
                f"{len(loss)} losses for {len(names)} outputs ({', '.join(names)})"
            )
        if isinstance(loss, (list, tuple)) and len(names) == 1:
            losses = list(loss)
        else:
            losses = one_each(loss, names, "output") if several else [loss] * len(names)
        return cls(
            tuple(
                _loss(one, network, output)
                for one, output in zip(losses, network.outputs, strict=True)
            ),
            _loss_weights(loss_weights, names),
            _metrics(metrics, names),
            tuple(resolve_all("regularizers", regularizers)),
        )

    @classmethod
    def to_measure(
        cls,
        network: Network,
        last: Criteria | None,
        loss: Any = None,
        metrics: Any = None,
    ) -> Criteria:
        """Resolve what to measure; what is not given is taken from `last`.

        Raises:
            HyperparameterError: no loss is known.
        """
        if loss is not None:
            return cls.of(network, loss, metrics or ())
        if last is None:
            raise HyperparameterError(
                "evaluate does not know which loss to compute: give loss=…, or fit "
                "the model first"
            )
        if metrics is not None:
            return replace(last, metrics=_metrics(metrics, network.output_names))
        return last

    @property
    def has_nodes(self) -> bool:
        """Whether a loss is a node, and so of this very network."""
        return any(isinstance(loss, NodeLoss) for loss in self.losses)

    @property
    def all_metrics(self) -> list[Metric]:
        """The metrics of all outputs, each once."""
        return list(dict.fromkeys(one for each in self.metrics for one in each))

    def check_numbers(self) -> None:
        """Reject metrics that are not numbers, which no history can hold.

        Raises:
            HyperparameterError: names the metric.
        """
        for metric in self.all_metrics:
            if not metric.is_number:
                name = metric.type_name
                raise HyperparameterError(
                    f"{name} is an array, and the history of fit holds numbers to plot "
                    f"and to watch; measure it when training has ended: "
                    f'model.evaluate(x, y, metrics=["{name}"])'
                )

    @property
    def key(self) -> Hashable:
        """A key, equal for criteria that make the same graph."""
        losses = tuple(fingerprint(loss) for loss in self.losses)
        acting = tuple(r for r in self.regularizers if _acts(r))
        return (
            losses, self.loss_weights, fingerprint(self.metrics), fingerprint(acting)
        )  # fmt: skip


@dataclass(frozen=True, repr=False)
class NodeLoss:
    """A loss that is written as a node, with an input of its own for the targets.

    Attributes:
        node: the loss.
        target: the input for the targets.
        output: the prediction that it looks at.
    """

    node: Node
    target: Input
    output: Node

    @classmethod
    def of(cls, node: Node, network: Network, output: Node) -> NodeLoss:
        """Find the input for the targets.

        Raises:
            GraphError: there is none, or there are several.
        """
        leaves = [leaf for leaf in topological([node]) if isinstance(leaf, Input)]
        others = [leaf for leaf in leaves if leaf not in network.inputs]
        if len(others) != 1:
            found = ", ".join(leaf.name or "an input" for leaf in others) or "none"
            raise GraphError(
                f"the loss {describe(node)} must depend on one input besides those of "
                f"the model, for the targets; found {found}. To minimize any other "
                "node, write a loop: step = optimizer.minimize(J)"
            )
        return cls(node, others[0], output)

    def __repr__(self) -> str:
        return describe(self.node)

    def __call__(self, target: Node, prediction: Node) -> Node:
        if prediction is not self.output:
            raise GraphError(
                f"regularizers that change the outputs of layers cannot reach the loss "
                f"{describe(self.node)}, which is a node that looks at them already; "
                "write the loss as a function of (target, prediction)"
            )
        return substitute([self.node], {self.target: target})[0]


def _loss(value: Any, network: Network, output: Node) -> LossLike:
    if isinstance(value, Node):
        return NodeLoss.of(value, network, output)
    made: LossLike = value
    if isinstance(value, (str, Mapping, type, Component)) or not callable(value):
        made = registry.resolve("losses", value)
    else:
        name = getattr(value, "__name__", type(value).__name__)
        check_takes(value, ("target", "prediction"), f"the loss {name}")
    return made


def _loss_weights(given: Any, names: Sequence[str]) -> tuple[float, ...]:
    """Return the factor of the loss of each output."""
    if given is None:
        return (1.0,) * len(names)
    weights = for_outputs(given, names, "loss_weights", 1.0)
    for name, weight in zip(names, weights, strict=True):
        number = isinstance(weight, Real) and not isinstance(weight, bool)
        if not number or not math.isfinite(weight):
            raise HyperparameterError(
                f"loss_weights: the weight of the loss of {name} must be a finite "
                f"number, got {shown(weight)}"
            )
    return tuple(map(float, weights))


def _metrics(given: Any, names: Sequence[str]) -> tuple[tuple[Metric, ...], ...]:
    """Return the metrics of each output; a plain list is for all of them."""
    listed = isinstance(given, (list, tuple))
    nested = listed and any(
        one is None or isinstance(one, (list, tuple)) for one in given
    )
    if nested or (isinstance(given, Mapping) and "type" not in given):
        parts = for_outputs(given, names, "metrics")
    else:
        parts = [given] * len(names)
    return tuple(tuple(resolve_all("metrics", part)) for part in parts)


def resolve_all(kind: str, values: Any) -> list[Any]:
    """Return the components that a list names; a single one needs no list."""
    if values is None:
        return []
    if isinstance(values, (str, Mapping)) or not isinstance(values, Sequence):
        values = [values]
    return [registry.resolve(kind, value) for value in values]


def _acts(regularizer: Regularizer) -> bool:
    """Return whether a regularizer changes the graph, and does not only watch."""
    cls = type(regularizer)
    return any(
        getattr(cls, method) is not getattr(Regularizer, method)
        for method in (
            "penalty",
            "batch_penalty",
            "transform",
            "transform_target",
            "constrain",
        )
    )
