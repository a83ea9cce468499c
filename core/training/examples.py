"""Examples: inputs, targets and weights, checked together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chainrule.training import data
from chainrule.training.criteria import Criteria
from chainrule.training.data import Array, Feeds
from chainrule.training.network import Network
from chainrule.training.objective import Objective
from chainrule.training.targets import target


@dataclass(frozen=True)
class Examples:
    """Rows to learn from or to measure on: one array for each leaf."""

    inputs: tuple[Array, ...]
    targets: tuple[Array, ...]
    weight: Array | None = None

    @classmethod
    def of(
        cls, network: Network, criteria: Criteria, x: Any, y: Any, weight: Any = None
    ) -> Examples:
        """Return a user's data, checked and converted.

        Raises:
            DataError: see `data.inputs`, `targets.target` and `data.weights`.
        """
        inputs = data.inputs(network, x)
        names = network.output_names
        targets: list[Array] = []
        for name, part, prediction, loss in zip(
            names,
            data.spread(y, names, "output"),
            network.outputs,
            criteria.losses,
            strict=True,
        ):
            label = "y" if len(names) == 1 else f"y[{name!r}]"
            targets.append(target(part, prediction, loss, label))
            data.same_length({"x": inputs[0], label: targets[-1]})
        checked = None if weight is None else data.weights(weight, len(inputs[0]))
        return cls(tuple(inputs), tuple(targets), checked)

    def __len__(self) -> int:
        return len(self.inputs[0])

    def take(self, rows: Array) -> Examples:
        """Return some of the rows."""
        return Examples(
            tuple(array[rows] for array in self.inputs),
            tuple(array[rows] for array in self.targets),
            None if self.weight is None else self.weight[rows],
        )

    def feeds(self, objective: Objective) -> Feeds:
        """Return each leaf of an objective with its rows."""
        weight = () if self.weight is None else (self.weight,)
        arrays = (*self.inputs, *self.targets, *weight)
        return list(zip(objective.leaves, arrays, strict=True))
