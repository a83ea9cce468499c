"""``dropout``: a network with the units that a training step drops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from chainrule import ops
from chainrule.annotations import PositiveInt, Seed
from chainrule.arguments import checked
from chainrule.autodiff import grad
from chainrule.calls import calls
from chainrule.data.arrays import Array
from chainrule.errors import DataError
from chainrule.execution import evaluate
from chainrule.graph import topological
from chainrule.kinds.module import Module
from chainrule.model.model import Model
from chainrule.node import Node
from chainrule.notation.numbers import number
from chainrule.plotting.canvas import Canvas
from chainrule.plotting.plot import Data, Look, Plot

MOST = 12
"""Units of a layer that are drawn; of wider ones the first."""


@checked
def dropout(
    model: Model,
    *,
    steps: Sequence[PositiveInt] = (1, 2),
    seed: Seed = 0,
    **look: Unpack[Look],
) -> Plot:
    """Show which units each training step drops, with their edges gone.

    These are the masks that `fit` with this seed draws for the first example of the
    batch. What is kept is multiplied by 1 / (1 − rate), which the units say.

    Args:
        model: a model with dropout between dense layers.
        steps: the numbers of the steps, from 1.
        seed: the seed of the training run.
        **look: theme, size and title.

    Raises:
        DataError: the model drops nothing.
    """
    columns = _columns(model)
    drops = [node for _, node in columns if node is not None]
    if not drops:
        raise DataError(
            "the model drops no units: put cr.layers.Dropout(0.5) between its layers"
        )
    x = np.ones((1, *[size or 1 for size in model.inputs[0].shape[1:]]))
    factors = [grad(ops.sum(node), [calls[node].inputs[0]])[0] for node in drops]
    data: dict[str, Any] = {
        f"units_{place}": np.array(count) for place, (count, _) in enumerate(columns)
    }
    where = [place for place, (_, node) in enumerate(columns) if node is not None]
    for step in steps:
        found = evaluate(
            factors, {model.inputs[0]: x}, training=True, seed=seed, step=step,
            updating=False,
        )  # fmt: skip
        for place, factor in zip(where, found, strict=True):
            data[f"step_{step}_factor_{place}"] = factor[0]
    return Plot(_draw, data, **look)


def _columns(model: Model) -> list[tuple[int, Node | None]]:
    """Return the width of each layer of units, and the node that drops some of them."""
    columns: list[tuple[int, Node | None]] = [(model.inputs[0].shape[-1] or 1, None)]
    for node in topological(model.outputs):
        module = calls[node].module if node in calls else None
        if isinstance(module, Module) and module.drops:
            columns[-1] = columns[-1][0], node
        elif getattr(module, "units", None) is not None:
            columns.append((node.shape[-1] or 1, None))
    return columns


def _draw(canvas: Canvas, data: Data) -> None:
    widths = [int(value) for name, value in data.items() if name.startswith("units_")]
    steps = list(dict.fromkeys(n.split("_")[1] for n in data if n.startswith("step_")))
    panels = canvas.panels(len(steps), shape=1.15)
    for axes, step in zip(panels, steps, strict=True):
        factors = [
            data.get(f"step_{step}_factor_{place}", np.ones(width))[:MOST]
            for place, width in enumerate(widths)
        ]
        _draw_network(canvas, axes, factors)
        kept = sum(int((f > 0).sum()) for f in factors)
        axes.set_title(f"step {step}: {kept} of {sum(map(len, factors))} units")
        cut = [width for width in widths if width > MOST]
        if cut:
            axes.set_xlabel(f"the first {MOST} units of each layer")
            axes.xaxis.label.set_visible(True)


def _draw_network(canvas: Canvas, axes: Any, factors: Sequence[Array]) -> None:
    theme = canvas.theme
    places = [_heights(len(column)) for column in factors]
    for left in range(len(factors) - 1):
        for i, j in np.ndindex(len(factors[left]), len(factors[left + 1])):
            if factors[left][i] and factors[left + 1][j]:
                ends = places[left][i], places[left + 1][j]
                axes.plot(
                    [left, left + 1], ends, color=theme.forward, linewidth=0.7, zorder=1
                )
    size = canvas.points(1.9 * canvas.small)
    for place, (column, heights) in enumerate(zip(factors, places, strict=True)):
        for factor, y in zip(column, heights, strict=True):
            kept = bool(factor)
            axes.plot(
                [place], [y], "o", markersize=size, zorder=2,
                markerfacecolor=theme.parameter_fill if kept else "none",
                markeredgecolor=theme.parameter if kept else theme.faint,
                linestyle="none", markeredgewidth=1.4 if kept else 0.8,
            )  # fmt: skip
            if not kept:
                axes.plot(
                    [place], [y], "x", color=theme.between, markersize=0.6 * size,
                    markeredgewidth=1.6, zorder=3,
                )  # fmt: skip
        scale = float(column.max())
        if scale > 1:
            axes.annotate(
                f"kept units × {number(scale, digits=3)}",
                (place, 1.0), (0, 0.9 * size),
                textcoords="offset points", ha="center", va="bottom",
                fontsize=canvas.points(canvas.small),
            )  # fmt: skip
    axes.set_xlim(-0.35, len(factors) - 0.65)
    axes.set_ylim(-0.1, 1.2)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[["left", "bottom"]].set_visible(False)


def _heights(count: int) -> Array:
    """Return places for so many units, from 0 to 1."""
    return np.linspace(0, 1, count) if count > 1 else np.array([0.5])
