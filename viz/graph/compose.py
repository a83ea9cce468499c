"""From a graph to a drawing: blocks, the edges between them, and what both say.

Parts → what repeats → edges → values → checks → blocks and links. Every step takes
what the steps before it made, and changes none of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.node import Node
from chainrule.notation.naming import Naming
from chainrule.notation.symbols import Symbol
from chainrule.viz.graph.block_labels import BlockLabels
from chainrule.viz.graph.edges import Edge, find_edges
from chainrule.viz.graph.gradient_checks import check_gradients
from chainrule.viz.graph.gradient_labels import GradientLabels
from chainrule.viz.graph.levels import Division, divide
from chainrule.viz.graph.options import Options
from chainrule.viz.graph.picture import picture
from chainrule.viz.graph.subject import Subject, subject_of
from chainrule.viz.scene import Scene
from chainrule.viz.values import Values, evaluated


@dataclass(frozen=True)
class Drawing:
    """A graph as it is drawn: the picture, and all that it was made of.

    Attributes:
        scene: the picture.
        subject: the graph, its loss and its gradients.
        division: which nodes each block shows.
        naming: the symbols of the nodes.
        values: those of the nodes and gradients that are shown; empty without feeds.
        options: how it was to be drawn.
    """

    scene: Scene
    subject: Subject
    division: Division
    naming: Naming
    values: Values
    options: Options


def compose(what: Any, options: Options) -> Drawing:
    """Draw a graph: a node, several, or a model.

    Raises:
        GraphError: there is nothing to draw.
    """
    subject = subject_of(what, options)
    division = divide(subject, options)
    naming = _named(subject, division, options)
    edges = find_edges(subject, division, naming)
    values = _values(subject, division, edges, naming, options)
    checked = _checked(subject, division, naming, values, options)
    labels = BlockLabels(
        subject, naming, values, options.show_shapes, options.show_counts,
        options.show_dtypes,
    )  # fmt: skip
    gradients = GradientLabels(
        subject, naming, values, checked, edges, options.show_shapes
    )
    scene = picture(division, edges, labels, gradients, options)
    return Drawing(scene, subject, division, naming, values, options)


def _named(subject: Subject, division: Division, options: Options) -> Naming:
    """Name the nodes; what others use and has no name is v₁, v₂ and so on."""
    naming = Naming(subject.graph, options.names, loss=subject.loss)
    naming.number(node for part in division.parts for node in part.exits if node.inputs)
    return naming


def _values(
    subject: Subject,
    division: Division,
    edges: Sequence[Edge],
    naming: Naming,
    options: Options,
) -> Values:
    """Compute every value that the diagram shows, in one run."""
    if options.values is None:
        return {}

    def wanted() -> Iterator[Node]:
        for part in division.parts:
            yield from part.exits
            yield from (n for n in part.nodes if naming.symbol(n) or not n.inputs)
            if subject.sweep is not None:
                gradient = subject.sweep.gradient
                yield from (gradient[n] for n in part.nodes if n in gradient)
        for rule in (edge.rule for edge in edges if edge.rule):
            yield rule.expression
            yield rule.contribution

    return evaluated(wanted(), options.values, options.seed, training=options.training)


def _checked(
    subject: Subject,
    division: Division,
    naming: Naming,
    values: Values,
    options: Options,
) -> Mapping[Node, bool]:
    """Check the gradients that the diagram shows, if that was asked for."""
    if not options.check or subject.sweep is None or options.values is None:
        return {}
    shown = (
        node
        for i in division.folding.shown
        for node in division.parts[i].nodes
        if isinstance(naming.symbol(node), Symbol)
    )
    return check_gradients(
        subject.sweep, shown, values, options.values,
        seed=options.seed, training=options.training,
    )  # fmt: skip
