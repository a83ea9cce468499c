"""AMSGrad: Adam whose step size never grows again."""

from __future__ import annotations

from typing import ClassVar

from chainrule.node import Node
from chainrule.ops import maximum, square
from chainrule.plugins.optimizers.moments import Moments


class AMSGrad(Moments):
    """m ← β₁ m + g;  v ← β₂ v + g²;  u ← max(u, v);  p ← p − αₜ m / (√u + ε′).

    αₜ and ε′ are those of `Adam`. Defaults: tf.keras ``Adam(amsgrad=True)``; Reddi,
    Kale, Kumar, "On the convergence of Adam and beyond", arXiv:1904.09237.
    """

    type_name: ClassVar[str] = "amsgrad"
    slots: ClassVar[tuple[str, ...]] = ("m", "v", "u")

    def update(
        self, p: Node, g: Node, lr: Node, step: Node, m: Node, v: Node, u: Node
    ) -> dict[str, Node]:
        m = self.beta_1 * m + g
        v = self.beta_2 * v + square(g)
        u = maximum(u, v)
        new = p - self.adam_step(lr, step, m, u)
        return {"p": new, "m": m, "v": v, "u": u}
