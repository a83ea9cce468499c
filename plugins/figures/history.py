"""``history``: the numbers of a training run, epoch by epoch."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np

from chainrule.arguments import checked
from chainrule.data.arrays import as_numbers
from chainrule.errors import ArgumentError
from chainrule.notation.numbers import number
from chainrule.plotting.canvas import Canvas
from chainrule.plotting.plot import Data, Look, Plot

PARTS = (("", "training"), ("val_", "held out"))
"""Prefix of a measure, and what its line is called."""
MARKED = 40
"""Epochs of a line whose points are marked at most."""


@dataclass(frozen=True)
class Ending:
    """How a training run ended.

    Attributes:
        stopped: whether it was ended early.
        restored: the epoch whose weights were restored, from 1, or None.
    """

    stopped: bool
    restored: int | None


@checked
def history(run: Mapping[str, Sequence[float]], **look: Unpack[Look]) -> Plot:
    """Show training and held-out numbers of each epoch, and where it was best.

    The epoch with the least held-out loss is marked; so are the epoch that a rule
    stopped after and the one whose weights were restored. Where the learning rate
    changed, a strip above shows it.

    Args:
        run: what `fit` returned, or measure → one number for each epoch; ``val_loss``
            is drawn beside ``loss``. Numbers that are not finite leave a gap.
        **look: theme, size and title.

    Raises:
        ArgumentError: there are no numbers.
    """
    values = {
        name: as_numbers(numbers, name).astype(float) for name, numbers in run.items()
    }
    values = {name: numbers for name, numbers in values.items() if len(numbers)}
    if not values:
        raise ArgumentError("the history has no numbers yet: train for an epoch first")
    data: dict[str, Any] = dict(values)
    rates = np.asarray(getattr(run, "rates", ()), float)
    if len(rates):
        data["learning_rate"] = rates
    ending = Ending(getattr(run, "stopped", False), getattr(run, "restored", None))
    judged = values.get("val_loss", values.get("loss"))
    if "val_loss" in values and judged is not None and np.isfinite(judged).any():
        data["best_epoch"] = np.array(int(np.nanargmin(judged)) + 1)
    if ending.restored is not None:
        data["restored_epoch"] = np.array(ending.restored)
    return Plot(functools.partial(_draw, ending), data, **look)


def _draw(ending: Ending, canvas: Canvas, data: Data) -> None:
    marks = ("learning_rate", "best_epoch", "restored_epoch")
    measured = [name for name in data if name not in marks]
    bases = list(dict.fromkeys(name.removeprefix("val_") for name in measured))
    panels = canvas.panels(len(bases), shape=1.6, least=400)
    for axes, base in zip(panels, bases, strict=True):
        ends = []
        epochs = max(len(data[n]) for n in measured if n.removeprefix("val_") == base)
        for place, (prefix, label) in enumerate(PARTS):
            if prefix + base not in data:
                continue
            numbers = data[prefix + base]
            look = canvas.series(place)
            at = np.arange(1, len(numbers) + 1)
            marker = look.marker if len(numbers) <= MARKED else None
            axes.plot(at, numbers, **look.line, marker=marker, markersize=3)
            if np.isfinite(numbers[-1]):
                ends.append((numbers[-1], f"{label}\n{number(numbers[-1])}", look))
        axes.set_xlim(1 if epochs > 1 else 0.5, max(epochs, 1.5))
        axes.locator_params(axis="x", integer=True)
        axes.set_xlabel("epoch")
        axes.grid(axis="y")
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.17 * (high - low))  # room for the marks
        _mark_epochs(canvas, axes, base, ending, data)
        _title(canvas, axes, base.replace("_", " "), data)
        canvas.label_ends(axes, ends, lines=2)


def _mark_epochs(
    canvas: Canvas, axes: Any, base: str, ending: Ending, data: Data
) -> None:
    """Mark the best epoch, the restored one and the last, where they say something."""
    ink = canvas.theme.ink
    said: dict[int, list[str]] = {}
    if base == "loss" and "best_epoch" in data:
        best = int(data["best_epoch"])
        axes.plot([best], [data["val_loss"][best - 1]], "*", color=ink, markersize=11)
        said.setdefault(best, []).append(f"best {number(data['val_loss'][best - 1])}")
    if ending.restored is not None:
        said.setdefault(ending.restored, []).append("restored")
    if ending.stopped:
        last = max(len(numbers) for numbers in data.values() if numbers.ndim)
        said.setdefault(last, []).append("stopped")
    low, high = axes.get_xlim()
    for row, (epoch, words) in enumerate(sorted(said.items())):
        axes.axvline(epoch, color=ink, linewidth=0.9, linestyle=(0, (2, 2)))
        left = epoch > (low + high) / 2
        beside = canvas.points(-5 if left else 5)
        below = canvas.points(-1.4 * canvas.small * row)
        axes.annotate(
            f"{', '.join(words)}: epoch {epoch}", (epoch, 1.0), (beside, below),
            xycoords=("data", "axes fraction"), textcoords="offset points",
            ha="right" if left else "left", va="top",
            fontsize=canvas.points(canvas.small), color=ink,
        )  # fmt: skip


def _title(canvas: Canvas, axes: Any, title: str, data: Data) -> None:
    """Write the title of a panel, above a strip of the learning rate if it changed."""
    rates = data.get("learning_rate")
    if rates is None or len(set(rates.tolist())) < 2:
        axes.set_title(title)
        return
    strip = axes.inset_axes([0, 1.06, 1, 0.12], sharex=axes)
    at = np.arange(1, len(rates) + 1)
    look = canvas.series(2)
    strip.fill_between(at, rates, step="mid", color=look.color, alpha=0.35, linewidth=0)
    strip.step(at, rates, where="mid", color=look.color, linewidth=1.2)
    strip.set_ylim(0, max(rates) * 1.15)
    strip.set_yticks([])
    strip.tick_params(bottom=False, labelbottom=False)
    strip.spines[["left", "bottom"]].set_visible(False)
    first, last = (number(rate, digits=2) for rate in (rates[0], rates[-1]))
    strip.annotate(
        f"η {first} → {last}", (1.0, 0.5), (canvas.points(6), 0),
        xycoords="axes fraction", textcoords="offset points", va="center",
        fontsize=canvas.points(canvas.small), color=look.color,
    )  # fmt: skip
    strip.set_title(title)
