"""Examples: inputs, targets and sample weights, checked together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.data.arrays import Array, as_rows, check_same_length
from chainrule.data.batches import Feeds
from chainrule.data.frames import column_names
from chainrule.data.inputs import examples_for
from chainrule.data.parts import for_outputs, one_each
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
        weights: for each output, how much each row counts in its loss, or None if all
            count alike.
    """

    inputs: tuple[Array, ...]
    targets: tuple[Array, ...]
    weights: tuple[Array | None, ...]

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
        weights = sample_weights(weight, names, len(inputs[0]), floats)
        return cls(tuple(inputs), tuple(targets), weights)

    def __len__(self) -> int:
        return len(self.inputs[0])

    def take(self, rows: Array) -> Examples:
        """Return some of the rows."""
        return Examples(
            tuple(array[rows] for array in self.inputs),
            tuple(array[rows] for array in self.targets),
            tuple(None if w is None else w[rows] for w in self.weights),
        )

    def feeds(self, objective: Objective) -> Feeds:
        """Return each input of an objective with its rows."""
        weights = (weight for weight in self.weights if weight is not None)
        arrays = (*self.inputs, *self.targets, *weights)
        return list(zip(objective.leaves, arrays, strict=True))


def sample_weights(
    value: Any, names: Sequence[str], count: int, floats: str = "float32"
) -> tuple[Array | None, ...]:
    """Return the sample weights of each output: None, or one for each row.

    Args:
        value: weights for all outputs; or a list or a mapping with those of each
            output, where None and what is left out weigh all rows alike.
        names: the names of the outputs.
        count: the number of rows.
        floats: the NumPy dtype of the weights.

    Raises:
        DataError: wrong shape, negative, or not finite.
    """
    if not _is_for_each(value, names):
        several = ", ".join(names) if len(names) > 1 else ""
        hint = several and f"; for outputs {several} give a list, or a mapping"
        one = _sample_weight(value, "sample_weight", count, floats, hint)
        return (one,) * len(names)
    parts = zip(names, for_outputs(value, names, "sample_weight"), strict=True)
    return tuple(
        _sample_weight(part, f"sample_weight[{name!r}]", count, floats)
        for name, part in parts
    )


def _is_for_each(weights: Any, names: Sequence[str]) -> bool:
    """Return whether sample weights are given for each output, and not for all."""
    if isinstance(weights, (list, tuple)):
        return len(weights) == len(names) and any(
            part is None or np.ndim(part) > 0 for part in weights
        )
    columns = column_names(weights, "sample_weight") if len(names) > 1 else None
    return isinstance(weights, Mapping) or {*names} <= {*(columns or ())}


def _sample_weight(
    value: Any, name: str, count: int, floats: str, hint: str = ""
) -> Array | None:
    if value is None:
        return None
    array = as_rows(value, name, floats=floats)
    if array.shape == (count, 1):
        array = array[:, 0]
    if array.shape != (count,):
        raise DataError(
            f"{name} must have one number for each of {count} rows, got shape "
            f"{array.shape}{hint}"
        )
    if (array < 0).any():
        raise DataError(f"{name} is negative in row {int(np.argmax(array < 0))}")
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
