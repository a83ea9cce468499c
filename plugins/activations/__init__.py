"""The built-in activations; each takes a node of any shape, with open axes or not."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule import hookimpl
from chainrule.kinds.activation import Activation
from chainrule.plugins.activations.gated import Gelu, Mish, Silu
from chainrule.plugins.activations.identity import Identity
from chainrule.plugins.activations.rectified import (
    Elu,
    LeakyRelu,
    Prelu,
    Relu,
    Selu,
    Softplus,
)  # fmt: skip
from chainrule.plugins.activations.sigmoidal import (
    HardSigmoid,
    HardTanh,
    Sigmoid,
    Softsign,
    Step,
    Tanh,
)  # fmt: skip
from chainrule.plugins.activations.softmax import LogSoftmax, Softmax


@hookimpl
def register_activations() -> Sequence[type[Activation]]:
    """Return the built-in activations."""
    return (
        Identity, Sigmoid, Tanh, Relu, LeakyRelu, Prelu, Elu, Selu, Gelu, Softplus,
        Softsign, Silu, Mish, HardSigmoid, HardTanh, Softmax, LogSoftmax, Step,
    )  # fmt: skip
