"""Training curves: the picture that every training run of the command line leaves.

It needs no other library, unlike the figures of ``cr.plot``.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chainrule.annotations import FilePath
from chainrule.arguments import checked
from chainrule.errors import OutputError
from chainrule.files import write_file
from chainrule.viz.style import LIGHT

WIDTH, HEIGHT = 400, 270
LEFT, RIGHT, TOP, BOTTOM = 56, 92, 34, 42
LABEL = 28
"""Height of the name and last value of a series."""
MOST_NUMBERS = 200
"""Epochs of a line whose number is shown to whoever points at them."""
SERIES = (
    ("", "training", LIGHT.parameter, "none"),
    ("val_", "held out", LIGHT.between, "6 3"),
)
"""Prefix of a measure, and the label, colour and dashes of its series."""


@dataclass(frozen=True)
class Curve:
    """Training curves as a picture, which notebooks show.

    Attributes:
        svg: the picture; whoever points at an epoch reads its number.
    """

    svg: str

    def save(self, path: FilePath) -> None:
        """Write the picture to a file whose name ends in ``.svg``.

        Raises:
            OutputError: another format is asked for, or the file cannot be written.
        """
        if Path(path).suffix != ".svg":
            raise OutputError(
                f"training curves are SVG pictures, so {path} must end in .svg; to "
                "plot them otherwise: pandas.DataFrame(history).plot()"
            )
        write_file(path, self.svg)

    def _repr_html_(self) -> str:
        return self.svg


@checked
def curve(history: Mapping[str, Sequence[float]], *, title: str = "training") -> Curve:
    """Return the measures of a training run, epoch by epoch, as a picture.

    Args:
        history: measure → one number for each epoch; ``val_loss`` is drawn beside
            ``loss``. Numbers that are not finite leave a gap.
        title: what the picture is called.
    """
    measures = [name for name, _ in history.items() if not name.startswith("val_")]
    panels = [_panel(name, history, i * WIDTH) for i, name in enumerate(measures)]
    width = WIDTH * max(len(panels), 1)
    inside = "\n".join(part for panel in panels for part in panel.parts())
    return Curve(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" '
        f'style="max-width:{width}px;width:100%;height:auto" role="img" '
        f'font-family="{LIGHT.font}" font-size="12" fill="{LIGHT.ink}">\n'
        f"<title>{html.escape(title)}</title><desc>{_described(history)}</desc>\n"
        f'<rect width="{width}" height="{HEIGHT}" fill="#FFFFFF"/>\n{inside}\n</svg>\n'
    )


def _described(history: Mapping[str, Sequence[float]]) -> str:
    parts = (
        f"{name} from {values[0]:.4g} to {values[-1]:.4g} in {len(values)} epochs"
        for name, values in history.items()
        if values
    )
    return html.escape("; ".join(parts))


@dataclass(frozen=True)
class Series:
    """The numbers of one line of a panel, and how it looks."""

    label: str
    color: str
    dash: str
    values: Sequence[float]


def _panel(name: str, history: Mapping[str, Sequence[float]], left: int) -> Panel:
    """Return the panel of a measure, with what the history has of it."""
    series = [
        Series(label, color, dash, history[prefix + name])
        for prefix, label, color, dash in SERIES
        if history.get(prefix + name)
    ]
    finite = [v for one in series for v in one.values if math.isfinite(v)]
    scale = ticks(min(finite, default=0.0), max(finite, default=1.0))
    epochs = max((len(one.values) for one in series), default=1)
    return Panel(name, left, series, scale, epochs)


@dataclass(frozen=True)
class Panel:
    """One measure: its axes, and a line for training and for held-out data.

    Attributes:
        name: the measure.
        left: where the panel begins.
        series: its lines.
        ticks: of the vertical axis, from the lowest to the highest.
        epochs: the length of the horizontal axis.
    """

    name: str
    left: int
    series: Sequence[Series]
    ticks: Sequence[float]
    epochs: int

    def x(self, epoch: float) -> float:
        """Return the place of an epoch, counted from 1."""
        part = (epoch - 1) / max(self.epochs - 1, 1)
        return round(self.left + LEFT + part * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        """Return the height of a value."""
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
            yield _text(start - 8, y + 4, f"{tick:g}", LIGHT.faint, "end")
        for epoch in sorted({1, round((1 + self.epochs) / 2), self.epochs}):
            yield _text(self.x(epoch), floor + 18, str(epoch), LIGHT.faint, "middle")
        yield _text((start + end) / 2, floor + 34, "epoch", LIGHT.faint, "middle")
        for series in self.series:
            yield (
                f'<path d="{self._path(series)}" fill="none" stroke="{series.color}" '
                f'stroke-width="2" stroke-dasharray="{series.dash}"/>'
            )
        for series in self.series:
            yield from self._numbers(series)
        yield from self._labels()

    def _numbers(self, series: Series) -> Iterator[str]:
        """Yield an invisible circle for each of many epochs, with its number."""
        step = -(-len(series.values) // MOST_NUMBERS)
        for epoch in range(1, len(series.values) + 1, step):
            value = series.values[epoch - 1]
            if math.isfinite(value):
                said = html.escape(f"{series.label}, epoch {epoch}: {value:.4g}")
                yield (
                    f'<circle cx="{self.x(epoch)}" cy="{self.y(value)}" r="5" '
                    f'fill="#000" fill-opacity="0"><title>{said}</title></circle>'
                )

    def _path(self, series: Series) -> str:
        commands, pen = [], "M"
        for epoch, value in enumerate(series.values, 1):
            if not math.isfinite(value):
                pen = "M"
                continue
            commands.append(f"{pen}{self.x(epoch)} {self.y(value)}")
            pen = "L"
        if len(commands) == 1:
            commands.append("h0.1")
        return "".join(commands)

    def _labels(self) -> Iterator[str]:
        """Yield name and last value of each series at its end, without overlaps."""
        ends = [
            (self.y(series.values[-1]), series)
            for series in self.series
            if math.isfinite(series.values[-1])
        ]
        ends.sort(key=lambda end: end[0])
        x, floor = self.left + WIDTH - RIGHT + 8, HEIGHT - BOTTOM
        highest = -math.inf
        for i, (y, series) in enumerate(ends):
            lowest = floor - LABEL * (len(ends) - i) + 10  # leave room for those below
            y = max(min(y, lowest), highest)
            highest = y + LABEL
            yield _text(x, y, series.label, series.color, "start")
            last = f"{series.values[-1]:.4g}"
            yield _text(x, y + 13, last, series.color, "start")


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
