"""The objective: losses, penalties and metrics of a network as one graph."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from chainrule.data.arrays import Array
from chainrule.errors import GraphError
from chainrule.kinds.loss import Loss
from chainrule.kinds.metric import Metric
from chainrule.kinds.regularizer import Direction, Regularizer
from chainrule.node import Dtype, Input, Node, as_node, describe
from chainrule.scopes import scope
from chainrule.shapes import Shape
from chainrule.training.criteria import Criteria, LossLike
from chainrule.training.hidden_layers import transformed
from chainrule.training.network import Network


class Objective:
    """The losses, penalties and metrics of a network.

    Attributes:
        criteria: what it was made from.
        inputs: the inputs of the network.
        targets: the inputs for targets, one for each output.
        weight: the input for sample weights, or None.
        loss: what training minimizes: the sum of all losses and penalties.
        totals: scalars to sum over batches: means over a batch (the loss, and the loss
            of each output if there are several), then the sums of the metrics.
    """

    def __init__(
        self,
        network: Network,
        criteria: Criteria,
        target_shapes: Sequence[Shape],
        *,
        weighted: bool = False,
    ) -> None:
        several = len(network.outputs) > 1
        labels = [f"{name}_" if several else "" for name in network.output_names]
        self.criteria = criteria
        self.inputs = network.inputs
        self.weight = Input("sample_weight", (None,)) if weighted else None
        self.targets = [
            Input(f"{label}target", shape, _dtype(loss))
            for label, loss, shape in zip(
                labels, criteria.losses, target_shapes, strict=True
            )
        ]
        predictions = transformed(network.outputs, criteria.regularizers)
        outputs = list(
            zip(labels, criteria.losses, self.targets, predictions, strict=True)
        )
        parts = {
            f"{label}loss": self._loss(loss, target, prediction)
            for label, loss, target, prediction in outputs
        }
        added = penalties(network, criteria.regularizers)
        first, *others = parts.values()
        self.loss = sum([*others, *added], start=first)
        means = {"loss": self.loss, **(parts if several else {})}
        self._means = list(means)
        self.totals = list(means.values())
        self._metrics: dict[str, tuple[Metric, int]] = {}
        uses: Counter[str] = Counter()
        for label, loss, target, prediction in outputs:
            seen = loss.decision(prediction) if isinstance(loss, Loss) else prediction
            for metric in criteria.metrics:
                name = label + metric.type_name
                uses[name] += 1
                if uses[name] > 1:
                    name = f"{name}_{uses[name]}"
                sums = _sums(metric, target, seen)
                self._metrics[name] = metric, len(sums)
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
            name: "max" if metric.higher_is_better else "min"
            for name, (metric, _) in self._metrics.items()
        }

    @property
    def leaves(self) -> list[Input]:
        """The inputs to feed: the network's, targets, and sample weights if any."""
        weight = [] if self.weight is None else [self.weight]
        return [*self.inputs, *self.targets, *weight]

    @property
    def trusted(self) -> bool:
        """Whether all indices are labels, whose range was checked with the data."""
        return all(leaf.dtype != "int" for leaf in self.inputs)

    def measured(self, batches: Mapping[int, Array], rows: int) -> dict[str, float]:
        """Return the numbers of an epoch, exact for any batches.

        Args:
            batches: batch size → the totals, summed over all batches of that size.
            rows: the number of rows in all.
        """
        count = len(self._means)
        numbers = {
            name: math.fsum(n * float(t[i]) for n, t in batches.items()) / rows
            for i, name in enumerate(self._means)
        }
        at = count
        for name, (metric, length) in self._metrics.items():
            sums = (
                sum(float(t[i]) for t in batches.values())
                for i in range(at, at + length)
            )
            numbers[name] = float(metric.result(*sums))
            at += length
        return numbers

    def _loss(self, loss: LossLike, target: Input, prediction: Node) -> Node:
        """Return the loss of one output, a scalar."""
        if isinstance(loss, Loss):
            loss.check_activation(prediction)
            return loss(target, prediction, self.weight)
        if self.weight is not None:
            raise GraphError(
                f"sample_weight needs a loss that gives one number for each example; "
                f"{loss!r} is a plain function: make a class of it, from cr.Loss"
            )
        value = loss(target, prediction)
        if not isinstance(value, Node) or value.shape != ():
            shown = describe(value) if isinstance(value, Node) else repr(value)
            raise GraphError(
                f"the loss {loss!r} must return one number, as a node, got {shown}; "
                "take its mean, as in cr.ops.mean(loss)"
            )
        return value


def _dtype(loss: LossLike) -> Dtype:
    return loss.target_dtype if isinstance(loss, Loss) else "float"


def _sums(metric: Metric, target: Node, prediction: Node) -> list[Node]:
    """Return the scalars that a metric sums over batches."""
    with scope(metric.type_name):
        sums = metric.totals(target, prediction)
    if not isinstance(sums, tuple):
        raise GraphError(
            f"{type(metric).__name__}.totals must return a tuple of scalars, got "
            f"{sums!r}"
        )
    return [as_node(one) for one in sums]


def penalties(network: Network, regularizers: Sequence[Regularizer]) -> list[Node]:
    """Return what regularizers add to the loss of a network, one scalar each."""
    made = (r.penalty(weight) for r in regularizers for weight in network.weights)
    return [penalty for penalty in made if penalty is not None]
