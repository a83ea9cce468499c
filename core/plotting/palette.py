"""The colours, dashes and markers of figures, taken from the theme of the diagrams.

Lines differ by dashes and markers too, so that they can be told apart without colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.kinds.theme import Theme

DASHES: tuple[Any, ...] = (
    "solid", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)), (0, (9, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
)  # fmt: skip
MARKERS = "os^DvPX*<>"
"""Markers of classes and lines, in order."""
FIRST = 6
"""Lines that have a colour of their own; further ones begin again."""


@dataclass(frozen=True)
class Series:
    """How one line, or one class of points, looks."""

    color: str
    dash: Any
    marker: str

    @property
    def line(self) -> dict[str, Any]:
        """Arguments of matplotlib's ``plot`` for a line."""
        return {"color": self.color, "linestyle": self.dash}

    @property
    def points(self) -> dict[str, Any]:
        """Arguments of matplotlib's ``plot`` for points without a line."""
        return {"color": self.color, "linestyle": "none", "marker": self.marker}


def series(theme: Theme, number: int) -> Series:
    """Return how the line or class of a number, from 0, looks."""
    colors = (
        theme.parameter, theme.between, theme.loss_border, theme.loss, theme.good,
        theme.faint,
    )  # fmt: skip
    return Series(
        colors[number % FIRST], DASHES[number % FIRST], MARKERS[number % len(MARKERS)]
    )


def paper(theme: Theme) -> str:
    """Return the colour behind a figure; that of most pages where it is transparent."""
    return "#FFFFFF" if theme.paper in ("white", "transparent") else theme.paper


def sequential(theme: Theme) -> Sequence[str]:
    """Return the colours from little to much: from the paper to the first line's."""
    return (paper(theme), theme.parameter)


def diverging(theme: Theme) -> Sequence[str]:
    """Return the colours from negative over 0 to positive: red, paper and blue.

    In greys they are black, grey and white.
    """
    if theme.parameter == theme.loss:
        return ("#000000", "#808080", "#FFFFFF")
    return (theme.between, paper(theme), theme.parameter)
