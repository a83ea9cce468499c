"""The picture of a graph: its parts as blocks, its edges as links, with labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from chainrule.shapes import shape_text
from chainrule.viz.graph.block_labels import BlockLabels
from chainrule.viz.graph.clusters import find_clusters
from chainrule.viz.graph.edges import Edge
from chainrule.viz.graph.gradient_labels import GradientLabels
from chainrule.viz.graph.levels import Division
from chainrule.viz.graph.options import Options
from chainrule.viz.graph.origins import origins_in, written
from chainrule.viz.scene import Block, Line, Link, Role, Scene
from chainrule.viz.text import Plain

LEGEND: dict[Role, str] = {
    "loss": "out of the loss: ∂J/∂ŷ",
    "between": "in between: ∂ŷ/∂z",
    "parameter": "into a parameter: ∂z/∂w",
    "data": "into an input",
}
"""What the colours of backward edges mean."""


def picture(
    division: Division,
    edges: Sequence[Edge],
    labels: BlockLabels,
    gradients: GradientLabels,
    options: Options,
) -> Scene:
    """Return the scene with all that is shown of some parts and edges."""
    clusters = find_clusters(division.parts, division.folding)
    blocks = [
        _block(i, clusters.around[i], division, labels, gradients)
        for i in division.folding.shown
    ]
    links = [
        link for edge in edges for link in _links(edge, division, gradients, options)
    ]
    roles = {link.role for link in links if link.kind == "backward"}
    remarks = [
        labels.subject.remark,
        division.remark,
        _sizes(links, blocks, labels),
        written(origins_in(labels.subject.graph)),
    ]
    return Scene(
        options.title or "graph",
        blocks,
        _straightened(links, blocks),
        clusters=clusters.label,
        caption=[
            *gradients.verdict(),
            *(Line(Plain(text), "note") for text in remarks if text),
        ],
        legend=[(role, text) for role, text in LEGEND.items() if role in roles],
        rankdir=options.rankdir,
    )


def _sizes(links: Sequence[Link], blocks: Sequence[Block], labels: BlockLabels) -> str:
    """Say what the sizes are that formulas divide by."""
    lines = [line for link in links for line in link.lines]
    lines += [line for block in blocks for line in block.lines]
    written = [k.text.unicode() for k in lines if k.kind in ("formula", "gradient")]
    return ", ".join(labels.naming.sizes.used_in("\n".join(written)))


def _block(
    place: int,
    cluster: tuple[str, ...],
    division: Division,
    labels: BlockLabels,
    gradients: GradientLabels,
) -> Block:
    """Draw a part that is shown, which may stand for others."""
    part, repeat = division.parts[place], division.folding.repeat(place)
    times = repeat.times if repeat else 1
    period = repeat.period if repeat else 1
    last = division.parts[place + (times - 1) * period] if repeat else None
    row = times if period == 1 else 1
    tips = [
        f"{division.graph.id[part.nodes[-1]]}, {len(part.nodes)} nodes",
        written(origins_in(part.nodes)),
    ]
    return Block(
        division.ids[place],
        labels.kind(part),
        labels.title(part, last, row),
        [*labels.stands_for(row), *labels.lines(part), *gradients.lines(part)],
        cluster=cluster,
        nodes=part.nodes,
        exits=part.exits,
        tooltip="; ".join(filter(None, tips)),
        marks=gradients.marks(part.exits),
        times=times,
    )


def _links(
    edge: Edge, division: Division, gradients: GradientLabels, options: Options
) -> Iterator[Link]:
    """Draw an edge forward, and backward where something flows back along it."""
    tail, head = (
        division.ids[division.folding.shown_as(end)] for end in (edge.tail, edge.head)
    )
    if options.direction != "backward" or edge.rule is None:
        tip = f"{division.graph.id[edge.x]} {shape_text(edge.x.shape)}"
        yield Link(tail, head, "forward", tooltip=tip)
    if edge.rule is not None:
        exits = division.parts[edge.head].exits
        role = gradients.role(edge.x, exits[-1] if exits else edge.x)
        yield Link(
            tail,
            head,
            "backward",
            role,
            gradients.edge(edge.rule, role),
            marks=gradients.marks([edge.x]),
            expression=edge.rule.expression,
            flow=gradients.flow(edge.rule),
        )


def _straightened(links: Sequence[Link], blocks: Iterable[Block]) -> list[Link]:
    """Let a chain run straight: blocks with one block before them and one behind.

    Not inside clusters: there Graphviz would lay the backward edge over the forward.
    """
    leaves = {b.id for b in blocks if b.kind in ("input", "parameter", "constant")}
    clustered = {block.id for block in blocks if block.cluster}

    def inner(link: Link) -> bool:
        return link.kind == "forward" and link.tail not in leaves

    behind = Counter(link.tail for link in links if inner(link))
    before = Counter(link.head for link in links if inner(link))

    def straight(link: Link) -> bool:
        alone = behind[link.tail] == 1 and before[link.head] == 1
        return inner(link) and alone and not {link.tail, link.head} & clustered

    return [replace(link, straight=straight(link)) for link in links]
