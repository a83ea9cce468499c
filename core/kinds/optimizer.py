"""Optimizers: update rules that are written with ops, and so are graphs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from importlib import import_module
from typing import Any, ClassVar

from chainrule.annotations import Positive, Seed
from chainrule.arguments import checked
from chainrule.component import Component
from chainrule.errors import ComponentError, HyperparameterError, shown
from chainrule.kinds.backend import Backend
from chainrule.node import Node, Parameter, describe, described
from chainrule.ops import l2_norm, maximum, minimum
from chainrule.program.flat import Flat
from chainrule.program.program import FloatDtype
from chainrule.shapes import shape_text


class Optimizer(Component, ABC):
    """Base of optimizers: name the slots and define `update`.

    The rule is applied once, to all parameters flattened into one vector, which is
    fast. So it acts element by element, or on norms of the whole vector::

        class HeavyBall(cr.Optimizer):
            \"\"\"m ← μ m − α g;  p ← p + m.\"\"\"
            slots = ("m",)
            lr: float = 0.01
            mu: float = 0.9

            def update(self, p, g, lr, step, m):
                m = self.mu * m - lr * g
                return {"p": p + m, "m": m}

    With ``per_parameter = True`` it is applied to each parameter, in its shape::

        class Trust(cr.Optimizer):
            \"\"\"p ← p − α ‖p‖ g / ‖g‖ for each matrix; p ← p − α g for others.\"\"\"
            per_parameter = True
            lr: float = 0.01

            def update(self, p, g, lr, step):
                if p.ndim < 2:
                    return {"p": p - lr * g}
                trust = cr.ops.l2_norm(p) / (cr.ops.l2_norm(g) + 1e-12)
                return {"p": p - lr * trust * g}

    Attributes:
        lr: the learning rate; a run-time input, so a schedule never recompiles.
        clip_value: first clip every element of the gradient to
            [−clip_value, clip_value].
        clip_norm: then scale the whole gradient down to this norm
            (``global_clipnorm`` in tf.keras).
    """

    kind: ClassVar[str] = "optimizers"
    foreign_methods: ClassVar[Mapping[str, str]] = {
        "update_step": "update", "step": "update", "apply_gradients": "update",
    }  # fmt: skip
    slots: ClassVar[tuple[str, ...]] = ()
    """The vectors that are kept from step to step; `slot_start` gives their start."""
    scalar_slots: ClassVar[tuple[str, ...]] = ()
    """The single numbers that are kept from step to step."""
    per_parameter: ClassVar[bool] = False
    """Whether `update` is called for each parameter: then p, g and the slots have its
    shape, and ``p.name`` is its name, such as ``"kernel"``. There are no scalar slots.
    """
    full_batch: ClassVar[bool] = False
    """Whether each step takes all examples and ignores the batch size."""
    foreign_options: ClassVar[Mapping[str, str]] = {
        "learning_rate": "lr=…",
        "amsgrad": "the optimizer cr.optimizers.AMSGrad(…)",
        "betas": "beta_1=…, beta_2=…",
        "clipvalue": "clip_value=…",
        "decay": "model.fit(…, schedule=…), such as cr.schedules.ExponentialDecay",
        "use_ema": "the callback cr.callbacks.WeightAverage()",
        "ema_momentum": "the callback cr.callbacks.WeightAverage()",
        "params": "lr=… alone: fit knows what to train",
        "global_clipnorm": "clip_norm=…",
        "weight_decay": "cr.optimizers.AdamW(weight_decay=…), or give fit "
        "regularizers=[cr.regularizers.L2(…)]",
    }

    lr: Positive
    clip_value: Positive | None = field(default=None, kw_only=True)
    clip_norm: Positive | None = field(default=None, kw_only=True)

    @classmethod
    def _given_by_name(cls) -> Mapping[str, Sequence[str]]:
        for slots in (cls.slots, cls.scalar_slots):
            if isinstance(slots, str):
                raise ComponentError(
                    f"{cls.__name__}: slots must be a tuple of names, got {slots!r}: "
                    f"write ({slots!r},)"
                )
        return {"update": (*cls.slots, *cls.scalar_slots)}

    @abstractmethod
    def update(
        self, p: Node, g: Node, lr: Node, step: Node, *args: Any, **slots: Any
    ) -> dict[str, Node]:
        """Return the new values of the parameters, ``"p"``, and of each slot.

        Args:
            p: the parameters as one vector; one of them, if `per_parameter`.
            g: their gradient, clipped if that was asked for.
            lr: the learning rate of this step.
            step: the number of this step, from 1.
            *args: nothing; subclasses name their slots here.
            **slots: the slots by name, as in
                ``def update(self, p, g, lr, step, m, v)``.
        """

    def __post_init__(self) -> None:
        given: Any = self.lr
        write = ""
        if isinstance(given, Component):
            write = f"{shown(given)}; give a schedule to model.fit, as schedule=…"
        elif isinstance(given, Iterable) and not isinstance(given, str):
            write = "several values; model.fit knows which parameters to update"
        if write:
            name = type(self).__name__
            raise HyperparameterError(f"{name}(lr=…) must be a number, got {write}")
        super().__post_init__()

    def _instead_of_setting(self, name: str, value: Any) -> str:
        if name == "learning_rate":
            name = "lr"
        hint = "; the next fit goes on with it, and schedule=… changes it during one"
        return super()._instead_of_setting(name, value) + hint * (name == "lr")

    @checked
    def minimize(
        self,
        loss: Node,
        parameters: Sequence[Parameter] | None = None,
        *,
        backend: str | Backend | None = None,
        dtype: FloatDtype = "float32",
        seed: Seed = 0,
    ) -> Callable[..., float]:
        """Return a function that makes one step on a loss, for a loop of one's own.

        It takes a value for every input of the loss, by input or by name, and returns
        the loss before the step::

            step = cr.optimizers.SGD(lr=0.1).minimize(J)
            for _ in range(100):
                J_before = step({x: …, t: …})

        Args:
            loss: a scalar node.
            parameters: what to change; None: every trainable parameter in the loss.
            backend: name or object; None is the default.
            dtype: in which precision.
            seed: seed of dropout and other random ops.

        Raises:
            GraphError: the loss is not a scalar, or there is no parameter to change.
            GradientError: the loss does not depend on one of the parameters.
        """
        training = import_module(
            "chainrule.training.minimizer"
        )  # which knows this file
        made: Callable[..., float] = training.Minimizer(
            loss, self, parameters, backend=backend, dtype=dtype, seed=seed
        )
        return made

    def slot_start(self, slot: str) -> float:
        """Return the value of a slot before the first step."""
        return 0.0

    def new_values(
        self, p: Node, g: Node, lr: Node, step: Node, slots: Mapping[str, Node]
    ) -> dict[str, Node]:
        """Return `update` for the clipped gradient: what a training step assigns.

        Args:
            p: the parameters, a `Flat` vector or a single one.
            g: their gradient.
            lr: the learning rate.
            step: the number of the step.
            slots: the slots by name.

        Raises:
            ComponentError: `update` does not return a new value for p and each slot; or
                it is called for each parameter, and there are scalar slots.
        """
        g = self.clipped(g)
        if not self.per_parameter or not isinstance(p, Flat):
            return self._updated(p, g, lr, step, slots)
        if self.scalar_slots:
            raise ComponentError(
                f"{type(self).__name__} is applied to each parameter, which leaves no "
                f"single new value for {', '.join(self.scalar_slots)}: make slots of "
                "them, which have the shape of the parameter"
            )
        parts = zip(*map(p.split, (p, g, *slots.values())), strict=True)
        new = [
            self._updated(one, own, lr, step, dict(zip(slots, rest, strict=True)))
            for one, own, *rest in parts
        ]
        return {name: p.pack([each[name] for each in new]) for name in ("p", *slots)}

    def _updated(
        self, p: Node, g: Node, lr: Node, step: Node, slots: Mapping[str, Node]
    ) -> dict[str, Node]:
        """Return what `update` returns, if that is what it should be."""
        new = self.update(p, g, lr, step, **slots)
        wanted = {"p": p, **slots}
        cls = type(self).__name__
        of = f" of {describe(p)}" if self.per_parameter else ""
        if not isinstance(new, Mapping) or set(new) != set(wanted):
            got = ", ".join(new) if new and isinstance(new, Mapping) else shown(new)
            raise ComponentError(
                f"{cls}.update must return a dict of the new values of "
                f"{', '.join(wanted)}{of}; got {got}"
            )
        for name, node in wanted.items():
            value = new[name]
            if not isinstance(value, Node) or value.shape != node.shape:
                raise ComponentError(
                    f"{cls}.update must return a node of shape "
                    f"{shape_text(node.shape)} for {name!r}{of}, got {described(value)}"
                )
        return dict(new)

    def clipped(self, g: Node) -> Node:
        """Return the gradient, clipped by `clip_value` and then by `clip_norm`."""
        if self.clip_value is not None:
            g = minimum(maximum(g, -self.clip_value), self.clip_value)
        if self.clip_norm is not None:
            g = g * (self.clip_norm / maximum(l2_norm(g), self.clip_norm))
        return g
