"""The built-in losses, functions of (target, prediction)."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule import hookimpl
from chainrule.kinds.loss import Loss
from chainrule.plugins.losses.binary import (
    BinaryCrossEntropy,
    Hinge,
    SigmoidCrossEntropy,
)  # fmt: skip
from chainrule.plugins.losses.classification import (
    CategoricalCrossEntropy,
    SoftmaxCrossEntropy,
    SparseCategoricalCrossEntropy,
    SparseSoftmaxCrossEntropy,
)  # fmt: skip
from chainrule.plugins.losses.divergence import KLDivergence
from chainrule.plugins.losses.regression import MAE, MSE, Huber, LogCosh


@hookimpl
def register_losses() -> Sequence[type[Loss]]:
    """Return the built-in losses."""
    return (
        MSE, MAE, Huber, LogCosh, BinaryCrossEntropy, SigmoidCrossEntropy,
        CategoricalCrossEntropy, SoftmaxCrossEntropy, SparseCategoricalCrossEntropy,
        SparseSoftmaxCrossEntropy, KLDivergence, Hinge,
    )  # fmt: skip
