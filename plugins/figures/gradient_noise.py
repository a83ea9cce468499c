"""``gradient_noise``: how the gradient of a batch differs from that of all examples."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Literal, Unpack

import numpy as np

from chainrule.annotations import PositiveInt, Seed
from chainrule.arguments import checked
from chainrule.model.model import Model
from chainrule.philox import generator
from chainrule.plotting.canvas import Canvas
from chainrule.plotting.plot import Data, Look, Plot
from chainrule.plugins.figures.movable import Movable, flat


@checked
def gradient_noise(
    model: Model,
    x: Any,
    y: Any,
    *,
    batch: Sequence[PositiveInt | Literal["all"]] = (1, 8, 32, 128, "all"),
    draws: PositiveInt = 60,
    loss: Any = None,
    seed: Seed = 0,
    **look: Unpack[Look],
) -> Plot:
    """Show how far the gradient of a batch is from that of all examples.

    For batches of B examples, drawn with replacement, E‖g_B − g‖² = E‖g₁ − g‖² / B.
    Beside it stands how long the gradients of an epoch take.

    Args:
        model: the model, with the weights that it has.
        x: examples.
        y: what they should give.
        batch: sizes of batches; ``"all"`` is one batch of all examples.
        draws: how many batches of each size.
        loss: the loss; None is the one that the model was trained with.
        seed: of the batches.
        **look: theme, size and title.
    """
    movable = Movable(model, x, y, loss)
    count, paths = len(movable.x), list(movable.weights)
    whole = flat(movable.gradients(movable.weights), paths)
    random = generator(seed, "gradient_noise")
    sizes, spreads, seconds = [], [], []
    for size in batch:
        rows = count if size == "all" else size
        chosen = [random.integers(0, count, rows) for _ in range(draws)]
        squares, times = [], []
        for nth in [None] if size == "all" else chosen:
            movable.gradients(movable.weights, nth)  # compiled on the first call
            begun = time.perf_counter()
            found = movable.gradients(movable.weights, nth)
            times.append(time.perf_counter() - begun)
            squares.append(float(np.square(flat(found, paths) - whole).sum()))
        sizes.append(rows)
        spreads.append(0.0 if size == "all" else float(np.mean(squares)))
        seconds.append(float(np.min(times)) * -(-count // rows))
    data = {
        "batch": np.array(sizes), "spread": np.array(spreads),
        "seconds_per_epoch": np.array(seconds), "norm": np.linalg.norm(whole),
    }  # fmt: skip
    return Plot(_draw, data, **look)


def _draw(canvas: Canvas, data: Data) -> None:
    left, right = canvas.panels(2, shape=1.25, least=280)
    sizes, spread = data["batch"], data["spread"]
    noisy = spread > 0
    look, law = canvas.series(0), canvas.series(1)
    if noisy.any():
        first = spread[noisy][0] * sizes[noisy][0]
        left.plot(sizes, first / sizes, **law.line, label="∝ 1/B")
        left.plot(sizes[noisy], spread[noisy], **look.points, label="measured")
        canvas.log(left, "x", "y")
        left.legend()
    left.set_title("E‖g_B − g‖², the noise of the gradient")
    left.set_xlabel("batch size B")
    left.grid()
    places = np.arange(len(sizes))
    named = zip(sizes, noisy, strict=True)
    labels = [str(size) if less else f"all {size}" for size, less in named]
    right.bar(places, data["seconds_per_epoch"] * 1000, color=look.color, width=0.6)
    right.set_xticks(places, labels)
    right.set_title("gradients of one epoch, in ms")
    right.set_xlabel("batch size B")
    for place, value in zip(places, data["seconds_per_epoch"] * 1000, strict=True):
        text = f"{value:.3g}" if value < 10 else f"{value:.0f}"
        right.annotate(
            text, (place, value), (0, canvas.points(3)),
            textcoords="offset points", ha="center", va="bottom",
        )  # fmt: skip
    right.margins(y=0.15)
