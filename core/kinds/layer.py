"""Layers: the parts a model is made of."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar

from chainrule.errors import ShapeError
from chainrule.graph import Node, shape_text
from chainrule.kinds.module import Module


class Layer(Module):
    """Base of layers: define `apply`, from ops; ask `parameter` for weights.

    ::

        class Scale(cr.Layer):
            \"\"\"y = s · x, one s per feature; x: (batch, features).\"\"\"
            def apply(self, x):
                return self.parameter("scale", x.shape[-1:], Ones()) * x

    `name` is keyword-only and is what the layer is called in a model; a model numbers
    the layers that have none (dense_1, dense_2 …).
    """

    kind: ClassVar[str] = "layers"
    name: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.scope.name = self.name

    def features_of(self, x: Node, owned: str) -> int:
        """Return the size of the last axis of x, checked against parameter `owned`.

        Raises:
            ShapeError: the last axis is open, or not what the layer was built for.
        """
        label = self.scope.name or self.scope.label
        features = x.shape[-1] if x.shape else None
        if features is None:
            raise ShapeError(
                f"{label}: needs to know the size of the last axis, "
                f"got {shape_text(x.shape)}"
            )
        if owned in self._owned:
            expected = self._owned[owned].node.shape[0]
            if expected != features:
                raise ShapeError(
                    f"{label}: expected {expected} features, got {features} from "
                    f"{_source(x)} (shape {shape_text(x.shape)})"
                )
        return features


def _source(x: Node) -> str:
    if x.scope:
        return x.scope[-1].name or x.scope[-1].label
    return x.name or "its input"
