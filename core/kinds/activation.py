"""Activations: functions of one node, element by element or along an axis."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from chainrule.arguments import check_takes
from chainrule.component import Component
from chainrule.errors import HyperparameterError
from chainrule.kinds.module import Module
from chainrule.node import Node


class Activation(Module):
    """Base of activations: define `apply` with ops.

    From this one definition it is computed on every backend, differentiated, drawn and
    saved::

        class Swish(cr.Activation):
            \"\"\"y = x σ(x).\"\"\"
            def apply(self, x):
                return x * cr.ops.sigmoid(x)
    """

    kind: ClassVar[str] = "activations"
    foreign_methods: ClassVar[Mapping[str, str]] = {"call": "apply", "forward": "apply"}

    @abstractmethod
    def apply(self, x: Node) -> Node:
        """Return the activation of x, a node of any shape."""

    @classmethod
    def from_function(cls, value: Any) -> Activation | None:
        """Return an activation for a function of one node, such as ``cr.ops.tanh``."""
        if isinstance(value, int):
            raise HyperparameterError(
                f"{value} is not an activation: a layer infers its inputs, so write "
                f"Dense({value}) for a layer of {value} units"
            )
        function = callable(value) and not isinstance(value, (Component, Node))
        return FunctionActivation(value) if function else None


class FunctionActivation(Activation):
    """An activation that wraps a function of one node; it cannot be saved."""

    function: Callable[[Node], Node]

    def __post_init__(self) -> None:
        super().__post_init__()
        name = getattr(self.function, "__name__", type(self.function).__name__)
        check_takes(self.function, ("x",), f"the activation {name}")

    def apply(self, x: Node) -> Node:
        return self.function(x)
