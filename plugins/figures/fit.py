"""``fit``: what models of one feature answer, as curves through the points."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from chainrule.arguments import checked
from chainrule.data.arrays import Array, as_rows
from chainrule.errors import DataError, shown
from chainrule.model.model import Model
from chainrule.plotting.canvas import Canvas
from chainrule.plotting.plot import Data, Look, Plot

STEPS = 300


@checked
def fit(
    model: Model | Mapping[str, Model],
    x: Any,
    y: Any,
    *,
    held_out: Any = None,
    **look: Unpack[Look],
) -> Plot:
    """Show the curve that a model of one feature draws through points.

    Args:
        model: a model from one number to one number, or several by name, side by side.
        x: points of shape (n,) or (n, 1).
        y: what they should give.
        held_out: further points (x, y), shown without a filling.
        **look: theme, size and title.

    Raises:
        DataError: a model takes or gives more than one number, or the points do not.
    """
    models = model if isinstance(model, Mapping) else {"": model}
    data: dict[str, Any] = {"x": _column(x, "x"), "y": _column(y, "y")}
    if held_out is not None:
        if not isinstance(held_out, (tuple, list)) or len(held_out) != 2:
            raise DataError(f"held_out must be points (x, y), got {shown(held_out)}")
        data["held_out_x"] = _column(held_out[0], "held_out[0]")
        data["held_out_y"] = _column(held_out[1], "held_out[1]")
    points = np.concatenate([data[n] for n in ("x", "held_out_x") if n in data])
    data["at"] = np.linspace(points.min(), points.max(), STEPS)
    for name, each in models.items():
        answers = np.asarray(each.predict(data["at"][:, None]))
        if answers.shape != (STEPS, 1):
            raise DataError(
                "a model must give one number for each number, got the shape "
                f"{answers.shape[1:]}"
            )
        data[f"answer of {name}" if name else "answer"] = answers[:, 0]
    return Plot(functools.partial(_draw, tuple(models)), data, **look)


def _column(values: Any, name: str) -> Array:
    array = as_rows(values, name, floats="float64")
    if array.size != len(array):
        raise DataError(
            f"{name} must have one number for each point, got the shape {array.shape}"
        )
    return array.ravel()


def _draw(names: tuple[str, ...], canvas: Canvas, data: Data) -> None:
    panels = canvas.panels(len(names), shape=1.2)
    points, line = canvas.series(0), canvas.series(1)
    size = 0.45 * canvas.points(canvas.small)
    low, high = float(data["y"].min()), float(data["y"].max())
    room = 0.3 * (high - low or 1.0)
    for axes, name in zip(panels, names, strict=True):
        if "held_out_x" in data:
            axes.plot(
                data["held_out_x"], data["held_out_y"], **points.points,
                markerfacecolor="none", markersize=0.7 * size, alpha=0.6,
                label="held out",
            )  # fmt: skip
        axes.plot(
            data["x"], data["y"], **points.points, markersize=size, label="training"
        )
        answer = data[f"answer of {name}" if name else "answer"]
        axes.plot(data["at"], answer, color=line.color, label="model")
        axes.set_ylim(low - room, high + room)
        axes.set_title(name)
        axes.set_xlabel("x")
    handles, labels = panels[0].get_legend_handles_labels()
    below = {"ncols": 3}
    canvas.figure.legend(handles, labels, loc="outside lower center", **below)
