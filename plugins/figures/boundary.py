"""``boundary``: where a model of two inputs decides for which class."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Unpack

import numpy as np

from chainrule.annotations import Range
from chainrule.arguments import checked
from chainrule.data.arrays import Array, as_numbers
from chainrule.errors import DataError, shown
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
    model: Model | Mapping[str, Model],
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
        model: a model of two features, or several by name, side by side.
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
    models = model if isinstance(model, Mapping) else {"": model}
    for each in models.values():
        _check_plane(each)
    data: dict[str, Any] = {}
    for prefix, given in (("", (x, y)), ("held_out_", held_out)):
        given = (None, None) if given is None else given
        if not isinstance(given, (tuple, list)) or len(given) != 2:
            raise DataError(f"held_out must be points (x, y), got {shown(given)}")
        if given[0] is not None:
            points, classes = _points(*given)
            data[f"{prefix}x"] = points
            if classes is not None:
                data[f"{prefix}y"] = classes
    placed = [data[name] for name in ("x", "held_out_x") if name in data]
    bounds = extent or _around(np.concatenate(placed) if placed else _UNIT)
    x1 = np.linspace(bounds[0], bounds[1], steps)
    x2 = np.linspace(bounds[2], bounds[3], steps)
    grid = np.stack(np.meshgrid(x1, x2), axis=-1).reshape(-1, 2)
    data |= {"x1": x1, "x2": x2}
    for name, each in models.items():
        score = _scores(each, grid).reshape(steps, steps, -1)
        data[f"score of {name}" if name else "score"] = score
    lines = {name: _line(each) for name, each in models.items()}
    return Plot(functools.partial(_draw, lines), data, **look)


_UNIT = np.array([[-1.0, -1.0], [1.0, 1.0]])


def _check_plane(model: Model) -> None:
    if len(model.inputs) != 1 or model.inputs[0].shape[1:] != (2,):
        raise DataError(
            "a boundary is drawn in a plane, so the model must have one input of two "
            f"features, got {[leaf.shape for leaf in model.inputs]}"
        )


def _points(x: Any, y: Any) -> tuple[Array, Array | None]:
    """Return points and the numbers of their classes."""
    points = as_numbers(x, "x").astype(float)
    if points.ndim != 2 or points.shape[1] != 2:
        raise DataError(f"points must have the shape (n, 2), got {points.shape}")
    if y is None:
        return points, None
    classes = as_numbers(y, "y")
    if classes.ndim == 2:
        classes = classes.argmax(1) if classes.shape[1] > 1 else classes[:, 0]
    if classes.shape != (len(points),):
        raise DataError(
            f"{len(points)} points need {len(points)} classes, got the shape "
            f"{classes.shape}"
        )
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
    result = evaluate([output], {model.inputs[0]: grid})[0]
    return np.asarray(result)


def _line(model: Model) -> Line | None:
    """Return the boundary of a single unit of two inputs."""
    values = {path: p.value for path, p in model.parameters.items()}
    shapes = sorted(value.shape for value in values.values())
    if shapes not in ([(1,), (2, 1)], [(1,), (2,)]):
        return None
    kernel = next(value.ravel() for value in values.values() if value.size == 2)
    bias = next(value for value in values.values() if value.size == 1)
    return Line(float(bias[0]), float(kernel[0]), float(kernel[1]))


def _draw(lines: Mapping[str, Line | None], canvas: Canvas, data: Data) -> None:
    panels = canvas.panels(len(lines), shape=1.2)
    for axes, (name, line) in zip(panels, lines.items(), strict=True):
        _draw_regions(canvas, axes, data[f"score of {name}" if name else "score"], data)
        if line is not None:
            _draw_sides(canvas, axes, line, data)
        title = [name] if name else []
        title += [str(line)] if line is not None else []
        axes.set_title("\n".join(title))
    handles, labels = panels[0].get_legend_handles_labels()
    if handles and len(panels) == 1:
        beside = {"bbox_to_anchor": (1.0, 1.0), "borderaxespad": 0.2}
        panels[0].legend(handles, labels, loc="upper left", **beside)
    elif handles:
        below = {"ncols": 4}
        canvas.figure.legend(handles, labels, loc="outside lower center", **below)


def _draw_regions(canvas: Canvas, axes: Any, score: Array, data: Data) -> None:
    """Fill the regions of the classes, and draw the points on them."""
    x1, x2 = data["x1"], data["x2"]
    margins = _margins(score)
    chosen = np.argmax(margins, axis=0)
    fills = [canvas.series(i).color for i in range(len(margins))]
    levels = np.arange(len(margins) + 1) - 0.5
    axes.contourf(x1, x2, chosen, levels=levels, colors=fills, alpha=0.16)
    for margin in margins[1:] if len(margins) == 2 else margins:
        if margin.min() < 0 < margin.max():
            ink = [canvas.theme.ink]
            axes.contour(x1, x2, margin, levels=[0.0], colors=ink, linewidths=1.6)
    for prefix, filled in (("", True), ("held_out_", False)):
        if f"{prefix}y" in data:
            _draw_points(canvas, axes, data[f"{prefix}x"], data[f"{prefix}y"], filled)
        elif f"{prefix}x" in data:
            axes.plot(*data[f"{prefix}x"].T, "o", color=canvas.theme.ink)
    axes.set_xlim(x1[0], x1[-1])
    axes.set_ylim(x2[0], x2[-1])
    axes.set_xlabel("x₁")
    axes.set_ylabel("x₂", rotation=0)


def _draw_sides(canvas: Canvas, axes: Any, line: Line, data: Data) -> None:
    """Say on which side of the line z is positive, and z at points without a class."""
    x1, x2 = data["x1"], data["x2"]
    corners = [
        (line.w0 + line.w1 * a + line.w2 * b, place)
        for a, across in ((x1[0], 0.04), (x1[-1], 0.96))
        for b, along in ((x2[0], 0.04), (x2[-1], 0.96))
        for place in [(across, along)]
    ]
    for z, (across, along) in (min(corners), max(corners)):
        axes.annotate(
            "z < 0" if z < 0 else "z > 0", (across, along), xycoords="axes fraction",
            ha="left" if across < 0.5 else "right",
            va="bottom" if along < 0.5 else "top",
        )  # fmt: skip
    if "x" in data and "y" not in data:
        for a, b in data["x"][:3]:
            z = line.w0 + line.w1 * a + line.w2 * b
            left = a > (x1[0] + x1[-1]) / 2
            axes.annotate(
                f"({number(float(a))}, {number(float(b))}): z = {number(float(z))}",
                (a, b), (canvas.points(-8 if left else 8), canvas.points(8)),
                textcoords="offset points", ha="right" if left else "left",
            )  # fmt: skip


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
