"""``compare``: several training runs on one axis."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from chainrule.arguments import checked
from chainrule.data.arrays import as_numbers
from chainrule.errors import ArgumentError
from chainrule.notation.numbers import number
from chainrule.plotting.canvas import Canvas
from chainrule.plotting.plot import Data, Look, Plot

BEYOND = 1.6
"""Runs may rise to this multiple of where they start, before they are cut off."""


@checked
def compare(
    runs: Mapping[str, Any],
    *,
    measure: str = "loss",
    log: bool = False,
    xlabel: str = "epoch",
    **look: Unpack[Look],
) -> Plot:
    """Show one measure of several training runs on one scale, with their last values.

    A run that rises far above where the runs began is cut off, and said to diverge.

    Args:
        runs: name → what `fit` returned, or a list of numbers.
        measure: which of their numbers.
        log: whether the scale is logarithmic.
        xlabel: what is counted.
        **look: theme, size and title.

    Raises:
        ArgumentError: no run, or one without numbers of that name.
    """
    data: dict[str, Any] = {}
    for name, run in runs.items():
        numbers = run.get(measure, ()) if isinstance(run, Mapping) else run
        column = as_numbers(numbers, f"the run {name!r}").astype(float)
        if column.ndim != 1 or not len(column):
            raise ArgumentError(
                f"the run {name!r} has no numbers called {measure!r}: fit measures "
                "more if asked to, with metrics=[…] and validation=…"
            )
        data[str(name)] = column
    if not data:
        raise ArgumentError('compare needs at least one run: {"η = 0.1": history}')
    return Plot(functools.partial(_draw, measure, xlabel, log), data, **look)


def _draw(measure: str, xlabel: str, log: bool, canvas: Canvas, data: Data) -> None:
    (axes,) = canvas.panels(shape=1.5)
    highest = _highest(data)
    for place, numbers in enumerate(data.values()):
        look = canvas.series(place)
        shown = np.where(np.isfinite(numbers), numbers, np.nan)
        axes.plot(np.arange(1, len(numbers) + 1), shown, **look.line)
    if log:
        canvas.log(axes, "y")
    low, high = _lowest(data, log), highest * 1.06
    axes.set_ylim(low, high if high > low else low + 1)
    longest = max(map(len, data.values()))
    axes.set_xlim(1, max(longest, 2))
    axes.locator_params(axis="x", integer=True)
    axes.set_xlabel(xlabel)
    axes.set_title(measure.replace("_", " "))
    axes.grid(axis="y")
    ends = []
    for place, (name, numbers) in enumerate(data.items()):
        diverged = not np.isfinite(numbers[-1]) or numbers[-1] > high
        value = high if diverged else float(numbers[-1])
        said = "diverges" if diverged else number(value, digits=3)
        ends.append((value, f"{name}: {said}", canvas.series(place)))
    canvas.label_ends(axes, ends)


def _lowest(data: Data, log: bool) -> float:
    """Return where the axis begins: at 0 for a loss, unless it is logarithmic."""
    shown = np.concatenate([n[np.isfinite(n)] for n in data.values()])
    if log:
        return float(shown[shown > 0].min(initial=1.0)) * 0.8
    return min(float(shown.min(initial=0.0)) * 1.06, 0.0)


def _highest(data: Data) -> float:
    """Return the greatest number to show, so that what diverges hides nothing else."""
    starts = [n[np.isfinite(n)][0] for n in data.values() if np.isfinite(n).any()]
    bound = BEYOND * max(starts, default=1.0)
    kept = [n[np.isfinite(n) & (n <= bound)] for n in data.values()]
    return float(max((n.max() for n in kept if len(n)), default=bound))
