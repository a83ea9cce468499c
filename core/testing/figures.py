"""Checks of figures: readable in every size and theme, and the same bytes each time."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from chainrule.errors import ConformanceError, shown
from chainrule.plotting.plot import Plot
from chainrule.plotting.rooms import ROOMS
from chainrule.testing.conforming import conforming
from chainrule.testing.others import check_docstring, required_arguments
from chainrule.testing.runs import train

SIZES: tuple[Literal["slide", "column"], ...] = ("slide", "column")
THEMES = ("dark", "transparent", "print")
TOUCH = 1.5
"""Pixels by which boxes of text may overlap: they have a margin."""


class Box(NamedTuple):
    """A text, and the box around it in pixels."""

    text: str
    left: float
    low: float
    right: float
    high: float


@conforming
def check_figure(figure: Callable[..., Any]) -> None:
    """Check a function that returns a figure, which is held against `check_plot`.

    A function that needs something else than a history is not called.

    Raises:
        ConformanceError: it has no docstring, fails, or returns something else than a
            `Plot`, or one that cannot be read.
    """
    check_docstring(figure)
    needed = required_arguments(figure)
    if needed not in ([], ["history"]):
        return
    given = [train()] if needed else []
    try:
        plot = figure(*given)
    except Exception as error:
        raise ConformanceError(f"it fails: {type(error).__name__}: {error}") from error
    if not isinstance(plot, Plot):
        raise ConformanceError(f"it must return a cr.Plot, got {shown(plot)}")
    check_plot(plot)


def check_plot(plot: Plot) -> None:
    """Check a figure on a slide and in a column, and draw it in each theme.

    No text is smaller than the size allows, lies outside of the picture or on another
    text, and the same data give the same bytes.

    Raises:
        ConformanceError: says which text, in which size.
    """
    for name in SIZES:
        room = ROOMS[name]
        styled = plot.styled(theme="light", size=name)
        svg = styled.render("svg")
        small = smallest_text(svg.decode())
        if small < room.least - 0.01:
            raise ConformanceError(
                f"{name}: text has {small:.1f} pixels, of at least {room.least:g}"
            )
        for problem in problems(styled):
            raise ConformanceError(f"{name}: {problem}")
    if svg != styled.render("svg"):
        raise ConformanceError("two renderings of the same data differ")
    for theme in THEMES:
        plot.styled(theme=theme).render("svg")


def smallest_text(svg: str) -> float:
    """Return the pixels of the smallest text in an SVG of a figure."""
    box = re.search(r'width="([\d.]+)" .*?viewBox="0 0 ([\d.]+)', svg)
    assert box is not None
    sizes = [float(size) for size in re.findall(r"font(?:-size)?: ([\d.]+)px", svg)]
    return min(sizes, default=float("inf")) * float(box[1]) / float(box[2])


def problems(plot: Plot) -> Iterator[str]:
    """Say which texts of a figure overlap or are cut off."""
    figure = plot.figure()
    width, height = (float(side) for side in figure.get_size_inches() * figure.dpi)
    boxes = list(texts(figure))
    for box in boxes:
        room = min(box.left, box.low, width - box.right, height - box.high)
        if room < -TOUCH:
            yield f"{box.text!r} is cut off"
    for a, b in itertools.combinations(boxes, 2):
        wide = min(a.right, b.right) - max(a.left, b.left)
        high = min(a.high, b.high) - max(a.low, b.low)
        if wide > TOUCH and high > TOUCH:
            yield f"{a.text!r} overlaps {b.text!r}"


def texts(figure: Any) -> Iterator[Box]:
    """Yield every text that a matplotlib figure shows."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    hidden = set(_out_of_view(figure))
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and text not in hidden:
            box = text.get_window_extent(renderer)
            yield Box(text.get_text(), box.x0, box.y0, box.x1, box.y1)


def _out_of_view(figure: Any) -> Iterator[Any]:
    """Yield the labels of ticks that lie beyond the ends of their axis."""
    from matplotlib.axis import Axis

    for axis in figure.findobj(Axis):
        low, high = sorted(axis.get_view_interval())
        room = 1e-9 * (high - low)
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if not (low - room <= tick.get_loc() <= high + room):
                yield from (tick.label1, tick.label2)
