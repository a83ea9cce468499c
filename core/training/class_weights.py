"""Class weights: how much an example counts, by the class that it belongs to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Integral, Real

import numpy as np

from chainrule.data.arrays import Array
from chainrule.errors import DataError, shown
from chainrule.training.examples import Examples


def weighted_by_class(
    examples: Examples, weights: Mapping[int, float], floats: str
) -> Examples:
    """Multiply the weight of each example by that of its class, 1 where none is given.

    Classes are integer labels, the position of the 1 in one-hot rows, or the integers
    in a single column.

    Raises:
        DataError: there are several outputs, the targets are not classes, a key is not
            one of them, or a weight is negative or not finite.
    """
    if len(examples.targets) != 1:
        raise DataError(
            f"class_weight is for one output, the model has {len(examples.targets)}; "
            "give sample_weight, one number for each example"
        )
    (target,) = examples.targets
    labels, classes = _classes(target)
    factor = np.ones(len(labels), floats)
    for key, weight in weights.items():
        if not isinstance(key, Integral) or int(key) not in classes:
            listed = ", ".join(map(str, classes[:10])) + (", …" * (len(classes) > 10))
            raise DataError(
                f"class_weight: {shown(key)} is not a class; the classes are {listed}"
            )
        if not isinstance(weight, Real) or not 0 <= float(weight) < math.inf:
            raise DataError(
                f"class_weight: the weight of class {key} must be a number ≥ 0, got "
                f"{shown(weight)}"
            )
        factor[labels == key] = weight
    (before,) = examples.weights
    return replace(examples, weights=(factor if before is None else factor * before,))


def _classes(target: Array) -> tuple[Array, Sequence[int]]:
    """Return the class of each example, and all classes that occur."""
    labels = target[:, 0] if target.ndim == 2 and target.shape[1] == 1 else target
    if labels.ndim == 2 and _is_one_hot(labels):
        return labels.argmax(1), range(labels.shape[1])
    if labels.ndim != 1 or (labels != np.floor(labels)).any():
        raise DataError(
            "class_weight needs targets that are classes: integers or one-hot rows, "
            f"one for each example; y has shape {target.shape} and is neither; give "
            "sample_weight, one number for each example"
        )
    return labels, [int(label) for label in np.unique(labels)]


def _is_one_hot(rows: Array) -> bool:
    return bool((((rows == 0) | (rows == 1)).all(1) & (rows.sum(1) == 1)).all())
