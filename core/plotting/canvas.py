"""The canvas: a matplotlib figure of the size of its room, in the style of a theme."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal

from chainrule.errors import RenderError
from chainrule.kinds.theme import Theme
from chainrule.notation.numbers import number
from chainrule.plotting import palette
from chainrule.plotting.rooms import Room

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

PANEL = 380
"""Pixels of the width of a panel where there is no room to fit."""
DPI = 96
"""Pixels of an inch."""
SALT = "chainrule"
"""Makes the ids in an SVG the same each time."""
_lock = RLock()


class Canvas:
    """Where a figure draws itself, with matplotlib.

    Attributes:
        theme: the theme, whose colours matplotlib uses already.
        room: what the figure must fit, or None.
        text: pixels of text.
        small: pixels of the smallest text.
        panel: pixels of the width of a panel, with its labels.
    """

    def __init__(self, theme: Theme, room: Room | None) -> None:
        self.theme = theme
        self.room = room
        base, least = 13.0, 10.0
        if room is not None:
            tall = min(room.width, room.height * 16 / 9)
            least = room.least
            base = max(least * 1.5, min(tall / 1280 * 20, 26))
        self.text = base * theme.text_scale
        self.small = max(least, 0.82 * base) * theme.text_scale
        self.panel = 0.0
        self._figure: Figure | None = None

    @property
    def figure(self) -> Figure:
        """The matplotlib figure.

        Raises:
            RenderError: nothing has been drawn.
        """
        if self._figure is None:
            raise RenderError("a figure must ask its canvas for panels, and draw there")
        return self._figure

    def panels(
        self,
        count: int = 1,
        *,
        shape: float = 1.35,
        least: float = 250,
        together: int = 0,
        **axes: Any,
    ) -> list[Any]:
        """Return `count` places to draw in (``Axes``), arranged so that they are large.

        Args:
            count: how many.
            shape: width divided by height of each.
            least: pixels of the width of each, unless it is alone in its row.
            together: how many must stand in one row; 0: any number.
            **axes: arguments of ``Figure.add_subplot``, such as ``projection="3d"``.
        """
        columns = self._columns(count, shape, least, together)
        rows = -(-count // columns)
        self._start(columns, rows, shape)
        grid = self.figure.add_gridspec(rows, columns)
        return [
            self.figure.add_subplot(grid[divmod(i, columns)], **axes)
            for i in range(count)
        ]

    def rows(self, heights: Sequence[float], *, shape: float = 1.35) -> list[Any]:
        """Return places above each other, of these relative heights, with one x axis.

        Args:
            heights: the height of each.
            shape: width divided by height of all of them.
        """
        self._start(1, 1, shape)
        grid = self.figure.add_gridspec(len(heights), 1, height_ratios=list(heights))
        first = self.figure.add_subplot(grid[0])
        others = [
            self.figure.add_subplot(grid[i], sharex=first)
            for i in range(1, len(heights))
        ]
        for axes in [first, *others][:-1]:
            axes.tick_params(labelbottom=False)
        return [first, *others]

    def series(self, number: int) -> palette.Series:
        """Return how the line or class of a number, from 0, looks."""
        return palette.series(self.theme, number)

    def colors(self, name: str) -> Colormap:
        """Return the colour map ``"sequential"`` or ``"diverging"`` of the theme."""
        from matplotlib.colors import LinearSegmentedColormap

        found = {"sequential": palette.sequential, "diverging": palette.diverging}
        return LinearSegmentedColormap.from_list(name, list(found[name](self.theme)))

    def log(self, axes: Any, *names: Literal["x", "y"]) -> None:
        """Make axes logarithmic, with powers of ten written as the diagrams do."""
        from matplotlib.ticker import FuncFormatter, NullFormatter

        for name in names:
            getattr(axes, f"set_{name}scale")("log")
            axis = getattr(axes, f"{name}axis")
            axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
            axis.set_minor_formatter(NullFormatter())

    def points(self, pixels: float) -> float:
        """Return pixels as matplotlib's points."""
        return pixels * 72 / DPI

    def note(self, axes: Axes, text: str, *, x: float = 0.0) -> None:
        """Write small text above an axes, below its title."""
        axes.annotate(
            text, (x, 1.0), (0, self.points(4)), xycoords="axes fraction",
            textcoords="offset points", va="bottom", ha="left",
            fontsize=self.points(self.small), color=self.theme.faint,
        )  # fmt: skip

    def label_ends(
        self,
        axes: Axes,
        ends: Sequence[tuple[float, str, palette.Series]],
        *,
        lines: int = 1,
    ) -> None:
        """Write names at the right end of lines, moved apart where they would overlap.

        Args:
            axes: whose limits are final.
            ends: for each line its last value, its name and how it looks.
            lines: of text in a name.
        """
        to_axes = axes.transData + axes.transAxes.inverted()
        height = self.figure.get_size_inches()[1] * DPI * 0.72
        height *= axes.get_position().height / 0.77
        gap = 1.35 * lines * self.small / height
        placed = sorted(ends, key=lambda end: end[0])
        own = [float(to_axes.transform((1, y))[1]) for y, _, _ in placed]
        heights = spread([min(max(y, 0), 1) for y in own], gap)
        for y, (_, name, look) in zip(heights, placed, strict=True):
            axes.annotate(
                name, (1.0, y), (self.points(6), 0), xycoords="axes fraction",
                textcoords="offset points", va="center", ha="left", color=look.color,
                fontsize=self.points(self.small), annotation_clip=False,
            )  # fmt: skip

    def _columns(self, count: int, shape: float, least: float, together: int) -> int:
        """Return how many panels stand in a row."""
        if self.room is None:
            return together or min(count, 3)
        best, columns = 0.0, 1
        for each in range(1, count + 1):
            if together and each % together:
                continue
            rows = -(-count // each)
            width = self.room.width / each
            height = self.room.height / rows
            size = min(width, height * shape)
            if math.isinf(self.room.height):
                size = each if width >= least else 0.0  # there is room below
            if size > best:
                best, columns = size, each
        return columns

    def _start(self, columns: int, rows: int, shape: float) -> None:
        """Make the figure for a grid of panels."""
        from matplotlib.figure import Figure

        if self.room is None:
            alone = 1.6 if columns == 1 else 1.0
            width = PANEL * alone * columns
            height = PANEL * alone / shape * rows
        else:
            width, height = self.room.width, self.room.height
            if math.isinf(height):
                height = width / columns / shape * rows
        self.panel = width / columns
        made = Figure(figsize=(width / DPI, height / DPI), dpi=DPI)
        made.set_layout_engine("constrained", h_pad=0.06, w_pad=0.06)
        self._figure = made


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Return ascending heights from 0 to 1, moved apart to at least a gap.

    >>> [round(y, 2) for y in spread([0.5, 0.5, 0.9], 0.2)]
    [0.5, 0.7, 0.9]
    >>> [round(y, 2) for y in spread([0.95, 1.0], 0.2)]
    [0.7, 0.9]
    """
    moved: list[float] = []
    for y in heights:
        moved.append(max(y, moved[-1] + gap) if moved else max(y, gap / 2))
    top = 1.0 - gap / 2
    for i in reversed(range(len(moved))):
        moved[i] = min(moved[i], top)
        top = moved[i] - gap
    return moved


@contextmanager
def styled(theme: Theme, canvas: Canvas) -> Iterator[None]:
    """Let matplotlib draw in the style of a theme, for the block.

    Raises:
        RenderError: matplotlib is not installed.
    """
    try:
        matplotlib: Any = import_module("matplotlib")
        import_module("matplotlib.figure")
    except ImportError as error:
        raise RenderError(
            'figures are drawn with matplotlib: pip install "chainrule[plots]"; '
            "the numbers are in .data without it"
        ) from error
    with _lock, matplotlib.rc_context(_settings(theme, canvas)):
        yield


def _settings(theme: Theme, canvas: Canvas) -> dict[str, Any]:
    """Return matplotlib's settings for a theme."""
    text, small = canvas.points(canvas.text), canvas.points(canvas.small)
    behind = "none" if theme.paper == "transparent" else palette.paper(theme)
    return {
        "figure.facecolor": behind, "savefig.facecolor": behind,
        "axes.facecolor": "none", "axes.edgecolor": theme.faint,
        "axes.labelcolor": theme.ink, "axes.titlecolor": theme.ink,
        "axes.titlesize": text, "axes.labelsize": small, "axes.titlelocation": "left",
        "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
        "axes.formatter.use_mathtext": False, "axes.unicode_minus": True,
        "axes.linewidth": 0.08 * small, "axes.titlepad": 0.8 * text,
        "grid.color": theme.forward, "grid.alpha": 0.3, "grid.linewidth": 0.07 * small,
        "text.color": theme.ink, "font.size": small, "font.family": "DejaVu Sans",
        "xtick.color": theme.faint, "ytick.color": theme.faint,
        "xtick.labelcolor": theme.ink, "ytick.labelcolor": theme.ink,
        "xtick.labelsize": small, "ytick.labelsize": small,
        "legend.fontsize": small, "legend.frameon": False,
        "lines.linewidth": 0.2 * small, "lines.markersize": 0.6 * small,
        "svg.fonttype": "none", "svg.hashsalt": SALT, "pdf.fonttype": 42,
        "path.simplify": True,
    }  # fmt: skip
