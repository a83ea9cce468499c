"""The loss of a model as a graph, to draw and to explain."""

from __future__ import annotations

from typing import Any

from chainrule.errors import GraphError
from chainrule.kinds.loss import Loss
from chainrule.model.model import Model
from chainrule.node import Input, Node
from chainrule.training.criteria import Criteria
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
    """Return the graph of a loss of a model's output; the target is an input ``t``.

    The loss that the model was trained with has the penalties of its regularizers, and
    its hidden layers what they do to them in training.

    Args:
        model: a model with one output.
        loss: a name, an object, or a function of (target, prediction); None is the
            loss that the model was trained with.

    Raises:
        GraphError: the model has several outputs, or no loss yet.
    """
    if len(model.outputs) != 1:
        raise GraphError(
            f"the model has {len(model.outputs)} outputs and no single loss: compute "
            "the one you mean from model.outputs, as in "
            "cr.losses.mse(t, model.outputs[0])"
        )
    criteria = model.session.criteria
    if loss is not None:
        criteria = Criteria.of(model.network, loss)
    if criteria is None:
        raise GraphError(
            f'{model!r} was not trained and has no loss: give one, such as loss="mse"'
        )
    (chosen,) = criteria.losses
    (prediction,) = transformed(model.outputs, criteria.regularizers)
    labels = isinstance(chosen, Loss) and chosen.target == "classes"
    shape = prediction.shape[:-1] if labels else prediction.shape
    data = chosen(Input("t", shape, "int" if labels else "float"), prediction)
    weighted = weighted_loss(data, *criteria.loss_weights)
    return sum(penalties(model.network, criteria.regularizers), start=weighted)
