"""The perceptron: one unit."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from chainrule import ops
from chainrule.annotations import OfKind
from chainrule.errors import ShapeError
from chainrule.kinds.layer import Layer
from chainrule.node import Node
from chainrule.plugins.initializers import Constant, Zeros
from chainrule.shapes import shape_text


class Perceptron(Layer):
    """ŷ = g(w₀ + Σ xᵢ wᵢ): one unit (Rosenblatt, 1958).

    Shapes: x (…, features), weights w (features,), bias w₀ (1,), ŷ (…, 1). Weights that
    are not given start at 0, from where a single unit can learn.

    Args:
        activation: g; the step lets no gradient through, so choose a smooth one for
            training, such as ``"sigmoid"``.
        weights: the initial weights.
        bias: the initial w₀.

    Raises:
        ShapeError: x has another number of features than there are weights.
    """

    symbols: ClassVar[dict[str, str]] = {"weights": "w", "bias": "w_0"}

    activation: Annotated[Any, OfKind("activations")] = "step"
    weights: tuple[float, ...] | None = None
    bias: float = 0.0

    def apply(self, x: Node) -> Node:
        features = self.features_of(x, "weights")
        given = self.weights
        if given is not None and len(given) != features:
            raise ShapeError(
                f"{self.scope.title}: got {len(given)} weights for {features} features "
                f"(shape {shape_text(x.shape)}); give one weight for each feature, or "
                "none, to start at 0"
            )
        start = Zeros() if given is None else Constant(given)
        w = self.parameter("weights", (features,), start)
        w_0 = self.parameter("bias", (1,), Constant(self.bias))
        z = w_0 + ops.sum(x * w, axis=-1, keepdims=True)
        y: Node = self.activation(z.named("z"))
        return y
