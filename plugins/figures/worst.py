"""``worst``: the examples that a classifier is most wrong about, as images."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from chainrule.annotations import PositiveInt
from chainrule.arguments import checked
from chainrule.model.model import Model
from chainrule.plotting.canvas import Canvas
from chainrule.plotting.plot import Data, Look, Plot
from chainrule.plugins.figures.images import as_images, draw_images
from chainrule.plugins.figures.predictions import predictions


@checked
def worst(
    model: Model,
    x: Any,
    y: Any,
    *,
    shape: tuple[PositiveInt, PositiveInt] = (8, 8),
    count: PositiveInt = 12,
    **look: Unpack[Look],
) -> Plot:
    """Show the examples whose true class has the least probability, as images.

    Above each stand its class and what the model says instead.

    Args:
        model: a classifier.
        x: examples, one row of pixels each.
        y: their classes: integers, or one-hot rows.
        shape: rows and columns of an image.
        count: how many.
        **look: theme, size and title.

    Raises:
        DataError: the model is not a classifier, or the examples are not such images.
    """
    said = predictions(model, x, y)
    order = np.argsort(said.of_the_truth, kind="stable")[:count]
    data = {
        "images": as_images(said.x[order], shape), "row": order,
        "target": said.target[order], "said": said.said[order],
        "probability": said.probability[order, said.said[order]],
    }  # fmt: skip
    return Plot(_draw, data, **look)


def _draw(canvas: Canvas, data: Data) -> None:
    images = data["images"]
    said = zip(data["target"], data["said"], data["probability"], strict=True)
    titles = [f"{true}, said {best}\n{100 * share:.0f} %" for true, best, share in said]
    limits = [(float(images.min()), float(images.max()))] * len(images)
    draw_images(canvas, images, titles, colors="sequential", limits=limits, lines=2)
