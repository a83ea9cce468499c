"""Activations that are linear, or nearly so, for positive x."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from chainrule import ops
from chainrule.annotations import NonNegative, OfKind
from chainrule.kinds.activation import Activation
from chainrule.node import Node
from chainrule.plugins.initializers import Constant


class Relu(Activation):
    """y = max(x, 0); the derivative at 0 is 0 (Nair & Hinton, 2010)."""

    def apply(self, x: Node) -> Node:
        return ops.relu(x)


class LeakyRelu(Activation):
    """y = x for x > 0, a·x elsewhere (Maas et al., 2013).

    Args:
        negative_slope: a; 0.2 as in `tf.keras.activations.leaky_relu`.
    """

    negative_slope: NonNegative = 0.2

    def apply(self, x: Node) -> Node:
        return _leaky(x, self.negative_slope)


class Prelu(Activation):
    """y = x for x > 0, α·x elsewhere, with a learned α for each feature.

    Shapes: x (…, features), α (features,). He et al. (2015) start α at 0.25, too.

    Args:
        alpha_initializer: draws the initial α.
    """

    symbols: ClassVar[dict[str, str]] = {"alpha": "α"}

    alpha_initializer: Annotated[Any, OfKind("initializers")] = Constant(0.25)

    def apply(self, x: Node) -> Node:
        features = self.features_of(x, "alpha")
        alpha = self.parameter("alpha", (features,), self.alpha_initializer)
        return _leaky(x, alpha)


class Elu(Activation):
    """y = x for x > 0, α·(eˣ − 1) elsewhere (Clevert et al., 2015).

    Args:
        alpha: α; y falls to −α for x → −∞; 1 as in tf.keras and PyTorch.
    """

    alpha: NonNegative = 1.0

    def apply(self, x: Node) -> Node:
        return _elu(x, self.alpha)


class Selu(Activation):
    """y = λ·x for x > 0, λ·α·(eˣ − 1) elsewhere (Klambauer et al., 2017).

    λ ≈ 1.0507 and α ≈ 1.6733 keep mean 0 and variance 1 from layer to layer if weights
    start as `lecun_normal`.
    """

    def apply(self, x: Node) -> Node:
        return 1.0507009873554805 * _elu(x, 1.6732632423543772)


class Softplus(Activation):
    """y = ln(1 + eˣ), a smooth relu (Dugas et al., 2001)."""

    def apply(self, x: Node) -> Node:
        return ops.softplus(x)


def _leaky(x: Node, slope: float | Node) -> Node:
    return ops.where(x > 0, x, slope * x)


def _elu(x: Node, alpha: float) -> Node:
    negative = ops.where(x > 0, 0.0, x)  # whose derivative at 0 is that of x
    return ops.where(x > 0, x, alpha * ops.expm1(negative))
