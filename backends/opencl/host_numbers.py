"""Numbers that the host computes: what depends on learning rate and step alone.

Adam's 1 − β₂ᵗ needs float64, which a device may not have, and it is one number a step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule import ops
from chainrule.node import Constant, Node
from chainrule.ops import Op
from chainrule.ops.arithmetic import Maximum, Minimum
from chainrule.program import LEARNING_RATE, STEP

TEMPLATES: dict[type[Op], str] = {
    ops.Abs: "abs({0})",
    ops.Add: "{0} + {1}",
    ops.Sub: "{0} - {1}",
    ops.Mul: "{0} * {1}",
    ops.Div: "{0} / {1}",
    ops.Neg: "-{0}",
    ops.Pow: "{0} ** {1}",
    ops.Square: "{0} * {0}",
    ops.Reciprocal: "1 / {0}",
    ops.Sqrt: "sqrt({0})",
    ops.Exp: "exp({0})",
    ops.Log: "log({0})",
    ops.Sin: "sin({0})",
    ops.Cos: "cos({0})",
    ops.Tanh: "tanh({0})",
    Maximum: "maximum({0}, {1})",
    Minimum: "minimum({0}, {1})",
    ops.Less: "{0} < {1}",
    ops.LessEqual: "{0} <= {1}",
    ops.Greater: "{0} > {1}",
    ops.GreaterEqual: "{0} >= {1}",
    ops.Where: "({1} if {0} else {2})",
    ops.ToFloat: "float64({0})",
    ops.Identity: "{0}",
    ops.StopGradient: "{0}",
}
"""The ops that the host computes, as Python over numbers of type `numpy.float64`."""

_FUNCTIONS = {
    name: getattr(np, name)
    for name in (
        "sqrt", "exp", "log", "sin", "cos", "tanh", "maximum", "minimum", "float64",
    )
}  # fmt: skip


class Numbers:
    """The numbers of a program, and the Python code that computes them."""

    def __init__(self) -> None:
        self._name: dict[Node, str] = {LEARNING_RATE: "lr", STEP: "step"}
        self._lines: list[str] = []
        self._constants: dict[str, object] = {}

    def find(self, nodes: Sequence[Node]) -> Callable[[Node], bool]:
        """Find the numbers among nodes; return what says whether a node is one."""
        for node in nodes:
            if node not in self._name and node.shape == () and self._computable(node):
                operands = [self._operand(x) for x in node.inputs]
                name = self._name[node] = f"n{len(self._name)}"
                assert node.op is not None
                text = TEMPLATES[type(node.op)].format(*operands)
                self._lines.append(f"{name} = {text}")
        return self.has

    def has(self, node: Node) -> bool:
        """Whether a node is a number that the host computes."""
        return node in self._name

    def _computable(self, node: Node) -> bool:
        return (
            type(node.op) in TEMPLATES
            and any(x in self._name for x in node.inputs)
            and all(
                x in self._name or (isinstance(x, Constant) and x.shape == ())
                for x in node.inputs
            )
        )

    def _operand(self, node: Node) -> str:
        if node in self._name:
            return self._name[node]
        assert isinstance(node, Constant)
        name = f"c{len(self._constants)}"
        self._constants[name] = np.float64(node.value.item())
        return name

    def compiled(self, wanted: Sequence[Node]) -> Callable[..., list[float]]:
        """Return a function of learning rate and step that computes some numbers."""
        results = ", ".join(self._name[node] for node in wanted)
        body = "".join(f"    {line}\n" for line in self._lines)
        source = f"def numbers(lr, step):\n{body}    return [{results}]\n"
        namespace: dict[str, Any] = {**_FUNCTIONS, **self._constants}
        exec(source, namespace)
        made: Callable[..., list[float]] = namespace["numbers"]
        return made
