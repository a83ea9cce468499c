"""Adam: momentum over the root mean square of recent gradients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from chainrule.annotations import NonNegative
from chainrule.errors import HyperparameterError
from chainrule.node import Node
from chainrule.ops import square
from chainrule.plugins.optimizers.moments import Moments
from chainrule.program import Flat


class Adam(Moments):
    """m ← β₁ m + g;  v ← β₂ v + g²;  p ← p − αₜ m / (√v + ε′).

    m and v are decayed sums, so the factors 1 − β are in the step size and in ε::

        αₜ = α √(1−β₂ᵗ) / (1−β₁ᵗ) · (1−β₁) / √(1−β₂),   ε′ = ε / √(1−β₂)

    Defaults, and ε outside the bias correction: tf.keras ``Adam``; Kingma, Ba, "Adam",
    arXiv:1412.6980.
    """

    slots: ClassVar[tuple[str, ...]] = ("m", "v")

    def update(
        self, p: Node, g: Node, lr: Node, step: Node, m: Node, v: Node
    ) -> dict[str, Node]:
        m = self.beta_1 * m + g
        v = self.beta_2 * v + square(g)
        return {"p": p - self.adam_step(lr, step, m, v), "m": m, "v": v}


class AdamW(Adam):
    """p ← (1 − α λ) p, then Adam's step: weight decay that Adam does not rescale.

    Defaults: tf.keras ``AdamW``; Loshchilov, Hutter, "Decoupled weight decay
    regularization", arXiv:1711.05101.

    Args:
        weight_decay: λ.
        exclude_from_weight_decay: the names of parameters that do not decay, such as
            ``("bias",)``; then each parameter is updated by itself, which is slower.
    """

    type_name: ClassVar[str] = "adamw"
    weight_decay: NonNegative = 0.004
    exclude_from_weight_decay: tuple[str, ...] = ()

    @property
    def per_parameter(self) -> bool:  # type: ignore[override]  # a class says it for all
        """Whether some parameters decay and others do not."""
        return bool(self.exclude_from_weight_decay)

    def new_values(
        self, p: Node, g: Node, lr: Node, step: Node, slots: Mapping[str, Node]
    ) -> dict[str, Node]:
        """Return what a training step assigns.

        Raises:
            HyperparameterError: no parameter has a name that is excluded.
        """
        names = {member.name for member in p.members} if isinstance(p, Flat) else set()
        for name in self.exclude_from_weight_decay:
            if names and name not in names:
                known = ", ".join(sorted(filter(None, names)))
                raise HyperparameterError(
                    f"AdamW(exclude_from_weight_decay=…): no parameter is called "
                    f"{name!r}; there are {known}"
                )
        return super().new_values(p, g, lr, step, slots)

    def update(
        self, p: Node, g: Node, lr: Node, step: Node, m: Node, v: Node
    ) -> dict[str, Node]:
        if p.name in self.exclude_from_weight_decay:
            return super().update(p, g, lr, step, m, v)
        return super().update((1 - lr * self.weight_decay) * p, g, lr, step, m, v)
