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
        return ops.where(x > 0, x, self.negative_slope * x)


class Prelu(Activation):
    """y = x for x > 0, α·x elsewhere, where α is learned, one for each feature.

    x: (…, features); α: (features,). He et al. (2015), who also start α at 0.25.
    """

    symbols: ClassVar[dict[str, str]] = {"alpha": "α"}

    alpha_initializer: Annotated[Any, OfKind("initializers")] = Constant(0.25)

    def apply(self, x: Node) -> Node:
        features = self.features_of(x, "alpha")
        alpha = self.parameter("alpha", (features,), self.alpha_initializer)
        return ops.where(x > 0, x, alpha * x)


class Elu(Activation):
    """y = x for x > 0, α·(eˣ − 1) elsewhere (Clevert et al., 2015).

    Args:
        alpha: α; minus the value for x → −∞; 1 as in tf.keras and PyTorch.
    """

    alpha: NonNegative = 1.0

    def apply(self, x: Node) -> Node:
        return ops.maximum(x, 0.0) + self.alpha * ops.expm1(ops.minimum(x, 0.0))


class Selu(Activation):
    """y = λ·x for x > 0, λ·α·(eˣ − 1) elsewhere (Klambauer et al., 2017).

    λ ≈ 1.0507 and α ≈ 1.6733 keep mean 0 and variance 1 from layer to layer, if the
    weights start as `lecun_normal`.
    """

    def apply(self, x: Node) -> Node:
        scale, alpha = 1.0507009873554805, 1.6732632423543772
        rising = ops.maximum(x, 0.0)
        return scale * (rising + alpha * ops.expm1(ops.minimum(x, 0.0)))


class Softplus(Activation):
    """y = ln(1 + eˣ), a smooth relu (Dugas et al., 2001)."""

    def apply(self, x: Node) -> Node:
        return ops.softplus(x)
