"""Layers: the parts of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

from chainrule.kinds.module import Module


class Layer(Module):
    """Base of layers: define `apply` with ops; call `parameter` for weights.

    ::

        class Scale(cr.Layer):
            \"\"\"y = s x, one s for each feature; x: (batch, features).\"\"\"
            def apply(self, x):
                return self.parameter("scale", x.shape[-1:], Ones()) * x

    Args:
        name: the layer's name in a model, which numbers the layers that have none
            (dense_1, dense_2 …).
    """

    kind: ClassVar[str] = "layers"
    foreign_methods: ClassVar[Mapping[str, str]] = {"call": "apply", "forward": "apply"}
    foreign_options: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(
            ("kernel_regularizer", "bias_regularizer", "activity_regularizer"),
            "model.fit(…, regularizers=[cr.regularizers.L2(…)])",
        ),
        **dict.fromkeys(
            ("kernel_constraint", "bias_constraint"),
            "model.fit(…, regularizers=[cr.regularizers.MaxNorm(…)])",
        ),
        **dict.fromkeys(
            ("input_shape", "input_dim", "in_features", "batch_input_shape"),
            "cr.Sequential([…], input_shape=(…,)); a layer infers its inputs",
        ),
        "out_features": "units=…",
        "bias": "use_bias=…",
        "p": "rate=…",
        "weights": "model.set_weights({path: array}) once the model is made",
        "trainable": "model.freeze(name) once the model is made",
        "dtype": 'model.fit(…, dtype="float64")',
    }
    name: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.scope.name = self.name
