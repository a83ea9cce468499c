"""``gradient_flow``: how large gradients, activations and weights are, by layer."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from chainrule.arguments import checked
from chainrule.calls import calls
from chainrule.data.arrays import Array
from chainrule.execution import evaluate
from chainrule.graph import topological
from chainrule.model.model import Model
from chainrule.notation.numbers import number
from chainrule.plotting.canvas import Canvas
from chainrule.plotting.plot import Data, Look, Plot
from chainrule.plugins.callbacks.trajectory import Trajectory
from chainrule.plugins.figures.movable import Movable, kernels

VANISHING, EXPLODING = 1e-2, 1e2
"""The first layer's gradient per weight, as a share of the last one's."""
BINS = 40
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@checked
def gradient_flow(
    model: Model,
    x: Any,
    y: Any,
    *,
    path: Trajectory | None = None,
    loss: Any = None,
    **look: Unpack[Look],
) -> Plot:
    """Show the gradient of each weight matrix, and how activations are distributed.

    The gradient is measured per weight, as the root of the mean square. Where the
    first layer's is less than 1/100 of the last one's it is said to vanish, where it is
    more than 100 times as large, to explode.

    Args:
        model: a model.
        x: examples.
        y: what they should give.
        path: the weights during training, from the callback `Trajectory`; None: the
            gradients of the weights that the model has.
        loss: the loss; None is the one that the model was trained with.
        **look: theme, size and title.
    """
    movable = Movable(model, x, y, loss)
    paths = kernels(movable.weights)
    stages = path.weights if path is not None else [movable.weights]
    sizes = [
        [_size(found[each]) for each in paths]
        for found in map(movable.gradients, stages)
    ]
    data: dict[str, Any] = {
        "epoch": np.array(path.epochs if path is not None else [0.0]),
        "gradient": np.array(sizes),
    }
    for place, values in enumerate(_activations(model, movable.x), 1):
        data[f"activations_{place}"] = values
    for place, each in enumerate(paths, 1):
        data[f"weights_{place}"] = movable.weights[each].ravel()
    return Plot(functools.partial(_draw, len(paths)), data, **look)


def _size(gradient: Array) -> float:
    return float(np.sqrt(np.mean(np.square(gradient, dtype=float))))


def _activations(model: Model, x: Array) -> Sequence[Array]:
    """Return the outputs of the layers with weight matrices."""
    nodes = [
        node
        for node in topological(model.outputs)
        if node in calls and getattr(calls[node].module, "units", None) is not None
    ]
    return [np.ravel(value) for value in evaluate(nodes, {model.inputs[0]: x})]


def _layer(place: int) -> str:
    return f"⁽{place}⁾".translate(_SUPERSCRIPT)


def _draw(layers: int, canvas: Canvas, data: Data) -> None:
    first, *others = canvas.panels(3, shape=1.3, least=280)
    sizes, epochs = data["gradient"], data["epoch"]
    ends = []
    for place in range(layers):
        look = canvas.series(place)
        if len(epochs) > 1:
            axes_line = {**look.line, "marker": look.marker, "markevery": 0.2}
            first.plot(epochs, sizes[:, place], **axes_line)
            ends.append((float(sizes[-1, place]), f"W{_layer(place + 1)}", look))
    if len(epochs) == 1:
        places = list(range(1, layers + 1))
        first.bar(places, sizes[0], color=canvas.series(0).color, width=0.6)
        first.set_xticks(places, [f"W{_layer(i)}" for i in places])
    positive = sizes[sizes > 0]
    if len(positive):
        canvas.log(first, "y")
    first.set_xlabel("epoch" if len(epochs) > 1 else "layer")
    first.grid(axis="y")
    first.set_title(f"∂J/∂W per weight{_verdict(sizes[-1])}")
    if len(epochs) > 1:
        first.set_xlim(epochs[0], epochs[-1])
        canvas.label_ends(first, ends)
    for axes, (kind, title, symbol) in zip(
        others,
        (("activations", "activations", "a"), ("weights", "weights", "W")),
        strict=True,
    ):
        _ridges(canvas, axes, [data[n] for n in data if n.startswith(kind)], symbol)
        axes.set_title(title)


def _verdict(sizes: Array) -> str:
    """Say whether the gradient vanishes or explodes on its way to the first layer."""
    if len(sizes) < 2 or not sizes[-1]:
        return ""
    ratio = float(sizes[0] / sizes[-1])
    if ratio < VANISHING:
        return f"\nvanishing: first / last = {number(ratio, digits=2)}"
    if ratio > EXPLODING:
        return f"\nexploding: first / last = {number(ratio, digits=2)}"
    return f"\nfirst / last = {number(ratio, digits=2)}"


def _ridges(canvas: Canvas, axes: Any, values: Sequence[Array], symbol: str) -> None:
    """Draw a histogram for each layer, one above the other."""
    low = min(float(np.percentile(each, 0.5)) for each in values)
    high = max(float(np.percentile(each, 99.5)) for each in values)
    if high <= low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, BINS + 1)
    for place, each in enumerate(values):
        counts, _ = np.histogram(each, edges)
        height = 0.85 * counts / max(counts.max(), 1)
        middle = (edges[1:] + edges[:-1]) / 2
        look = canvas.series(place)
        axes.fill_between(middle, place, place + height, color=look.color, alpha=0.35)
        axes.plot(middle, place + height, color=look.color, linewidth=1.0)
    labels = [f"{symbol}{_layer(place)}" for place in range(1, len(values) + 1)]
    axes.set_yticks(np.arange(len(values)), labels)
    axes.set_xlim(low, high)
