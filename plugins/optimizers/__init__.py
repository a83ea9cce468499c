"""The built-in optimizers; their defaults are those of tf.keras."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule import hookimpl
from chainrule.kinds.optimizer import Optimizer
from chainrule.plugins.optimizers.adadelta import Adadelta
from chainrule.plugins.optimizers.adagrad import Adagrad
from chainrule.plugins.optimizers.adam import Adam, AdamW
from chainrule.plugins.optimizers.adamax import Adamax
from chainrule.plugins.optimizers.amsgrad import AMSGrad
from chainrule.plugins.optimizers.descent import SGD, GradientDescent
from chainrule.plugins.optimizers.momentum import Momentum, Nesterov
from chainrule.plugins.optimizers.nadam import Nadam
from chainrule.plugins.optimizers.rmsprop import RMSprop


@hookimpl
def register_optimizers() -> Sequence[type[Optimizer]]:
    """Return the built-in optimizers."""
    return (
        GradientDescent, SGD, Momentum, Nesterov, Adagrad, Adadelta, RMSprop, Adam,
        AdamW, AMSGrad, Adamax, Nadam,
    )  # fmt: skip
