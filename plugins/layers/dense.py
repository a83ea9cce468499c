"""The fully connected layer."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from chainrule.annotations import OfKind, PositiveInt
from chainrule.kinds.layer import Layer
from chainrule.node import Node


class Dense(Layer):
    """ŷ = g(x W + b): each unit sums all features, each with its own weight.

    Shapes: x (…, features), kernel W (features, units), bias b (units,), ŷ (…, units);
    the features are inferred from x. Defaults are those of `tf.keras.layers.Dense`.

    Args:
        units: the number of outputs.
        activation: g, a name or an object; None leaves z = x W + b as it is.
        use_bias: whether to add b.
        kernel_initializer: draws the initial W.
        bias_initializer: draws the initial b.

    Raises:
        ShapeError: x has another number of features than in the first call.
    """

    foreign_names: ClassVar[tuple[str, ...]] = ("Linear",)
    symbols: ClassVar[dict[str, str]] = {"kernel": "W", "bias": "b"}

    units: PositiveInt
    activation: Annotated[Any | None, OfKind("activations")] = None
    use_bias: bool = True
    kernel_initializer: Annotated[Any, OfKind("initializers")] = "glorot_uniform"
    bias_initializer: Annotated[Any, OfKind("initializers")] = "zeros"

    def apply(self, x: Node) -> Node:
        shape = (self.features_of(x, "kernel"), self.units)
        z = x @ self.parameter("kernel", shape, self.kernel_initializer)
        if self.use_bias:
            z = z + self.parameter("bias", (self.units,), self.bias_initializer)
        z = z.named("z")
        return z if self.activation is None else self.activation(z)
