"""The contents of a page beyond the picture: values, updates, controls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from chainrule.node import Node, Parameter
from chainrule.notation.numbers import number
from chainrule.notation.styles import Written
from chainrule.shapes import shape_text
from chainrule.viz.formats.story import Change
from chainrule.viz.graph.compose import Drawing
from chainrule.viz.graph.gradient_marks import leaving_loss
from chainrule.viz.page.extras import Control, Detail, Extras, Machine
from chainrule.viz.page.maps import plane_of
from chainrule.viz.page.uses import uses_in
from chainrule.viz.readings import Reading
from chainrule.viz.text import Plain, row
from chainrule.viz.updates import told, update_of
from chainrule.viz.values import norm

MOST_NUMBERS = 64
"""Numbers of one value that a page shows or lets be changed; of larger ones it shows
the first, and the norm."""


def extras_of(drawing: Drawing, optimizer: object) -> Extras:
    """Gather the contents of a page beyond the picture.

    Args:
        drawing: what is on the page.
        optimizer: a name, a config or an object, whose update is shown.
    """
    details = _details(drawing)
    options, sweep = drawing.options, drawing.subject.sweep
    if options.values is None:
        return Extras(details)
    controls = list(_controls(drawing))
    plane = plane_of(drawing.subject)
    if sweep is None:
        return Extras(details, machine=Machine(options, controls, plane=plane))
    parameters = [
        node for node in drawing.subject.graph.parameters
        if node.trainable and sweep.gradient.get(node) is not None
    ]  # fmt: skip
    uses = uses_in(sweep, drawing.naming, options)
    machine = Machine(
        options, controls, uses, plane=plane, leaving=leaving_loss(drawing.subject),
        inner={
            node for node in uses.of.keys() - drawing.subject.loss_nodes
            if not isinstance(node, Parameter)
        },
    )  # fmt: skip
    if not parameters:
        return Extras(details, machine=machine)
    update = update_of(sweep, parameters, optimizer)
    machine = replace(
        machine, learned=parameters, assigns=update.assigns, lr=update.rule.lr
    )
    texts = told(update, sweep, drawing.naming, options)
    return Extras(details, list(_changes(drawing, texts)), machine)


def _changes(drawing: Drawing, texts: Mapping[Parameter, Written]) -> Iterator[Change]:
    """Yield the updates, those of one block together."""
    links = list(zip(drawing.scene.link_ids(), drawing.scene.links, strict=True))
    together: dict[tuple[str, ...], list[Parameter]] = {}
    for node in texts:
        block = drawing.division.block_of.get(node)
        edges = (i for i, link in links if any(node is n for n, _ in link.numbers))
        shown = tuple(edges) if block is None else (block,)
        if shown:
            together.setdefault(shown, []).append(node)
    for shown, nodes in together.items():
        text = row(*_between("; ", [texts[node] for node in nodes]))
        yield Change(tuple(nodes), shown, text)


def with_times(
    extras: Extras, kernels: Mapping[str, Sequence[tuple[str, str]]]
) -> Extras:
    """Add the kernels that worked for each block, and how long they took."""
    details = {block: list(listed) for block, listed in extras.details.items()}
    for block, rows in kernels.items():
        details.setdefault(block, []).extend(
            Detail(f"{sign} time", "", Plain(text)) for sign, text in rows
        )
    return replace(extras, details=details)


def _between(separator: str, texts: Sequence[Written]) -> Iterator[Written | str]:
    for place, text in enumerate(texts):
        if place:
            yield separator
        yield text


def _details(drawing: Drawing) -> dict[str, list[Detail]]:
    """Return for each block its nodes with name, shape, value and gradient."""
    values, sweep = drawing.values, drawing.subject.sweep
    details: dict[str, list[Detail]] = {}
    for node, block in drawing.division.block_of.items():
        symbol = drawing.naming.symbol(node)
        if symbol is None:
            continue
        gradient = sweep.gradient.get(node) if sweep else None
        known = [None if n is None else values.get(n) for n in (node, gradient)]
        value, slope = (
            None if n is None or array is None else _listed(n, array)
            for n, array in zip((node, gradient), known, strict=True)
        )
        name = symbol.unicode()
        detail = Detail(name, shape_text(node.shape), value, slope, node)
        details.setdefault(block, []).append(detail)
    return details


def _listed(node: Node, array: npt.NDArray[np.generic]) -> Reading:
    """Write a value in full, or its beginning and its norm."""
    flat = array.reshape(-1)
    text = ", ".join(number(float(v)) for v in flat[:MOST_NUMBERS])
    if flat.size > MOST_NUMBERS:
        text = f"{text}, … ({flat.size} numbers, ‖·‖ = {number(norm(array))})"
    return Reading(node, "list", text, digits=4)


def _controls(drawing: Drawing) -> Iterator[Control]:
    """Yield the leaves that are small enough to be changed by hand."""
    graph, naming, feeds = drawing.subject.graph, drawing.naming, drawing.options.values
    block_of = drawing.division.block_of
    size: dict[Node, int] = {
        leaf: np.size(value)
        for leaf in graph.inputs
        for key, value in (feeds or {}).items()
        if key is leaf or key == leaf.name
    }
    size |= {node: node.value.size for node in graph.parameters if node.trainable}
    targets = drawing.subject.targets
    leaves = dict.fromkeys([*block_of, *graph])
    for node in sorted(leaves, key=lambda leaf: leaf in targets):
        if size.get(node, MOST_NUMBERS + 1) <= MOST_NUMBERS:
            symbol = naming.symbol(node)
            name = symbol.unicode() if symbol else node.name or "?"
            yield Control(node, name, block_of.get(node, ""))
