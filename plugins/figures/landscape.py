"""``landscape``: a loss over two of its parameters, or along two directions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias, Unpack

import numpy as np

from chainrule.annotations import Range, Seed
from chainrule.arguments import checked
from chainrule.data.arrays import Array, as_numbers
from chainrule.errors import ArgumentError, GraphError, shown
from chainrule.execution import evaluate
from chainrule.graph import Graph
from chainrule.leaves import input as new_input
from chainrule.model.model import Model
from chainrule.node import Node, Parameter
from chainrule.notation.naming import Naming
from chainrule.notation.numbers import number
from chainrule.plotting.canvas import Canvas
from chainrule.plotting.plot import Data, Look, Plot
from chainrule.plugins.figures.directions import plane_of
from chainrule.substitution import substitute

Directions: TypeAlias = Literal["random", "pca"]
LEVELS = 18
MARGIN = 0.25
"""Of the range of the paths, that is shown around them."""


@dataclass(frozen=True)
class Surface:
    """What is drawn, apart from the numbers.

    Attributes:
        names: of the two axes; one for a slice.
        paths: the names of the paths.
        kind: contours, or a surface.
        log: whether levels are spaced by their logarithms.
    """

    names: tuple[str, ...]
    paths: tuple[str, ...]
    kind: str
    log: bool


@checked
def landscape(
    what: Node | Model,
    w1: Parameter | None = None,
    w2: Parameter | None = None,
    *,
    path: Any = None,
    values: Mapping[Any, Any] | None = None,
    data: Any = None,
    loss: Any = None,
    directions: Directions = "random",
    extent: Sequence[float] | None = None,
    steps: Annotated[int, Range(5, 400)] = 41,
    kind: Literal["contours", "surface"] = "contours",
    log: bool = False,
    seed: Seed = 0,
    **look: Unpack[Look],
) -> Plot:
    """Show a loss over two parameters, with the paths that descents took on it.

    With one parameter it is a curve, whose local minima are marked. For a model the
    axes are two directions in the space of all weights: random ones, each scaled like
    the weights that it changes (Li et al., arXiv:1712.09913), or the principal
    components of the path.

    Args:
        what: a scalar node, or a model.
        w1: the parameter along the first axis, a single number.
        w2: the parameter along the second axis; None: a curve over `w1`.
        path: rows of w₁ and w₂, one for each step, or several such paths by name; for
            a model the callback `Trajectory` that was given to `fit`.
        values: arrays for the inputs of a node.
        data: examples (x, y) of a model.
        loss: of a model; None is the one that it was trained with.
        directions: ``"random"`` or ``"pca"``, for a model.
        extent: what is shown: (low, high) of the first axis, then of the second; by
            default the paths and a margin.
        steps: points along each axis.
        kind: ``"contours"``, or a ``"surface"`` in perspective.
        log: whether levels are spaced by the logarithm of J − min J.
        seed: of random directions.
        **look: theme, size and title.

    Raises:
        ArgumentError: nothing says which parameters, or which region.
        GraphError: the node is not one number, or a parameter is not.
    """
    if isinstance(what, Model):
        if data is None:
            raise ArgumentError("the loss of a model needs examples: data=(x, y)")
        if not isinstance(data, (tuple, list)) or len(data) != 2:
            raise ArgumentError(f"data must be examples (x, y), got {shown(data)}")
        x, y = data
        plane = plane_of(what, x, y, path, loss, directions, seed)
        names: tuple[str, ...] = plane.names
        height, paths = plane.loss, dict(plane.paths)
    else:
        chosen = [w for w in (w1, w2) if w is not None]
        if not chosen:
            raise ArgumentError("landscape needs a parameter: landscape(J, w1, w2)")
        height = _height(what, chosen, values or {})
        names = _names(what, chosen)
        paths = _paths(path, len(chosen))
    axes = _axes(extent, paths, len(names), steps)
    found: dict[str, Any] = dict(zip(("w1", "w2"), axes, strict=False))
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, len(axes))
    found["J"] = np.array([height(p) for p in grid]).reshape([steps] * len(axes))
    for name, points in paths.items():
        found[f"path {name}".strip()] = points
        found[f"J along {name}".strip()] = np.array([height(p) for p in points])
    if len(axes) == 1:
        found["minima"] = axes[0][_minima(found["J"])]
    surface = Surface(names, tuple(paths), kind, log)
    return Plot(functools.partial(_draw, surface), found, **look)


def _height(
    loss: Node, chosen: Sequence[Parameter], values: Mapping[Any, Any]
) -> Callable[[Array], float]:
    """Return the loss as a function of some parameters, which are not changed."""
    if loss.shape != ():
        raise GraphError(f"a landscape is that of one number, got {loss!r}")
    for parameter in chosen:
        if parameter.value.size != 1:
            raise GraphError(
                f"{parameter!r} has {parameter.value.size} numbers: a landscape takes "
                "two parameters of one number each, or a model"
            )
    leaves = [new_input(p.name or "w", p.value.shape) for p in chosen]
    (moved,) = substitute([loss], dict(zip(chosen, leaves, strict=True)))

    def height(point: Array) -> float:
        at = {
            leaf: np.reshape(coordinate, parameter.value.shape)
            for leaf, parameter, coordinate in zip(leaves, chosen, point, strict=True)
        }
        with np.errstate(all="ignore"):
            return float(evaluate([moved], {**values, **at})[0])

    return height


def _names(loss: Node, chosen: Sequence[Parameter]) -> tuple[str, ...]:
    naming = Naming(Graph([loss]))
    symbols = [naming.symbol(parameter) for parameter in chosen]
    return tuple(symbol.unicode() if symbol else "w" for symbol in symbols)


def _paths(path: Any, axes: int) -> dict[str, Array]:
    """Return paths by name, each with a row for each step."""
    if path is None:
        return {}
    named = path if isinstance(path, Mapping) else {"": path}
    paths = {}
    for name, points in named.items():
        rows = as_numbers(points, "path").astype(float)
        if rows.ndim == 1 and axes == 1:
            rows = rows[:, None]
        if rows.ndim != 2 or rows.shape[1] != axes or not len(rows):
            raise ArgumentError(
                f"a path must have a row of {axes} numbers for each step, got the "
                f"shape {rows.shape}"
            )
        paths[str(name)] = rows
    return paths


def _axes(
    extent: Sequence[float] | None, paths: Mapping[str, Array], count: int, steps: int
) -> list[Array]:
    """Return the points along each axis."""
    if extent is None:
        shown = [rows[np.isfinite(rows).all(1)] for rows in paths.values()]
        if not shown:
            raise ArgumentError(
                "nothing says which region to show: give extent="
                f"{(-1, 1) * count}, or a path"
            )
        points = np.concatenate(shown)
        low, high = points.min(0), points.max(0)
        room = MARGIN * np.maximum(high - low, 0.05 * (high - low).max() + 1e-6)
        extent = np.stack([low - room, high + room], axis=1).ravel().tolist()
    if len(extent) != 2 * count:
        raise ArgumentError(
            f"extent must have {2 * count} numbers, low and high of each axis, got "
            f"{len(extent)}"
        )
    return [np.linspace(extent[2 * i], extent[2 * i + 1], steps) for i in range(count)]


def _minima(heights: Array) -> Array:
    """Return the places that are lower than both beside them."""
    inner = (heights[1:-1] < heights[:-2]) & (heights[1:-1] <= heights[2:])
    return np.flatnonzero(inner) + 1


def _draw(surface: Surface, canvas: Canvas, data: Data) -> None:
    if len(surface.names) == 1:
        _draw_curve(surface, canvas, data)
    elif surface.kind == "surface":
        _draw_surface(surface, canvas, data)
    else:
        _draw_contours(surface, canvas, data)


def _draw_curve(surface: Surface, canvas: Canvas, data: Data) -> None:
    (axes,) = canvas.panels(shape=1.5)
    axes.plot(data["w1"], data["J"], color=canvas.theme.faint, linewidth=1.4)
    heights = np.interp(data["minima"], data["w1"], data["J"])
    axes.plot(
        data["minima"], heights, "v", color=canvas.theme.ink, label="local minimum",
        markersize=0.7 * canvas.points(canvas.text),
    )  # fmt: skip
    for place, name in enumerate(surface.paths):
        look = canvas.series(place)
        x = data[f"path {name}".strip()][:, 0]
        y = data[f"J along {name}".strip()]
        axes.plot(
            x, y, **look.line, marker=look.marker, markersize=4, linewidth=1.0,
            label=name or "descent",
        )  # fmt: skip
    low, high = float(data["J"].min()), float(data["J"].max())
    axes.set_xlim(data["w1"][0], data["w1"][-1])
    axes.set_ylim(low - 0.06 * (high - low), high + 0.25 * (high - low))
    axes.set_xlabel(surface.names[0])
    axes.set_title(f"J({surface.names[0]})")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _draw_contours(surface: Surface, canvas: Canvas, data: Data) -> None:
    (axes,) = canvas.panels(shape=1.25)
    heights = data["J"]
    finite = heights[np.isfinite(heights)]
    low, high = float(finite.min()), float(finite.max())
    if surface.log:
        room = (high - low) or 1.0
        levels = low + np.geomspace(room * 1e-3, room, LEVELS)
        levels = np.concatenate([[low], levels])
    else:
        levels = np.linspace(low, high if high > low else low + 1, LEVELS)
    filled = axes.contourf(
        data["w1"], data["w2"], heights, levels=levels, alpha=0.75,
        cmap=canvas.colors("sequential"),
    )  # fmt: skip
    axes.contour(
        data["w1"], data["w2"], heights, levels=levels[::2], linewidths=0.5,
        colors=[canvas.theme.faint],
    )  # fmt: skip
    for place, name in enumerate(surface.paths):
        _draw_path(canvas, axes, data[f"path {name}".strip()], place, name)
    axes.set_xlim(data["w1"][0], data["w1"][-1])
    axes.set_ylim(data["w2"][0], data["w2"][-1])
    axes.set_xlabel(surface.names[0])
    axes.set_ylabel(surface.names[1])
    bar = canvas.figure.colorbar(filled, ax=axes, shrink=0.75, aspect=18)
    ticks = levels[:: 6 if surface.log else 4].tolist()
    bar.set_ticks(ticks, labels=[number(tick, digits=3) for tick in ticks])
    bar.ax.set_title("J", fontsize=canvas.points(canvas.small))
    if surface.paths:
        canvas.figure.legend(loc="outside lower center", ncols=3)


def _draw_path(canvas: Canvas, axes: Any, points: Array, place: int, name: str) -> None:
    look = canvas.series(place + 1)
    size = 0.5 * canvas.points(canvas.text)
    axes.plot(
        points[:, 0], points[:, 1], **look.line, linewidth=1.8, marker=look.marker,
        markersize=0.5 * size, label=name or "descent",
    )  # fmt: skip
    ink = canvas.theme.ink
    start = {"marker": "o", "markerfacecolor": "none", "markersize": 1.3 * size}
    axes.plot(*points[0], color=ink, zorder=5, **start)
    axes.plot(*points[-1], "*", color=ink, markersize=1.8 * size, zorder=5)


def _draw_surface(surface: Surface, canvas: Canvas, data: Data) -> None:
    (axes,) = canvas.panels(shape=1.25, projection="3d")
    x, y = np.meshgrid(data["w1"], data["w2"])
    colors = canvas.colors("sequential")
    axes.plot_surface(x, y, data["J"], cmap=colors, alpha=0.7, linewidth=0)
    for place, name in enumerate(surface.paths):
        points, look = data[f"path {name}".strip()], canvas.series(place + 1)
        height = data[f"J along {name}".strip()]
        label = name or "descent"
        axes.plot(*points.T, height, **look.line, linewidth=2.2, label=label, zorder=9)
    room = canvas.points(canvas.small)
    axes.set_xlabel(surface.names[0], labelpad=room)
    axes.set_ylabel(surface.names[1], labelpad=room)
    axes.set_zlabel("J", labelpad=0.5 * room)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_pane_color((0, 0, 0, 0))
        axis.set_major_locator(_few())
    axes.set_box_aspect(None, zoom=0.8)
    if surface.paths:
        canvas.figure.legend(loc="outside lower center", ncols=3)


def _few() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4)
