"""Layers: the parts a model is made of."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar

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
