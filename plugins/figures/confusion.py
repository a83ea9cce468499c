"""``confusion``: which classes are taken for which."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from chainrule.arguments import checked
from chainrule.model.model import Model
from chainrule.plotting.canvas import Canvas
from chainrule.plotting.plot import Data, Look, Plot
from chainrule.plugins.figures.predictions import predictions


@checked
def confusion(
    model: Model,
    x: Any,
    y: Any,
    *,
    classes: Sequence[str] | None = None,
    **look: Unpack[Look],
) -> Plot:
    """Show how many examples of each class are taken for each class.

    Args:
        model: a classifier.
        x: examples.
        y: their classes: integers, or one-hot rows.
        classes: names of the classes, instead of their numbers.
        **look: theme, size and title.

    Raises:
        DataError: the model is not a classifier, or the labels do not fit.
    """
    said = predictions(model, x, y)
    count = said.probability.shape[1]
    matrix = np.zeros((count, count), int)
    np.add.at(matrix, (said.target, said.said), 1)
    of_each = np.maximum(matrix.sum(1), 1)
    data = {"matrix": matrix, "error": 1 - matrix.diagonal() / of_each}
    names = list(classes or map(str, range(count)))
    return Plot(functools.partial(_draw, names), data, **look)


def _draw(names: Sequence[str], canvas: Canvas, data: Data) -> None:
    left, right = canvas.panels(2, shape=1.0, least=280)
    matrix = data["matrix"]
    wrong = np.where(np.eye(len(matrix), dtype=bool), 0, matrix)
    colors = canvas.colors("sequential")
    scale = max(wrong.max() * 1.6, 1)
    left.imshow(wrong, cmap=colors, vmin=0, vmax=scale)
    for (i, j), count in np.ndenumerate(matrix):
        if count:
            size = {"fontweight": "bold"} if i == j else {}
            left.text(j, i, str(count), ha="center", va="center", **size)
    places = np.arange(len(names))
    left.set_xticks(places, names)
    left.set_yticks(places, names)
    left.set_xlabel("said")
    left.set_ylabel("true")
    total = matrix.sum()
    left.set_title(f"{wrong.sum()} of {total} wrong")
    right.barh(places, 100 * data["error"], color=canvas.series(0).color, height=0.65)
    right.set_yticks(places, names)
    right.invert_yaxis()
    right.set_xlabel("% of the class that is wrong")
    right.set_title("errors by class")
    right.grid(axis="x")
