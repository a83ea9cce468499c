"""A model's loss as a function of its weights, which stay as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.autodiff import grad
from chainrule.data.arrays import Array
from chainrule.data.inputs import examples_for
from chainrule.errors import DataError, GraphError
from chainrule.execution import evaluate
from chainrule.graph import topological
from chainrule.leaves import input as new_input
from chainrule.model.loss_graph import loss_of
from chainrule.model.model import Model
from chainrule.node import Input, Node
from chainrule.substitution import substitute
from chainrule.training.criteria import Criteria
from chainrule.training.targets import targets_for

Weights = Mapping[str, Array]
"""Parameters by path."""


class Movable:
    """The loss of a model on examples, for any weights; nothing is changed.

    Args:
        model: a model with one input and one output.
        x: its examples.
        y: what they should give.
        loss: the loss; None is the one that the model was trained with.

    Attributes:
        weights: the weights that the model has.

    Raises:
        GraphError: the model has several outputs, or no loss yet.
        DataError: the examples do not fit.
    """

    def __init__(self, model: Model, x: Any, y: Any, loss: Any = None) -> None:
        if len(model.inputs) != 1:
            raise DataError(
                f"the model must have one input, got {len(model.inputs)}: figures of "
                "several inputs can be drawn from their loss by hand"
            )
        if len(model.outputs) != 1:
            raise GraphError(
                f"the model must have one output, got {len(model.outputs)}: figures of "
                "several losses can be drawn one by one, each by hand"
            )
        (self._source,) = model.inputs
        self.x = examples_for(model.inputs, model.outputs, x)[0]
        graph = loss_of(model, loss)
        found = (n for n in topological([graph]) if isinstance(n, Input))
        self._target = next(leaf for leaf in found if leaf is not self._source)
        criteria = model.session.criteria
        if loss is not None or criteria is None:
            criteria = Criteria.of(model.network, loss)
        self.y = targets_for(model.outputs[0], criteria.losses[0], y)
        own = {path: p for path, p in model.parameters.items() if p.trainable}
        self.weights: Weights = {path: p.value.copy() for path, p in own.items()}
        self._moved = {path: new_input(path, p.value.shape) for path, p in own.items()}
        given: dict[Node, Node] = {p: self._moved[path] for path, p in own.items()}
        (self._loss,) = substitute([graph], given)
        self._gradients = grad(self._loss, list(self._moved.values()))

    def loss(self, weights: Weights) -> float:
        """Return the loss with these weights."""
        return float(evaluate([self._loss], self._feeds(weights, None))[0])

    def gradients(
        self, weights: Weights, rows: Array | None = None
    ) -> dict[str, Array]:
        """Return the gradient with respect to each parameter, on some rows or all."""
        values = evaluate(self._gradients, self._feeds(weights, rows))
        return dict(zip(self._moved, values, strict=True))

    def _feeds(self, weights: Weights, rows: Array | None) -> dict[Any, Any]:
        chosen = slice(None) if rows is None else rows
        feeds: dict[Any, Any] = {leaf: weights[p] for p, leaf in self._moved.items()}
        return {**feeds, self._source: self.x[chosen], self._target: self.y[chosen]}


def flat(weights: Weights, paths: Sequence[str]) -> Array:
    """Return weights as one vector."""
    return np.concatenate([np.ravel(weights[path]) for path in paths])


def kernels(weights: Weights) -> list[str]:
    """Return the paths of the weight matrices, from the first layer to the last."""
    return [path for path, value in weights.items() if np.ndim(value) == 2]
