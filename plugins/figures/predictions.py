"""What a classifier says of examples: its probabilities and its mistakes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.data.arrays import Array, as_numbers
from chainrule.data.inputs import examples_for
from chainrule.errors import DataError
from chainrule.execution import evaluate
from chainrule.kinds.loss import Loss
from chainrule.model.model import Model


@dataclass(frozen=True)
class Predictions:
    """Probabilities of the classes, and the true ones.

    Attributes:
        x: the examples.
        probability: of each class, shape (examples, classes).
        target: the true class of each example.
    """

    x: Array
    probability: Array
    target: Array

    @property
    def said(self) -> Array:
        """The class that is the most probable for each example."""
        found: Array = self.probability.argmax(1)
        return found

    @property
    def of_the_truth(self) -> Array:
        """The probability of the true class of each example."""
        found: Array = self.probability[np.arange(len(self.target)), self.target]
        return found


def predictions(model: Model, x: Any, y: Any) -> Predictions:
    """Return what a model says of examples.

    Raises:
        DataError: it is not a classifier, or the labels do not fit.
    """
    criteria = model.session.criteria
    loss = criteria.losses[0] if criteria else None
    (output,) = model.outputs[:1]
    if isinstance(loss, Loss):
        output = loss.on_scale_of_target(output)
    x = examples_for(model.inputs, model.outputs, x)[0]
    chance = np.asarray(evaluate([output], {model.inputs[0]: x})[0])
    if chance.ndim != 2:
        raise DataError(
            f"a classifier gives a row for each example, got the shape {chance.shape}"
        )
    if chance.shape[1] == 1:
        chance = np.concatenate([1 - chance, chance], axis=1)
    target = as_numbers(y, "y")
    if target.ndim == 2:
        target = target.argmax(1) if target.shape[1] > 1 else target[:, 0]
    classes = chance.shape[1]
    target = target.astype(int)
    if target.shape != (len(chance),) or not (
        0 <= target.min() <= target.max() < classes
    ):
        raise DataError(
            f"y must hold a class from 0 to {classes - 1} for each of {len(chance)} "
            f"examples, got the shape {target.shape}"
        )
    return Predictions(x, chance, target)
