"""Optimizers: an update rule written with ops, so it is a graph like the rest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import field
from typing import Any, ClassVar

from chainrule.annotations import Positive
from chainrule.component import Component
from chainrule.node import Node
from chainrule.ops import l2_norm, maximum, minimum


class Optimizer(Component, ABC):
    """Base of optimizers: name the slots, define `update`.

    The rule is applied once to all parameters together, laid flat in one vector; it
    must therefore act element by element, or on norms of the whole vector::

        class HeavyBall(cr.Optimizer):
            \"\"\"m ← μ m − α g;  p ← p + m.\"\"\"
            slots = ("m",)
            lr: float = 0.01
            mu: float = 0.9

            def update(self, p, g, lr, step, m):
                m = self.mu * m - lr * g
                return {"p": p + m, "m": m}

    Attributes:
        lr: learning rate; a run-time input, so a schedule never recompiles.
        clip_value: clip each gradient element to [−clip_value, clip_value] first.
        clip_norm: then scale the whole gradient so that its norm is at most this
            (tf.keras calls it ``global_clipnorm``).
    """

    kind: ClassVar[str] = "optimizers"
    slots: ClassVar[tuple[str, ...]] = ()
    """Names of the vectors kept between steps; each starts as `slot_start` says."""
    scalar_slots: ClassVar[tuple[str, ...]] = ()
    """Names of single numbers kept between steps."""
    full_batch: ClassVar[bool] = False
    """Whether a step takes all examples at once, whatever the batch size."""
    foreign_options: ClassVar[Mapping[str, str]] = {
        "learning_rate": "lr=…",
        "betas": "beta_1=…, beta_2=…",
        "clipvalue": "clip_value=…",
        "global_clipnorm": "clip_norm=…",
        "weight_decay": "cr.optimizers.AdamW(weight_decay=…), or give fit "
        "regularizers=[cr.regularizers.L2(…)]",
    }

    lr: Positive
    clip_value: Positive | None = field(default=None, kw_only=True)
    clip_norm: Positive | None = field(default=None, kw_only=True)

    @abstractmethod
    def update(
        self, p: Node, g: Node, lr: Node, step: Node, *args: Any, **slots: Any
    ) -> dict[str, Node]:
        """Return the new values: ``{"p": …}`` and one for each slot.

        Args:
            p: the parameters.
            g: their gradient, clipped if that was asked for.
            lr: the learning rate of this step.
            step: the number of this step, from 1.
            *args: nothing; a subclass names its slots instead.
            **slots: the slots' values, by name, as in
                ``def update(self, p, g, lr, step, m, v)``.
        """

    def slot_start(self, slot: str) -> float:
        """Return the value a slot has before the first step."""
        return 0.0

    def new_values(
        self, p: Node, g: Node, lr: Node, step: Node, slots: Mapping[str, Node]
    ) -> dict[str, Node]:
        """Return `update` of the clipped gradient: what a training step assigns."""
        return self.update(p, self.clipped(g), lr, step, **slots)

    def clipped(self, g: Node) -> Node:
        """Return the gradient as `clip_value` and `clip_norm` leave it."""
        if self.clip_value is not None:
            g = minimum(maximum(g, -self.clip_value), self.clip_value)
        if self.clip_norm is not None:
            g = g * (self.clip_norm / maximum(l2_norm(g), self.clip_norm))
        return g
