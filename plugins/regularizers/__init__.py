"""The built-in regularizers: penalties, noise, a constraint and early stopping."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule import hookimpl
from chainrule.kinds.regularizer import Regularizer
from chainrule.plugins.regularizers.constraint import MaxNorm
from chainrule.plugins.regularizers.early_stopping import EarlyStopping
from chainrule.plugins.regularizers.noise import Dropout, GaussianNoise
from chainrule.plugins.regularizers.penalty import L1, L2, ElasticNet


@hookimpl
def register_regularizers() -> Sequence[type[Regularizer]]:
    """Return the built-in regularizers."""
    return (L1, L2, ElasticNet, Dropout, GaussianNoise, MaxNorm, EarlyStopping)
