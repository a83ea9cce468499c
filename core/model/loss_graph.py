"""The loss of a model as a graph, to draw and to explain."""

from __future__ import annotations

from typing import Any

from chainrule.errors import GraphError
from chainrule.kinds.loss import Loss
from chainrule.kinds.regularizer import Batch
from chainrule.model.model import Model
from chainrule.node import Input, Node
from chainrule.training.criteria import Criteria, LossLike
from chainrule.training.hidden_layers import transformed
from chainrule.training.objective import weighted_loss
from chainrule.training.regularized import in_training, penalties


def with_loss(what: Any, loss: Any = None) -> Any:
    """Return the graph of a model's loss; anything else is returned as it is.

    Raises:
        GraphError: a loss is given for something that is not a model, or see `loss_of`.
    """
    if isinstance(what, Model):
        return loss_of(what, loss)
    if loss is not None:
        raise GraphError("loss=… is for models; a graph must contain its loss")
    return what


def loss_of(model: Model, loss: Any = None) -> Node:
    """Return the graph of a model's loss; the target is an input ``t``.

    Of several outputs it is the weighted sum of their losses, and the targets are
    inputs called after the outputs, such as ``size_t``. The loss that the model was
    trained with has the penalties of its regularizers, and its hidden layers what they
    do to them in training.

    Args:
        model: the model.
        loss: a name, an object, or a function of (target, prediction), or a list or a
            mapping of these for several outputs; None is the loss that the model was
            trained with.

    Raises:
        GraphError: the model has no loss yet.
        DataError: not one loss for each output.
    """
    criteria = model.session.criteria
    if loss is not None:
        criteria = Criteria.of(model.network, loss)
    if criteria is None:
        raise GraphError(
            f'{model!r} was not trained and has no loss: give one, such as loss="mse"'
        )
    several = len(model.outputs) > 1
    names = [f"{name}_t" if several else "t" for name in model.network.output_names]
    predictions = transformed(model.outputs, criteria.regularizers)
    targets = [
        in_training(_target(chosen, prediction, name), criteria.regularizers)
        for chosen, prediction, name in zip(
            criteria.losses, predictions, names, strict=True
        )
    ]
    first, *others = (
        weighted_loss(chosen(target, prediction), w)
        for chosen, target, prediction, w in zip(
            criteria.losses, targets, predictions, criteria.loss_weights, strict=True
        )
    )
    total = sum(others, start=first)
    batch = Batch(model.inputs, tuple(targets), tuple(predictions), total)
    return sum(penalties(model.network, criteria.regularizers, batch), start=total)


def _target(loss: LossLike, prediction: Node, name: str) -> Input:
    """Return an input for the target of a prediction."""
    labels = isinstance(loss, Loss) and loss.target != "same"
    shape = prediction.shape[:-1] if labels else prediction.shape
    return Input(name, shape, "int" if labels else "float")
