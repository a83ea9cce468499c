"""The loss of a model as a graph, to draw and to explain."""

from __future__ import annotations

from typing import Any

from chainrule.errors import GraphError
from chainrule.kinds.loss import Loss
from chainrule.model.model import Model
from chainrule.node import Input, Node
from chainrule.training.criteria import Criteria, LossLike
from chainrule.training.hidden_layers import transformed
from chainrule.training.objective import penalties, weighted_loss


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
    first, *others = (
        weighted_loss(_on_target(chosen, prediction, f"{name}_t" * several or "t"), w)
        for name, chosen, w, prediction in zip(
            model.network.output_names,
            criteria.losses,
            criteria.loss_weights,
            transformed(model.outputs, criteria.regularizers),
            strict=True,
        )
    )
    added = penalties(model.network, criteria.regularizers)
    return sum([*others, *added], start=first)


def _on_target(loss: LossLike, prediction: Node, name: str) -> Node:
    """Return the loss of a prediction, with an input for its target."""
    labels = isinstance(loss, Loss) and loss.target == "classes"
    shape = prediction.shape[:-1] if labels else prediction.shape
    return loss(Input(name, shape, "int" if labels else "float"), prediction)
