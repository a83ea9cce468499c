"""Criteria: losses, metrics and regularizers of a training run."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from chainrule.component import Component
from chainrule.data.parts import one_each
from chainrule.errors import DataError, HyperparameterError
from chainrule.kinds.loss import Loss
from chainrule.kinds.metric import Metric
from chainrule.kinds.regularizer import Regularizer
from chainrule.node import Node
from chainrule.registry import registry
from chainrule.training.cache import fingerprint
from chainrule.training.network import Network

LossLike: TypeAlias = Loss | Callable[[Node, Node], Node]
"""A loss, or a function of (target, prediction) that returns one number."""


@dataclass(frozen=True)
class Criteria:
    """Losses, one for each output; metrics; and regularizers."""

    losses: tuple[LossLike, ...]
    metrics: tuple[Metric, ...] = ()
    regularizers: tuple[Regularizer, ...] = ()

    @classmethod
    def of(
        cls,
        network: Network,
        loss: Any,
        metrics: Sequence[Any] = (),
        regularizers: Sequence[Any] = (),
    ) -> Criteria:
        """Resolve the names and objects that a user wrote.

        One loss serves all outputs; several are given as a list, or as a mapping from
        the names of the outputs.

        Raises:
            UnknownNameError: a name that nothing registered.
            DataError: not one loss for each output.
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
            tuple(_loss(one) for one in losses),
            tuple(resolve_all("metrics", metrics)),
            tuple(resolve_all("regularizers", regularizers)),
        )

    @classmethod
    def to_measure(
        cls,
        network: Network,
        last: Criteria | None,
        loss: Any = None,
        metrics: Sequence[Any] | None = None,
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
            return cls.of(network, last.losses, metrics, last.regularizers)
        return last

    @property
    def key(self) -> Hashable:
        """A key, equal for criteria that make the same graph."""
        losses = tuple(fingerprint(loss) for loss in self.losses)
        acting = tuple(r for r in self.regularizers if _acts(r))
        return losses, fingerprint(self.metrics), fingerprint(acting)


def _loss(value: Any) -> LossLike:
    made: LossLike = value
    if isinstance(value, (str, Mapping, type, Component)) or not callable(value):
        made = registry.resolve("losses", value)
    return made


def resolve_all(kind: str, values: Any) -> list[Any]:
    """Return the components that a list names; a single one needs no list."""
    if isinstance(values, (str, Mapping)) or not isinstance(values, Sequence):
        values = [values]
    return [registry.resolve(kind, value) for value in values]


def _acts(regularizer: Regularizer) -> bool:
    """Return whether a regularizer changes the graph, and does not only watch."""
    cls = type(regularizer)
    return any(
        getattr(cls, method) is not getattr(Regularizer, method)
        for method in ("penalty", "transform", "constrain")
    )
