"""Training curves as SVG: one panel for each measure, training and validation in it."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chainrule.viz.style import COLOR, FAINT, FONT, INK

WIDTH, HEIGHT = 400, 270
LEFT, RIGHT, TOP, BOTTOM = 56, 92, 34, 42
LABEL = 28
"""Height of a line's name and last value."""
LINES = (
    ("", "training", COLOR["parameter"], "none"),
    ("val_", "held out", COLOR["between"], "6 3"),
)
"""Prefix of a measure, what its line is called, its colour, its dashes."""


def curve(history: Mapping[str, Sequence[float]], *, title: str = "training") -> str:
    """Return the numbers of a training, epoch by epoch, as an SVG picture.

    Args:
        history: measure → one number for each epoch; ``val_loss`` is drawn beside
            ``loss``. Numbers that are not finite leave a gap.
        title: what the picture is called.
    """
    measures = [name for name in history if not name.startswith("val_")]
    panels = [Panel(name, history, i * WIDTH) for i, name in enumerate(measures)]
    width = WIDTH * max(len(panels), 1)
    inside = "\n".join(part for panel in panels for part in panel.parts())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" '
        f'style="max-width:{width}px;width:100%;height:auto" role="img" '
        f'font-family="{FONT}" font-size="12" fill="{INK}">\n'
        f"<title>{html.escape(title)}</title><desc>{_described(history)}</desc>\n"
        f'<rect width="{width}" height="{HEIGHT}" fill="#FFFFFF"/>\n{inside}\n</svg>\n'
    )


def _described(history: Mapping[str, Sequence[float]]) -> str:
    told = (
        f"{name} from {values[0]:.4g} to {values[-1]:.4g} in {len(values)} epochs"
        for name, values in history.items()
        if values
    )
    return html.escape("; ".join(told))


@dataclass(frozen=True)
class Line:
    """One line of a panel."""

    label: str
    color: str
    dash: str
    values: Sequence[float]


class Panel:
    """One measure: its axes, and a line for training and for held-out data."""

    def __init__(
        self, name: str, history: Mapping[str, Sequence[float]], left: int
    ) -> None:
        self.name = name
        self.left = left
        self.lines = [
            Line(label, color, dash, history[prefix + name])
            for prefix, label, color, dash in LINES
            if history.get(prefix + name)
        ]
        finite = [v for line in self.lines for v in line.values if math.isfinite(v)]
        self.ticks = ticks(min(finite, default=0.0), max(finite, default=1.0))
        self.epochs = max((len(line.values) for line in self.lines), default=1)

    def x(self, epoch: float) -> float:
        """Return where an epoch is, from 1."""
        part = (epoch - 1) / max(self.epochs - 1, 1)
        return round(self.left + LEFT + part * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        """Return where a value is."""
        low, high = self.ticks[0], self.ticks[-1]
        part = (value - low) / (high - low)
        return round(HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM), 1)

    def parts(self) -> Iterator[str]:
        """Yield the SVG elements."""
        start, end, floor = self.left + LEFT, self.left + WIDTH - RIGHT, HEIGHT - BOTTOM
        title = html.escape(self.name.replace("_", " "))
        yield f'<text x="{start}" y="20" font-size="14">{title}</text>'
        for tick in self.ticks:
            y = self.y(tick)
            yield f'<path d="M{start} {y}H{end}" stroke="#E4E6E8"/>'
            yield _text(start - 8, y + 4, f"{tick:g}", FAINT, "end")
        for epoch in sorted({1, round((1 + self.epochs) / 2), self.epochs}):
            yield _text(self.x(epoch), floor + 18, str(epoch), FAINT, "middle")
        yield _text((start + end) / 2, floor + 34, "epoch", FAINT, "middle")
        for line in self.lines:
            yield (
                f'<path d="{self._path(line)}" fill="none" stroke="{line.color}" '
                f'stroke-width="2" stroke-dasharray="{line.dash}"/>'
            )
        yield from self._labels()

    def _path(self, line: Line) -> str:
        steps, pen = [], "M"
        for epoch, value in enumerate(line.values, 1):
            if not math.isfinite(value):
                pen = "M"
                continue
            steps.append(f"{pen}{self.x(epoch)} {self.y(value)}")
            pen = "L"
        if len(steps) == 1:
            steps.append("h0.1")
        return "".join(steps)

    def _labels(self) -> Iterator[str]:
        """Yield each line's name and last value beside its end, none over another."""
        ends = [
            (self.y(line.values[-1]), line)
            for line in self.lines
            if math.isfinite(line.values[-1])
        ]
        ends.sort(key=lambda end: end[0])
        x, floor = self.left + WIDTH - RIGHT + 8, HEIGHT - BOTTOM
        highest = -math.inf
        for i, (y, line) in enumerate(ends):
            lowest = floor - LABEL * (len(ends) - i) + 10  # room for those below
            y = max(min(y, lowest), highest)
            highest = y + LABEL
            yield _text(x, y, line.label, line.color, "start")
            yield _text(x, y + 13, f"{line.values[-1]:.4g}", line.color, "start")


def _text(x: float, y: float, text: str, color: str, anchor: str) -> str:
    where = f'x="{x}" y="{y}" text-anchor="{anchor}" fill="{color}"'
    return f"<text {where}>{html.escape(text)}</text>"


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return round numbers from `low` or below to `high` or above.

    >>> ticks(0.13, 2.31)
    [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    >>> ticks(3.0, 3.0)
    [3.0, 4.0]
    """
    raw = (high - low or abs(high) or 1.0) / count
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(unit * k for k in (1, 2, 2.5, 5, 10) if unit * k >= raw * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(k * step, 12) for k in range(first, max(last, first + 1) + 1)]
