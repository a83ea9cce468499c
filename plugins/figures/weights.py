"""``weights``: what units respond to, as images."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Unpack

import numpy as np

from chainrule import ops
from chainrule.annotations import NonNegativeInt, PositiveInt, Seed
from chainrule.arguments import checked
from chainrule.autodiff import grad
from chainrule.calls import calls
from chainrule.data.arrays import Array
from chainrule.errors import DataError
from chainrule.execution import evaluate
from chainrule.graph import topological
from chainrule.leaves import input as new_input
from chainrule.model.model import Model
from chainrule.node import Node
from chainrule.philox import generator
from chainrule.plotting.canvas import Canvas
from chainrule.plotting.plot import Data, Look, Plot
from chainrule.plugins.figures.images import as_images, draw_images

STARTS, STEPS, RATE = 8, 80, 0.08
"""Ascents to what maximises a unit, and the number and length of their steps."""


@checked
def weights(
    model: Model,
    shape: tuple[PositiveInt, PositiveInt] = (8, 8),
    *,
    layer: NonNegativeInt = 0,
    count: PositiveInt = 16,
    names: Sequence[str] | None = None,
    seed: Seed = 0,
    **look: Unpack[Look],
) -> Plot:
    """Show the weights of first-layer units, or what maximises later ones, as images.

    A first-layer unit adds up w ⊙ x, so its weights are the image that it responds to
    most. For a later one an image of the same norm is found by gradient ascent on its
    z, from noise. Red is negative, blue positive.

    Args:
        model: a model of dense layers on images.
        shape: rows and columns of an image.
        layer: which dense layer, from 0.
        count: how many units at most.
        names: of the units, instead of their numbers from 1.
        seed: of the noise that the ascent starts from.
        **look: theme, size and title.

    Raises:
        DataError: there is no such layer, or the images have another shape.
    """
    sums = _sums(model)
    if layer >= len(sums):
        raise DataError(
            f"layer={layer} must be one of the model's {len(sums)} dense layers, from 0"
        )
    if layer == 0:
        kernel = _first_kernel(model)
        found = kernel.T[:count]
    else:
        found = _ascent(model, sums[layer], count, seed)
    titles = list(names or (f"unit {number}" for number in range(1, count + 1)))
    if len(titles) < len(found):
        raise DataError(f"names must be one for each of {len(found)} units")
    data = {"images": as_images(found, shape)}
    return Plot(functools.partial(_draw, layer, titles), data, **look)


def _sums(model: Model) -> list[Node]:
    """Return z of each dense layer, the last node that is called so in its call."""
    order = topological(model.outputs)
    found = []
    for node in order:
        if node in calls and getattr(calls[node].module, "units", None) is not None:
            inside = [n for n in topological([node]) if n.name == "z"]
            found.append(inside[-1])
    return found


def _first_kernel(model: Model) -> Array:
    kernels = [p.value for p in model.parameters.values() if p.value.ndim == 2]
    if not kernels:
        raise DataError("the model has no weight matrix, so it has no images to show")
    return np.array(kernels[0])


def _ascent(model: Model, z: Node, count: int, seed: int) -> Array:
    """Return an image of norm 1 for each unit, the best of several ascents of its z."""
    (source,) = model.inputs
    width, features = z.shape[-1] or 0, source.shape[-1] or 0
    units = min(count, width)
    which = new_input("which", (None, width))
    own = ops.sum(z * which, axis=1)
    (slope,) = grad(ops.sum(own), [source])
    chosen = np.tile(np.eye(width)[:units], (STARTS, 1))
    image = np.abs(generator(seed, "ascent").standard_normal((len(chosen), features)))
    image /= np.linalg.norm(image, axis=1, keepdims=True)
    for _ in range(STEPS):
        up = np.asarray(evaluate([slope], {source: image, which: chosen})[0], float)
        up /= np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1e-12)
        image = image + RATE * up
        image /= np.linalg.norm(image, axis=1, keepdims=True)
    reached = evaluate([own], {source: image, which: chosen})[0].reshape(STARTS, units)
    best = reached.argmax(0)
    return np.array(image.reshape(STARTS, units, -1)[best, np.arange(units)])


def _draw(layer: int, titles: Sequence[str], canvas: Canvas, data: Data) -> None:
    images = data["images"]
    limits = [(-most, most) for most in np.abs(images).max((1, 2)).tolist()]
    shown = titles[: len(images)]
    draw_images(canvas, images, shown, colors="diverging", limits=limits)
    name = "w" if layer == 0 else "x that maximises z"
    canvas.figure.supxlabel(
        f"layer {layer + 1}: {name}; red < 0 < blue",
        fontsize=canvas.points(canvas.small),
    )
