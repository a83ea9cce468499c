"""The objective: losses, penalties and metrics of a network as one graph."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.data.arrays import Array
from chainrule.dtypes import Dtype
from chainrule.errors import DataError, GraphError
from chainrule.kinds.loss import Loss
from chainrule.kinds.metric import Metric
from chainrule.kinds.monitor import DIRECTIONS, Direction
from chainrule.kinds.regularizer import Batch
from chainrule.node import Constant, Input, Node, as_node, describe, described
from chainrule.program.sizes import count, graph_bytes, sizes
from chainrule.scopes import scope
from chainrule.shapes import Shape
from chainrule.training.criteria import Criteria, LossLike
from chainrule.training.hidden_layers import transformed
from chainrule.training.network import Network
from chainrule.training.regularized import (
    in_training,
    penalties,
    transforms_targets,
)


@dataclass(frozen=True)
class Target:
    """What an output is compared with, as far as the graph depends on it.

    Attributes:
        shape: its shape, with an open number of rows.
        dtype: ``"int"`` for class labels.
        centre: a number for each column, or one, near its mean. It is subtracted for
            metrics that do not depend on it, or large numbers would cost them digits.
    """

    shape: Shape
    dtype: Dtype
    centre: tuple[float, ...] = ()

    @classmethod
    def of(cls, array: Array, *, centred: bool) -> Target:
        """Describe the targets of one output; look for their centre if asked to."""
        labels = array.dtype.kind == "i"
        return cls(
            (None, *array.shape[1:]),
            "int" if labels else "float",
            _centre(array) if centred and not labels else (),
        )


def _centre(array: Array) -> tuple[float, ...]:
    """Return the mean of each column, rounded to a power of two near its spread.

    So it is often 0, and rarely differs between parts of the same data.
    """
    columns = array.reshape(len(array), -1) if array.ndim < 3 else array.reshape(-1, 1)
    mean, spread = columns.mean(0, dtype=np.float64), columns.std(0, dtype=np.float64)
    spread = np.maximum(spread, np.finfo(np.float64).tiny)
    grid = np.exp2(np.ceil(np.log2(spread)))
    centre = np.round(mean / grid) * grid
    return tuple(centre.tolist()) if centre.any() else ()


class Objective:
    """The losses, penalties and metrics of a network.

    Attributes:
        criteria: what it was made from.
        inputs: the inputs of the network.
        targets: the inputs for targets, one for each output.
        weights: the inputs for sample weights, one for each output, or None.
        loss: what training minimizes: the weighted sum of all losses, and penalties.
        totals: what to sum over batches: means over a batch (the loss, and the loss of
            each output, not weighted, if there are several), then the sums of the
            metrics.
    """

    def __init__(
        self,
        network: Network,
        criteria: Criteria,
        targets: Sequence[Target],
        weighted: Sequence[bool],
    ) -> None:
        several = len(network.outputs) > 1
        labels = [f"{name}_" if several else "" for name in network.output_names]
        self.criteria = criteria
        self.inputs = network.inputs
        self.weights = [
            Input(f"{label}sample_weight", (None,)) if given else None
            for label, given in zip(labels, weighted, strict=True)
        ]
        self.targets = [
            Input(f"{label}target", target.shape, target.dtype)
            for label, target in zip(labels, targets, strict=True)
        ]
        predictions = transformed(network.outputs, criteria.regularizers)
        outputs = list(
            zip(labels, criteria.losses, self.targets, predictions, strict=True)
        )
        seen = [in_training(leaf, criteria.regularizers) for leaf in self.targets]
        parts = {
            f"{label}loss": _loss(loss, target, prediction, weight)
            for (label, loss, _, prediction), target, weight in zip(
                outputs, seen, self.weights, strict=True
            )
        }
        first, *others = map(weighted_loss, parts.values(), criteria.loss_weights)
        total = sum(others, start=first)
        batch = Batch(network.inputs, tuple(seen), tuple(predictions), total)
        self.loss = sum(penalties(network, criteria.regularizers, batch), start=total)
        means = {"loss": self.loss, **(parts if several else {})}
        self._means = list(means)
        self.totals = list(means.values())
        self._metrics: dict[str, tuple[Metric, list[Node]]] = {}
        uses: Counter[str] = Counter()
        centres = [target.centre for target in targets]
        for (label, loss, target, prediction), centre, metrics in zip(
            outputs, centres, criteria.metrics, strict=True
        ):
            for metric in metrics:
                name = label + metric.label
                uses[name] += 1
                if uses[name] > 1:
                    name = f"{name}_{uses[name]}"
                sums = _sums(metric, loss, target, prediction, centre)
                self._metrics[name] = metric, sums
                self.totals += sums

    @property
    def names(self) -> list[str]:
        """The names of what is measured, in order."""
        return [*self._means, *self._metrics]

    @property
    def better(self) -> dict[str, Direction]:
        """For each name, whether its smallest or its largest number is the best."""
        losses: dict[str, Direction] = dict.fromkeys(self._means, "min")
        return losses | {
            name: DIRECTIONS[metric.higher_is_better]
            for name, (metric, _) in self._metrics.items()
        }

    @property
    def leaves(self) -> list[Input]:
        """The inputs to feed: the network's, targets, and sample weights if any."""
        weights = [weight for weight in self.weights if weight is not None]
        return [*self.inputs, *self.targets, *weights]

    @property
    def trusted(self) -> bool:
        """Whether all indices are classes, whose range was checked with the data."""
        changed = any(map(transforms_targets, self.criteria.regularizers))
        losses = self.criteria.losses
        labels = any(getattr(loss, "target", "") == "labels" for loss in losses)
        return not (changed or labels or any(x.dtype == "int" for x in self.inputs))

    @property
    def compares_examples(self) -> bool:
        """Whether the loss depends on how the examples are divided into batches."""
        losses = self.criteria.losses
        return any(getattr(loss, "compares_examples", False) for loss in losses)

    @property
    def nbytes(self) -> int:
        """About how many bytes its graph has."""
        return graph_bytes(self.totals)

    def measured(self, batches: Mapping[int, Array], rows: int) -> dict[str, Any]:
        """Return the numbers of an epoch, exact for any batches.

        Args:
            batches: batch size → the totals, summed over all batches of that size.
            rows: the number of rows in all.
        """
        at = len(self._means)
        numbers: dict[str, Any] = {
            name: math.fsum(n * float(t[i]) for n, t in batches.items()) / rows
            for i, name in enumerate(self._means)
        }
        for name, (metric, nodes) in self._metrics.items():
            sums: list[Any] = []
            for node in nodes:
                end = at + count(node)
                total = np.sum([t[at:end] for t in batches.values()], axis=0)
                sums.append(np.reshape(total, sizes(node)) if node.ndim else total[0])
                at = end
            numbers[name] = _checked_result(metric, sums)
        return numbers


