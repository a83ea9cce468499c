"""Examples: inputs, targets and sample weights, checked together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.data.arrays import Array, as_rows, check_same_length
from chainrule.data.batches import Feeds
from chainrule.data.inputs import examples_for
from chainrule.data.parts import one_each
from chainrule.errors import DataError
from chainrule.philox import generator
from chainrule.training.criteria import Criteria
from chainrule.training.network import Network
from chainrule.training.objective import Objective
from chainrule.training.targets import targets_for


@dataclass(frozen=True)
class Examples:
    """Rows to learn from or to measure on.

    Attributes:
        inputs: an array for each input of the network.
        targets: an array for each output.
        weight: how much each row counts, or None if all count alike.
    """

    inputs: tuple[Array, ...]
    targets: tuple[Array, ...]
    weight: Array | None = None

    @classmethod
    def of(
        cls,
        network: Network,
        criteria: Criteria,
        x: Any,
        y: Any,
        weight: Any = None,
        *,
        floats: str = "float32",
    ) -> Examples:
        """Check and convert a user's data; `floats` is the NumPy dtype of floats.

        Raises:
            DataError: see `examples_for`, `targets_for` and `sample_weights`.
        """
        inputs = examples_for(network.inputs, network.outputs, x, floats)
        names = network.output_names
        targets: list[Array] = []
        for name, part, prediction, loss in zip(
            names,
            one_each(y, names, "output"),
            network.outputs,
            criteria.losses,
            strict=True,
        ):
            label = "y" if len(names) == 1 else f"y[{name!r}]"
            targets.append(targets_for(prediction, loss, part, label, floats))
            check_same_length({"x": inputs[0], label: targets[-1]})
        count = len(inputs[0])
        weights = None if weight is None else sample_weights(weight, count, floats)
        return cls(tuple(inputs), tuple(targets), weights)

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
        """Return each input of an objective with its rows."""
        weight = () if self.weight is None else (self.weight,)
        arrays = (*self.inputs, *self.targets, *weight)
        return list(zip(objective.leaves, arrays, strict=True))


def sample_weights(value: Any, count: int, floats: str = "float32") -> Array:
    """Return sample weights, one for each of `count` rows.

    Raises:
        DataError: wrong shape, negative, or not finite.
    """
    array = as_rows(value, "sample_weight", floats=floats)
    if array.shape == (count, 1):
        array = array[:, 0]
    if array.shape != (count,):
        raise DataError(
            f"sample_weight must have one number for each of {count} rows, got shape "
            f"{array.shape}"
        )
    if (array < 0).any():
        raise DataError(f"sample_weight is negative in row {int(np.argmax(array < 0))}")
    return array


def held_out(count: int, fraction: float, seed: int) -> tuple[Array, Array]:
    """Draw which of `count` rows to train on, and which to validate on.

    Raises:
        DataError: the fraction leaves one of the two parts empty.
    """
    held = round(count * fraction) if 0 <= fraction <= 1 else count
    if not 0 < held < count:
        raise DataError(
            f"validation={fraction:g} of {count} rows holds out {held}; give a "
            "fraction between 0 and 1 that leaves rows for both, or a pair (x, y)"
        )
    order = generator(seed, "validation").permutation(count)
    return np.sort(order[held:]), np.sort(order[:held])
