"""``boundary``: where a model of two inputs decides for which class."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Annotated, Any, Unpack

import numpy as np

from chainrule.annotations import Range
from chainrule.arguments import checked
from chainrule.data.arrays import Array
from chainrule.errors import DataError
from chainrule.execution import evaluate
from chainrule.kinds.loss import Loss
from chainrule.model.model import Model
from chainrule.notation.numbers import number
from chainrule.plotting.canvas import Canvas
from chainrule.plotting.plot import Data, Look, Plot

YES = 0.5
"""More than this, on the scale of a target, is a yes."""
MARGIN = 0.12
"""Of the range of the points, that is shown around them."""


@dataclass(frozen=True)
class Line:
    """w₀ + w₁x₁ + w₂x₂ = 0: the boundary of a single unit."""

    w0: float
    w1: float
    w2: float

    def __str__(self) -> str:
        terms = [number(self.w0)]
        for weight, name in ((self.w1, "x₁"), (self.w2, "x₂")):
            sign = "−" if weight < 0 else "+"
            size = "" if abs(weight) == 1 else number(abs(weight))
            terms += [sign, f"{size}{name}"]
        return f"{' '.join(terms)} = 0"


@checked
def boundary(
    model: Model,
    x: Any = None,
    y: Any = None,
    *,
    held_out: Any = None,
    extent: tuple[float, float, float, float] | None = None,
    steps: Annotated[int, Range(20, 2000)] = 200,
    **look: Unpack[Look],
) -> Plot:
    """Show for which points of a plane a model decides for which class.

    One output is a yes where it is more than ½ on the scale of the target, for logits
    where they are more than 0; with several outputs the largest decides. The boundary
    of a single unit is written as an equation too.

    Args:
        model: a model of two features.
        x: points of shape (n, 2) to show, or None.
        y: their classes, shape (n,) or (n, 1), or one-hot rows.
        held_out: further points (x, y), shown without a filling.
        extent: what is shown: (low, high) of x₁, then of x₂; by default the points
            and a margin.
        steps: points of the grid along each axis.
        **look: theme, size and title.

    Raises:
        DataError: the model does not take two features, or the points do not fit.
    """
    if len(model.inputs) != 1 or model.inputs[0].shape[1:] != (2,):
        raise DataError(
            "a boundary is drawn in a plane, so the model must have one input of two "
            f"features, got {[leaf.shape for leaf in model.inputs]}"
        )
    data: dict[str, Any] = {}
    for prefix, given in (("", (x, y)), ("held_out_", held_out)):
        if given is not None and given[0] is not None:
            data[f"{prefix}x"], data[f"{prefix}y"] = _points(*given)
    shown = [data[name] for name in ("x", "held_out_x") if name in data]
    bounds = extent or _around(np.concatenate(shown) if shown else _UNIT)
    x1 = np.linspace(bounds[0], bounds[1], steps)
    x2 = np.linspace(bounds[2], bounds[3], steps)
    grid = np.stack(np.meshgrid(x1, x2), axis=-1).reshape(-1, 2)
    score = _scores(model, grid)
    data |= {"x1": x1, "x2": x2, "score": score.reshape(steps, steps, -1)}
    return Plot(functools.partial(_draw, _line(model)), data, **look)


_UNIT = np.array([[-1.0, -1.0], [1.0, 1.0]])


def _points(x: Any, y: Any) -> tuple[Array, Array]:
    """Return points and the numbers of their classes."""
    points = np.asarray(x, float)
    if points.ndim != 2 or points.shape[1] != 2:
        raise DataError(f"points must have the shape (n, 2), got {points.shape}")
    if y is None:
        return points, np.zeros(len(points), int)
    classes = np.asarray(y)
    if classes.ndim == 2:
        classes = classes.argmax(1) if classes.shape[1] > 1 else classes[:, 0]
    if classes.shape != (len(points),):
        raise DataError(f"{len(points)} points need {len(points)} classes, got {y!r}")
    return points, classes.astype(int)


def _around(points: Array) -> tuple[float, float, float, float]:
    low, high = points.min(0), points.max(0)
    room = MARGIN * np.maximum(high - low, 1e-9)
    (a, c), (b, d) = low - room, high + room
    return float(a), float(b), float(c), float(d)


def _scores(model: Model, grid: Array) -> Array:
    """Return the outputs for points, those of one output so that ½ is the boundary."""
    (output,) = model.outputs[:1]
    criteria = model.session.criteria
    loss = criteria.losses[0] if criteria else None
    if output.shape[-1] == 1 and isinstance(loss, Loss):
        output = loss.decision(output)
    result = evaluate([output], {model.inputs[0]: grid}, dtype="float64")[0]
    return np.asarray(result)


def _line(model: Model) -> Line | None:
    """Return the boundary of a single unit of two inputs."""
    values = {path: p.value for path, p in model.parameters.items()}
    shapes = sorted(value.shape for value in values.values())
    if shapes != [(1,), (2, 1)]:
        return None
    kernel = next(value for value in values.values() if value.shape == (2, 1))
    bias = next(value for value in values.values() if value.shape == (1,))
    return Line(float(bias[0]), float(kernel[0, 0]), float(kernel[1, 0]))


def _draw(line: Line | None, canvas: Canvas, data: Data) -> None:
    (axes,) = canvas.panels(shape=1.2)
    x1, x2 = data["x1"], data["x2"]
    margins = _margins(data["score"])
    chosen = np.argmax(margins, axis=0)
    fills = [canvas.series(i).color for i in range(len(margins))]
    levels = np.arange(len(margins) + 1) - 0.5
    axes.contourf(x1, x2, chosen, levels=levels, colors=fills, alpha=0.16)
    for margin in margins[1:] if len(margins) == 2 else margins:
        if margin.min() < 0 < margin.max():
            ink = [canvas.theme.ink]
            axes.contour(x1, x2, margin, levels=[0.0], colors=ink, linewidths=1.6)
    for prefix, filled in (("", True), ("held_out_", False)):
        if f"{prefix}x" in data:
            _draw_points(canvas, axes, data[f"{prefix}x"], data[f"{prefix}y"], filled)
    axes.set_xlim(x1[0], x1[-1])
    axes.set_ylim(x2[0], x2[-1])
    axes.set_xlabel("x₁")
    axes.set_ylabel("x₂", rotation=0)
    if line is not None:
        axes.set_title(str(line))
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)


def _margins(score: Array) -> list[Array]:
    """Return by how much each class is ahead of all others, at each point."""
    if score.shape[2] == 1:
        yes = score[..., 0] - YES
        return [-yes, yes]
    ahead = []
    for i in range(score.shape[2]):
        others = np.delete(score, i, axis=2).max(2)
        ahead.append(score[..., i] - others)
    return ahead


def _draw_points(
    canvas: Canvas, axes: Any, points: Array, classes: Array, filled: bool
) -> None:
    small = canvas.points(canvas.small)
    for place in sorted(set(classes.tolist())):
        look, own = canvas.series(place), points[classes == place]
        axes.plot(
            own[:, 0], own[:, 1], linestyle="none", marker=look.marker,
            markersize=0.5 * small, color=look.color,
            markerfacecolor=look.color if filled else "none",
            label=f"class {place}" + ("" if filled else ", held out"),
        )  # fmt: skip
