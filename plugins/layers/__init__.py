"""The built-in layers."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule import hookimpl
from chainrule.kinds.layer import Layer
from chainrule.plugins.layers.activation import Activation
from chainrule.plugins.layers.batch_norm import BatchNorm
from chainrule.plugins.layers.dense import Dense
from chainrule.plugins.layers.dropout import Dropout
from chainrule.plugins.layers.gaussian_noise import GaussianNoise
from chainrule.plugins.layers.layer_norm import LayerNorm
from chainrule.plugins.layers.normalization import Normalization
from chainrule.plugins.layers.perceptron import Perceptron
from chainrule.plugins.layers.reshape import Flatten, Reshape


@hookimpl
def register_layers() -> Sequence[type[Layer]]:
    """Return the built-in layers."""
    return (
        Dense, Activation, Dropout, GaussianNoise, Flatten, Reshape, BatchNorm,
        LayerNorm, Normalization, Perceptron,
    )  # fmt: skip
