"""Inputs whose numbers are images, shown as such beside their units."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from chainrule.errors import GraphError
from chainrule.node import Node
from chainrule.notation.naming import Naming
from chainrule.viz.graph.columns import Column
from chainrule.viz.scene import Block, Image
from chainrule.viz.text import Plain
from chainrule.viz.values import Values


def image_blocks(
    columns: Sequence[Column], values: Values, naming: Naming, shape: tuple[int, int]
) -> list[Block]:
    """Return a block for each input that has the numbers of an image.

    Args:
        columns: the columns of units.
        values: of the inputs, for one example.
        naming: what the inputs are called.
        shape: rows and columns of the images.

    Raises:
        GraphError: no input has so many numbers.
    """
    inputs = [column for column in columns if column.kind == "input"]
    found = list(_blocks(inputs, values, naming, shape))
    if not found:
        sizes = ", ".join(f"{column.node.name}: {column.width}" for column in inputs)
        raise GraphError(
            f"image={shape} takes {math.prod(shape)} numbers, and no input has as many "
            f"({sizes})"
        )
    return found


def _blocks(
    inputs: Sequence[Column], values: Values, naming: Naming, shape: tuple[int, int]
) -> Iterator[Block]:
    for place, column in enumerate(inputs):
        if column.width == math.prod(shape):
            yield Block(
                f"image_{place + 1}", "input", naming.symbol(column.node) or Plain("x"),
                rank=column.rank - 1, image=_image(column.node, values, shape),
                tooltip=f"{column.node.name} as an image",
            )  # fmt: skip


def _image(node: Node, values: Values, shape: tuple[int, int]) -> Image:
    """Return the numbers of a node as pixels, its least as 0 and its largest as 1.

    Those are the least and the largest that are finite; NaN is 0.
    """
    pixels = values[node].astype(np.float64).reshape(shape) / 2  # so no difference is ∞
    finite = pixels[np.isfinite(pixels)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    scaled = np.nan_to_num(np.clip((pixels - low) / (high - low or 0.5), 0, 1))
    return tuple(tuple(map(float, row)) for row in scaled)