def _loss(loss: LossLike, target: Node, prediction: Node, weight: Input | None) -> Node:
    """Return the loss of one output, a scalar."""
    if isinstance(loss, Loss):
        loss.check_activation(prediction)
        return loss(target, prediction, weight)
    if weight is not None:
        raise GraphError(
            f"{weight.name} needs a loss that gives one number for each example; "
            f"{loss!r} is a plain function: make a class of it, from cr.Loss"
        )
    value = loss(target, prediction)
    if not isinstance(value, Node) or value.shape != ():
        raise GraphError(
            f"the loss {loss!r} must return one number, as a node, got "
            f"{described(value)}; take its mean, as in cr.ops.mean(loss)"
        )
    return value


def weighted_loss(loss: Node, weight: float) -> Node:
    """Return the loss of an output as a term of the sum that is minimized."""
    return loss if weight == 1 else weight * loss


def _sums(
    metric: Metric,
    loss: LossLike,
    target: Node,
    prediction: Node,
    centre: tuple[float, ...],
) -> list[Node]:
    """Return what a metric sums over batches."""
    with scope(metric.label):
        if isinstance(loss, Loss):
            decides = metric.sees == "decision"
            view = loss.decision if decides else loss.on_scale_of_target
            prediction = view(prediction)
        if metric.shift_invariant and centre:
            middle = Constant(centre if len(centre) > 1 else centre[0])
            target, prediction = target - middle, prediction - middle
        sums = metric.totals(target, prediction)
    cls = type(metric).__name__
    if not isinstance(sums, tuple):
        raise GraphError(
            f"{cls}.totals must return a tuple of sums over a batch, got {sums!r}"
        )
    nodes = [as_node(one) for one in sums]
    for node in nodes:
        if None in node.shape:
            raise GraphError(
                f"{cls}.totals must return sums over a batch, whose shapes do not "
                f"depend on its size, got {describe(node)}; take its sum over axis 0"
            )
    return nodes


def _checked_result(metric: Metric, totals: Sequence[Any]) -> Any:
    """Return the result of a metric: a float, unless it says that it is an array."""
    value = metric.result(*totals)
    if not metric.is_number:
        return value
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{type(metric).__name__}.result must return one number, got {value!r}; "
            "a metric of arrays declares is_number = False"
        ) from error
