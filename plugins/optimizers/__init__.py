"""Built-in optimizers; defaults are those of tf.keras."""

from __future__ import annotations

from chainrule.kinds.optimizer import Optimizer
from chainrule.plugins.optimizers.adadelta import Adadelta
from chainrule.plugins.optimizers.adagrad import Adagrad
from chainrule.plugins.optimizers.adam import Adam, AdamW
from chainrule.plugins.optimizers.adamax import Adamax
from chainrule.plugins.optimizers.descent import SGD, GradientDescent
from chainrule.plugins.optimizers.momentum import Momentum, Nesterov
from chainrule.plugins.optimizers.nadam import Nadam
from chainrule.plugins.optimizers.rmsprop import RMSprop
from chainrule.registry.hooks import hookimpl


@hookimpl
def register_optimizers() -> list[type[Optimizer]]:
    """Return the built-in optimizers."""
    return [
        GradientDescent, SGD, Momentum, Nesterov, Adagrad, Adadelta, RMSprop, Adam,
        AdamW, Adamax, Nadam,
    ]  # fmt: skip
