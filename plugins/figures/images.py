"""Rows of numbers as images."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.data.arrays import Array
from chainrule.errors import DataError
from chainrule.plotting.canvas import Canvas

WIDE = 700
"""Pixels from which on a picture is wide."""
ROW, NARROW = 8, 6
"""Images in a row of a wide picture and of a narrow one, at most."""


def as_images(rows: Array, shape: tuple[int, int]) -> Array:
    """Return rows of pixels as images of a shape.

    Raises:
        DataError: a row has another number of pixels.
    """
    flat = rows.astype(float).reshape(len(rows), -1)
    if flat.shape[1] != shape[0] * shape[1]:
        raise DataError(
            f"shape={shape} are {shape[0] * shape[1]} pixels, but a row has "
            f"{flat.shape[1]}: give the rows and columns of an image"
        )
    images: Array = flat.reshape(-1, *shape)
    return images


def draw_images(
    canvas: Canvas,
    images: Array,
    titles: Sequence[str],
    *,
    colors: str,
    limits: Sequence[tuple[float, float]],
    lines: int = 1,
) -> None:
    """Draw images in rows, each with its title above it.

    Args:
        canvas: where to draw.
        images: of one shape.
        titles: one for each.
        colors: a colour map of the canvas.
        limits: the numbers of the first and the last colour, for each.
        lines: of a title.
    """
    count = len(images)
    wide = canvas.room is None or canvas.room.width > WIDE
    columns = min(count, -(-count // 2) if wide and count <= 2 * ROW else ROW)
    columns = min(columns, ROW if wide else NARROW)
    rows = -(-count // columns)
    cell, gap = 1.0, 0.12
    room = 0.22 * lines
    pitch = (cell + gap, cell + gap + room)
    (axes,) = canvas.panels(shape=columns * pitch[0] / (rows * pitch[1]))
    for number, (image, title, (low, high)) in enumerate(
        zip(images, titles, limits, strict=True)
    ):
        down, across = divmod(number, columns)
        left, top = across * pitch[0], -down * pitch[1]
        axes.imshow(
            image, cmap=canvas.colors(colors), vmin=low, vmax=high,
            extent=(left, left + cell, top - cell, top), interpolation="nearest",
        )  # fmt: skip
        axes.text(
            left, top + 0.05, title, va="bottom", ha="left", linespacing=1.15,
            fontsize=canvas.points(canvas.small),
        )  # fmt: skip
    axes.set_xlim(-0.02, columns * pitch[0] - gap + 0.02)
    axes.set_ylim(-rows * pitch[1] + gap + room - 0.02, 0.05 + room)
    axes.set_axis_off()
