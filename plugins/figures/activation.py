"""``activation``: g and g′ of activations, from the graph."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np

from chainrule import ops
from chainrule.arguments import checked
from chainrule.autodiff import grad
from chainrule.errors import ArgumentError, ChainRuleError, GradientError
from chainrule.execution import evaluate
from chainrule.kinds.activation import Activation
from chainrule.leaves import input as new_input
from chainrule.notation.expressions import expression
from chainrule.notation.numbers import number
from chainrule.plotting.canvas import Canvas
from chainrule.plotting.plot import Data, Look, Plot
from chainrule.registry import registry

ELSEWHERE: Mapping[str, tuple[str, str]] = {
    "identity": ("tf.identity", "torch.nn.Identity"),
    "sigmoid": ("tf.math.sigmoid", "torch.sigmoid"),
    "tanh": ("tf.math.tanh", "torch.tanh"),
    "relu": ("tf.nn.relu", "torch.relu"),
    "leaky_relu": ("tf.nn.leaky_relu", "torch.nn.functional.leaky_relu"),
    "prelu": ("tf.keras.layers.PReLU", "torch.nn.PReLU"),
    "elu": ("tf.nn.elu", "torch.nn.functional.elu"),
    "selu": ("tf.nn.selu", "torch.nn.functional.selu"),
    "gelu": ("tf.nn.gelu", "torch.nn.functional.gelu"),
    "softplus": ("tf.math.softplus", "torch.nn.functional.softplus"),
    "softsign": ("tf.nn.softsign", "torch.nn.functional.softsign"),
    "silu": ("tf.nn.silu", "torch.nn.functional.silu"),
    "mish": ("tf.keras.activations.mish", "torch.nn.functional.mish"),
    "hard_sigmoid": (
        "tf.keras.activations.hard_sigmoid", "torch.nn.functional.hardsigmoid",
    ),
    "hard_tanh": ("tf.keras.activations.hard_tanh", "torch.nn.functional.hardtanh"),
}  # fmt: skip
"""Name of an activation → what TensorFlow and PyTorch call it."""
SAMPLES = 401
LONGEST = 90
"""Characters of a formula."""


@dataclass(frozen=True)
class Formula:
    """An activation as it is printed."""

    name: str
    value: str
    slope: str


@checked
def activation(
    *names: Any,
    at: float | None = None,
    low: float = -4.0,
    high: float = 4.0,
    **look: Unpack[Look],
) -> Plot:
    """Show g(z) and g′(z) of one activation or several, from the graph.

    Above each stand both formulas, printed from what is computed, and what TensorFlow
    and PyTorch call it. Where no gradient flows, as through a step, g′ is 0.

    Args:
        *names: activations: names, objects, or functions of a node.
        at: a z at which to draw the tangent, with its slope.
        low: the least z.
        high: the greatest z.
        **look: theme, size and title.

    Raises:
        ArgumentError: no activation, or one whose value also depends on other units.
    """
    if not names or low >= high:
        raise ArgumentError(
            "activation needs at least one activation, and low < high: write "
            'cr.plot.activation("sigmoid", "tanh")'
        )
    z = np.linspace(low, high, SAMPLES)
    data: dict[str, Any] = {"z": z}
    formulas = []
    for name in names:
        made: Activation = registry.resolve("activations", name)
        formula = _printed(made)
        label = formula.name
        data[f"{label}(z)"], data[f"{label}′(z)"] = _computed(made, z)
        if at is not None:
            value, slope = _computed(made, np.array([at]))
            data[f"{label} at {number(at)}"] = np.array([at, value[0], slope[0]])
        formulas.append(formula)
    return Plot(functools.partial(_draw, formulas, at), data, **look)


def _computed(made: Activation, z: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    """Return g and g′ at z.

    Raises:
        ArgumentError: g(z) depends on what stands beside z.
    """
    x = new_input("z", (None, 2))
    g = made(x)[:, 0]
    beside = [np.stack([z, np.full_like(z, other)], axis=1) for other in (0.0, 1.0)]
    first, second = (evaluate([g], {x: rows})[0] for rows in beside)
    if not np.array_equal(first, second):
        raise ArgumentError(
            f"{made.type_name} has no curve: its value also depends on the units "
            "beside it; give an activation that is computed element by element"
        )
    try:
        (slope,) = grad(ops.sum(g), [x])
    except GradientError:
        return first, np.zeros_like(z)
    return first, evaluate([slope], {x: beside[0]})[0][:, 0]


def _printed(made: Activation) -> Formula:
    """Return the formulas of an activation, as the graph prints them."""
    named = getattr(getattr(made, "function", None), "__name__", made.type_name)
    try:
        z = new_input("z")
        g = made(z)
    except ChainRuleError:  # it has a parameter for each unit
        z = new_input("z", (None, 2))
        g = made(z)
    try:
        (slope,) = grad(ops.sum(g), [z])
    except GradientError:
        return Formula(named, expression(g, longest=LONGEST), "0")
    return Formula(
        named, expression(g, longest=LONGEST), expression(slope, longest=LONGEST)
    )


def _draw(
    formulas: list[Formula], at: float | None, canvas: Canvas, data: Data
) -> None:
    z = data["z"]
    value, slope = canvas.series(0), canvas.series(1)
    panels = canvas.panels(len(formulas), shape=1.15 if len(formulas) > 1 else 1.6)
    line = int(canvas.panel / (0.68 * canvas.small))
    for axes, formula in zip(panels, formulas, strict=True):
        g, derivative = data[f"{formula.name}(z)"], data[f"{formula.name}′(z)"]
        axes.axhline(0, color=canvas.theme.forward, linewidth=0.8)
        axes.axvline(0, color=canvas.theme.forward, linewidth=0.8)
        axes.plot(z, g, **value.line, label="g(z)")
        axes.plot(z, derivative, **slope.line, label="g′(z)")
        axes.set_xlim(z[0], z[-1])
        _set_height(axes, g, derivative)
        point = None if at is None else data[f"{formula.name} at {number(at)}"]
        if point is not None:
            _draw_tangent(canvas, axes, point)
        size = canvas.points(canvas.small)
        axes.set_title("\n".join(_heading(formula, point, line)), fontsize=size)
        axes.set_xlabel("z")
        axes.legend(loc="upper left", handlelength=2.2)


def _heading(formula: Formula, point: Any, line: int) -> list[str]:
    """Return what stands above a panel, in lines of so many characters."""
    lines = [formula.name, *ELSEWHERE.get(formula.name, ())]
    lines += textwrap.wrap(f"g(z) = {formula.value}", line)
    lines += textwrap.wrap(f"g′(z) = {formula.slope}", line)
    if point is not None:
        at, g, slope = (number(float(value)) for value in point)
        lines += [f"at z = {at}: g = {g}, slope g′ = {slope}"]
    return lines


def _set_height(axes: Any, g: Any, derivative: Any) -> None:
    """Leave room above for the legend, and cut what grows beyond bounds."""
    low = max(min(g.min(), derivative.min()), -4.0)
    high = min(max(g.max(), derivative.max()), 4.0)
    room = (high - low) or 1.0
    axes.set_ylim(low - 0.06 * room, high + 0.3 * room)


def _draw_tangent(canvas: Canvas, axes: Any, point: Any) -> None:
    at, g, slope = (float(value) for value in point)
    ink = canvas.theme.ink
    reach = 1.4 / (1 + slope**2) ** 0.5
    ends = np.array([at - reach, at + reach])
    axes.plot(ends, g + slope * (ends - at), color=ink, linewidth=1.2)
    axes.plot([at], [g], "o", color=ink)
