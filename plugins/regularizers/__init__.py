"""Built-in regularizers: penalties, noise, a constraint and a rule that stops."""

from __future__ import annotations

from chainrule.kinds.regularizer import Regularizer
from chainrule.plugins.regularizers.constraint import MaxNorm
from chainrule.plugins.regularizers.early_stopping import EarlyStopping
from chainrule.plugins.regularizers.noise import Dropout, GaussianNoise
from chainrule.plugins.regularizers.penalty import L1, L2, ElasticNet
from chainrule.registry.hooks import hookimpl


@hookimpl
def register_regularizers() -> list[type[Regularizer]]:
    """Return the built-in regularizers."""
    return [L1, L2, ElasticNet, Dropout, GaussianNoise, MaxNorm, EarlyStopping]
