"""What a page shows on request: full values, explanations, the optimizer's update."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.autodiff import Backward
from chainrule.errors import ChainRuleError
from chainrule.node import Parameter
from chainrule.notation.numbers import number
from chainrule.shapes import shape_text
from chainrule.viz.explain import explain
from chainrule.viz.formats.story import Extras
from chainrule.viz.graph.compose import Drawing
from chainrule.viz.updates import updates_of
from chainrule.viz.values import norm

MOST_NUMBERS = 64
"""Numbers of one value that a page holds; of larger ones the first, and the norm."""
MOST_EXPLAINED = 24
"""Parameters that a page explains."""


def extras_of(drawing: Drawing, optimizer: object) -> Extras:
    """Gather what a page shows beyond the picture.

    Args:
        drawing: what is on the page.
        optimizer: a name, a config or an object, whose update is shown.
    """
    details = _details(drawing)
    sweep, block_of = drawing.subject.sweep, drawing.division.block_of
    if sweep is None or drawing.options.values is None:
        return Extras(details)
    parameters = [
        node for node in block_of
        if isinstance(node, Parameter) and sweep.gradient.get(node) is not None
    ]  # fmt: skip
    reasons: dict[str, list[str]] = {}
    for node in parameters[:MOST_EXPLAINED]:
        text = _explained(drawing, sweep, node)
        if text:
            reasons.setdefault(block_of[node], []).append(text)
    updates: dict[str, list[str]] = {}
    for node, text in updates_of(drawing, sweep, parameters, optimizer).items():
        updates.setdefault(block_of[node], []).append(text)
    return Extras(
        details,
        {block: "\n\n".join(texts) for block, texts in reasons.items()},
        {block: "; ".join(texts) for block, texts in updates.items()},
    )


def _details(drawing: Drawing) -> dict[str, list[dict[str, Any]]]:
    """Return for each block its nodes with name, shape, value and gradient."""
    values, sweep = drawing.values, drawing.subject.sweep
    details: dict[str, list[dict[str, Any]]] = {}
    for node, block in drawing.division.block_of.items():
        symbol = drawing.naming.symbol(node)
        if symbol is None:
            continue
        detail = {"name": symbol.unicode(), "shape": shape_text(node.shape)}
        if node in values:
            detail["value"] = _listed(values[node])
        gradient = sweep.gradient.get(node) if sweep else None
        if gradient is not None and gradient in values:
            detail["gradient"] = _listed(values[gradient])
        details.setdefault(block, []).append(detail)
    return details


def _listed(array: npt.NDArray[Any]) -> str:
    """Write a value in full, or its beginning and its norm."""
    flat = array.reshape(-1)
    text = ", ".join(number(float(v)) for v in flat[:MOST_NUMBERS])
    if flat.size <= MOST_NUMBERS:
        return text
    return f"{text}, … ({flat.size} numbers, ‖·‖ = {number(norm(array))})"


def _explained(drawing: Drawing, sweep: Backward, node: Parameter) -> str:
    """Explain the entry with the largest gradient; nothing where that is too large."""
    gradient = np.abs(drawing.values[sweep.gradient[node]])
    index = tuple(int(i) for i in np.unravel_index(np.argmax(gradient), gradient.shape))
    options = drawing.options
    try:
        return explain(
            sweep.loss, node, index, values=options.values, seed=options.seed, top=3
        ).text
    except ChainRuleError:
        return ""
