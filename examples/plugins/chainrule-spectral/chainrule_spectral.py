"""A chainrule plugin: a layer that divides its kernel by its spectral norm."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import chainrule as cr
from chainrule.annotations import OfKind, Positive, PositiveInt


class SpectralDense(cr.Layer):
    """ŷ = g(x W / σ + b), σ the largest singular value of W (Miyato, 2018).

    σ = v · W u with unit vectors u and v, which a step of power iteration improves in
    each training step: v ← W u / ‖W u‖, u ← Wᵀ v / ‖Wᵀ v‖. They count as constants
    when σ is differentiated. arXiv:1802.05957.

    Shapes: x (…, features), kernel W (features, units), bias b and u (units,).

    Args:
        units: the number of outputs.
        activation: g, a name or an object; None leaves the sum as it is.
        epsilon: the least length that a vector is divided by.

    Raises:
        ShapeError: x has another number of features than in the first call.
    """

    symbols: ClassVar[dict[str, str]] = {"kernel": "W", "bias": "b"}
    cuts_gradient: ClassVar[bool] = True

    units: PositiveInt
    activation: Annotated[Any | None, OfKind("activations")] = None
    epsilon: Positive = 1e-12

    def apply(self, x: cr.Node) -> cr.Node:
        shape = (self.features_of(x, "kernel"), self.units)
        kernel = self.parameter("kernel", shape, cr.initializers.GlorotUniform())
        bias = self.parameter("bias", (self.units,), cr.initializers.Zeros())
        z = x @ (kernel / self._norm(kernel)) + bias
        return z if self.activation is None else self.activation(z)

    def _norm(self, kernel: cr.Node) -> cr.Node:
        """Return σ; in training, u is improved first, and kept."""
        start = cr.initializers.RandomNormal()
        kept = self.parameter("u", (self.units,), start, trainable=False)
        v = self._unit(cr.ops.sum(kernel * kept, axis=1))
        new = self._unit(cr.ops.sum(kernel * cr.ops.expand_dims(v, 1), axis=0))
        u = cr.ops.training(cr.ops.also_update(new, kept, new), kept)
        fixed = cr.ops.stop_gradient(cr.ops.expand_dims(v, 1) * u)
        return cr.ops.sum(kernel * fixed)

    def _unit(self, x: cr.Node) -> cr.Node:
        return x / cr.ops.maximum(cr.ops.l2_norm(x), self.epsilon)


@cr.hookimpl
def register_layers() -> Sequence[type[cr.Layer]]:
    """Return the layer of this package."""
    return [SpectralDense]
