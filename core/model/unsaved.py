"""What a file of a model leaves out, said when it is saved."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from chainrule.errors import ModelFileWarning
from chainrule.kinds.loss import Loss
from chainrule.kinds.metric import FunctionMetric
from chainrule.model.parametric import Parametric
from chainrule.node import describe
from chainrule.training.criteria import Criteria, NodeLoss


def warn_of_unsaved(model: Parametric, level: int) -> None:
    """Say what a file will lack, and what to write.

    Warns:
        ModelFileWarning: a loss or a metric is a function, or layers have weights, but
            the model is not built yet.
    """
    for text in _unsaved(model):
        warnings.warn(text, ModelFileWarning, stacklevel=level + 1)


def _unsaved(model: Parametric) -> Iterator[str]:
    if not model.is_built:
        yield from _weights(model)
        return
    criteria = model.session.criteria
    if criteria is None:
        return
    losses = [loss for loss in criteria.losses if not isinstance(loss, Loss)]
    if losses:
        named = ", ".join(map(_called, losses))
        others = _others(criteria)
        yield (
            f"the loss {named} is not saved, since a file holds no functions"
            f"{others and f', nor {others} with it'}: give it to fit and evaluate "
            "again, loss=…, or make a class of it, from cr.Loss, with @cr.register "
            "before it"
        )
    functions = [m.label for m in criteria.all_metrics if isinstance(m, FunctionMetric)]
    if functions:
        yield (
            f"metrics that are functions ({', '.join(functions)}) are not saved: give "
            "them to evaluate again, metrics=[…], or make classes of them, from "
            "cr.Metric"
        )


def _called(loss: Any) -> str:
    """Return what a user calls a loss that is not a component."""
    if isinstance(loss, NodeLoss):
        return describe(loss.node)
    return str(getattr(loss, "__name__", type(loss).__name__))


def _others(criteria: Criteria) -> str:
    """Name what `evaluate` cannot go on with, without the losses."""
    parts = {"metrics": criteria.all_metrics, "regularizers": criteria.regularizers}
    return " and ".join(name for name, part in parts.items() if part)


def _weights(model: Parametric) -> Iterator[str]:
    """Tell of layers that have weights, though the model has none yet."""
    parts = (
        one
        for one in model.layers
        if getattr(one, "is_built", True)  # models inside
    )
    owners = [part.scope.title for part in parts if any(part.owned_parameters())]
    if owners:
        yield (
            f"the model does not know its input shape yet, so the weights of "
            f"{', '.join(owners)} are not saved: give it input_shape=…, or call "
            "predict once"
        )
