"""Functions that the kernels of plugins call: written for numbers, made for vectors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from chainrule.backends.opencl.source.layout import Floats
from chainrule.errors import PluginError, shown

_HEAD = re.compile(r"^F\s+(\w+)\s*\(([^)]*)\)\s*\{", re.MULTILINE)
"""The head of a function of floats that returns a float."""
_ALIKE = "__attribute__((overloadable))"


class Expression(str):
    """A C expression, and the C functions that it calls."""

    __slots__ = ("functions",)
    functions: str

    @classmethod
    def of(cls, kernel: Any) -> Any:
        """Return a pair of both as an expression; any other kernel as it is."""
        if not isinstance(kernel, tuple):
            return kernel
        made = cls(kernel[0])
        made.functions = kernel[1]
        return made


def check_functions(expression: str, functions: object) -> None:
    """Reject what does not define a function that the expression calls.

    Raises:
        PluginError: it does not.
    """
    written = "'F name(F x) { return …; }', F for float or double"
    if not isinstance(functions, str) or not _HEAD.search(functions):
        raise PluginError(
            f"the functions that it calls must be written as {written}, got "
            f"{shown(functions)}"
        )
    names = [name for name, _ in _HEAD.findall(functions)]
    if not any(_calls(expression, name) for name in names):
        raise PluginError(
            f"{expression!r} must call one of its functions, {', '.join(names)}"
        )


def functions_for(
    text: str, kernels: Iterable[object], floats: Floats, width: int
) -> str:
    """Return the functions of those kernels that a source calls."""
    given = {k.functions: None for k in kernels if isinstance(k, Expression)}
    used = (
        functions
        for functions in given
        if any(_calls(text, name) for name, _ in _HEAD.findall(functions))
    )
    return "".join(_made(functions, floats, width) for functions in used)


def _calls(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\s*\(", text) is not None


def _made(functions: str, floats: Floats, width: int) -> str:
    """Return functions of numbers, and the same for vectors, lane by lane."""
    numbers = _HEAD.sub(rf"F {_ALIKE} \1(\2) {{", functions)
    lines = [re.sub(r"\bF\b", floats, numbers)]
    vector = f"{floats}{width}"
    for name, parameters in _HEAD.findall(functions) if width > 1 else ():
        operands = [f"x{i}" for i in range(len(parameters.split(",")))]
        lanes = (
            f"{name}({', '.join(f'{x}.s{lane:x}' for x in operands)})"
            for lane in range(width)
        )
        declared = ", ".join(f"{vector} {x}" for x in operands)
        lines.append(
            f"{vector} {_ALIKE} {name}({declared}) "
            f"{{ return ({vector})({', '.join(lanes)}); }}"
        )
    return "\n".join([*lines, ""])
