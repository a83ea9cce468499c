"""The neuron level: the textbook's picture, one circle per unit, weights on the edges.

A graph of matrix products and elementwise functions becomes columns of units, with the
values of one example. Wide columns are elided: x₁ x₂ ⋮ x₇₈₄.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule import ops
from chainrule.autodiff import backward
from chainrule.errors import GraphError
from chainrule.graph import Graph
from chainrule.node import Input, Node
from chainrule.notation.naming import Naming
from chainrule.viz.graph.columns import Column, find_columns
from chainrule.viz.graph.compose import Drawing
from chainrule.viz.graph.images import image_blocks
from chainrule.viz.graph.levels import Division
from chainrule.viz.graph.options import Options
from chainrule.viz.graph.origins import origins_in, written
from chainrule.viz.graph.repeats import Folding
from chainrule.viz.graph.subject import Subject, subject_of
from chainrule.viz.graph.units import Units
from chainrule.viz.scene import Line, Scene
from chainrule.viz.text import Plain
from chainrule.viz.values import Values, evaluated


def compose_neurons(what: Any, options: Options) -> Drawing:
    """Draw a graph as columns of units, with the values of one example.

    Raises:
        GraphError: there is nothing to draw, or the graph is not made of units: says
            which operation is none, and why.
    """
    subject = subject_of(what, options)
    columns = find_columns(subject, options.training)
    naming = Naming(subject.graph, options.names, loss=subject.loss)
    naming.number(column.node for column in columns)
    which = ""
    if options.values is not None:
        feeds, which = _one_example(subject.graph, options.values, options.example)
        options = replace(options, values=feeds)
    slopes = _slopes(columns)
    values = _values(subject, columns, slopes, options)
    units = Units(subject, columns, naming, values, slopes)
    blocks = units.blocks()
    if options.image is not None:
        blocks += image_blocks(columns, values, naming, options.image)
    scene = Scene(
        options.title or "graph",
        blocks=blocks,
        links=units.links(),
        caption=_caption(subject, values, which),
        rankdir=options.rankdir,
        shape="circles",
    )
    no_blocks = Division(subject.graph, (), Folding(0))
    scene = scene.without_idle_keys()
    return Drawing(scene, subject, no_blocks, naming, values, options)


def _slopes(columns: Sequence[Column]) -> dict[Node, Node]:
    """Return the derivatives of stages that drop units with respect to those before."""
    return {
        dropping: backward(ops.sum(dropping), [before]).gradient[before]
        for column in columns
        for dropping, before in column.drops
    }


def _values(
    subject: Subject,
    columns: Sequence[Column],
    slopes: Mapping[Node, Node],
    options: Options,
) -> Values:
    """Compute all that the units and weights show, for one example."""
    if options.values is None:
        return {}
    nodes = [node for c in columns for node in (c.node, *c.stages)]
    nodes += [parameter for column in columns for parameter, _ in column.biases]
    nodes += [
        read.weight[0]
        for column in columns
        for reads in column.reads.values()
        for read in reads
        if read.weight is not None
    ]
    nodes = list(dict.fromkeys(nodes))
    if subject.sweep is not None:
        gradient = subject.sweep.gradient
        nodes += [gradient[node] for node in nodes if node in gradient]
    nodes += slopes.values()
    return evaluated(nodes, options.values, options.seed, training=options.training)


def _one_example(
    graph: Graph, feeds: Mapping[Any, Any], example: int
) -> tuple[dict[Any, npt.NDArray[Any]], str]:
    """Cut one example out of a batch, for every input with an open first dimension.

    Returns:
        The values, and which example it is, if there are several.

    Raises:
        GraphError: the batch has no such example.
    """
    leaves = {leaf.name: leaf for leaf in graph.inputs}
    cut: dict[Any, npt.NDArray[Any]] = {}
    which = ""
    for key, value in feeds.items():
        leaf = leaves.get(key) if isinstance(key, str) else key
        array = np.asarray(value)
        batch = (
            isinstance(leaf, Input)
            and leaf.shape[:1] == (None,)
            and array.ndim == len(leaf.shape)  # or evaluation says what is wrong
        )
        if batch and not len(array):
            raise GraphError(
                f"the batch of {getattr(leaf, 'name', key)!r} is empty, and units are "
                "drawn with the values of one example: give it a row, or leave values= "
                "out"
            )
        if batch and not -len(array) <= example < len(array):
            raise GraphError(
                f"example must be one of the {len(array)} in the batch, got {example}"
            )
        cut[key] = array[[example]] if batch else array
        if batch and len(array) > 1:
            which = f"example {example % len(array) + 1} of {len(array)}, alone"
    return cut, which


def _caption(subject: Subject, values: Values, which: str) -> list[Line]:
    """Say which example it is, and what the marks of units and edges mean."""
    whole = ": J is its own, not the mean" if subject.loss is not None else ""
    lines = [Line(Plain(f"{which}{whole}"), "note")] if which else []
    lines.append(Line(Plain("thick: large weight, dashed: negative"), "note"))
    if subject.sweep is not None and values:
        unit = Plain("in a unit: ∂J/∂(the unit)")
        weight = Plain("on an edge: ∂J/∂(the weight)")
        lines.append(Line(unit, "note", "between"))
        lines.append(Line(weight, "note", "parameter"))
    remarks = [subject.remark, written(origins_in(subject.graph))]
    lines += [Line(Plain(text), "note") for text in remarks if text]
    return lines
