"""A diagram as a story: forward pass, loss, reverse sweep, accumulation, update.

Both the page with the slider and the numbered pictures tell it, frame by frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from chainrule.node import Parameter
from chainrule.notation.styles import Written
from chainrule.viz.readings import Reading, factor, readings_in
from chainrule.viz.scene import Block, Flow, Line, Link, Number, Scene
from chainrule.viz.text import Row, row

Chapter: TypeAlias = Literal["forward", "loss", "sweep", "accumulate", "update"]


@dataclass(frozen=True)
class Change:
    """The optimizer's update of parameters that are shown together.

    Attributes:
        parameters: what is learned.
        shown: the ids of the block or of the edges that show them.
        text: the update, in symbols and numbers.
    """

    parameters: tuple[Parameter, ...]
    shown: tuple[str, ...]
    text: Written


@dataclass(frozen=True)
class Frame:
    """One frame of the story: what it says, and what becomes visible with it.

    Attributes:
        chapter: which part of a training step it is in.
        told: what it says.
        shows: parts of the picture: the id of a block or an edge, and for a block
            whether its value or its gradient.
        flies: indices of the links along which products flow back.
        why: the number whose gradient is accumulated, if it is a single one.
        learns: the parameters that are updated.
    """

    chapter: Chapter
    told: Written
    shows: tuple[tuple[str, str], ...]
    flies: tuple[int, ...] = ()
    why: Number | None = None
    learns: tuple[Parameter, ...] = ()

    @property
    def text(self) -> str:
        """The frame's words, as plain text."""
        return self.told.unicode()


def tell(scene: Scene, changes: Sequence[Change]) -> list[Frame]:
    """Return the frames, in the order in which things are computed.

    Args:
        scene: the picture.
        changes: what the optimizer does.
    """
    back = _swept_units if scene.shape == "circles" else _swept_blocks
    updates = [
        Frame(
            "update", change.text, tuple((part, "update") for part in change.shown),
            learns=change.parameters,
        )
        for change in changes
    ]  # fmt: skip
    return [*_forward(scene), *back(scene), *updates]


def _forward(scene: Scene) -> Iterator[Frame]:
    """Yield a frame for each block, with the edges and the ones that lead to it."""
    ids = scene.link_ids()
    silent = {block.id for block in scene.blocks if block.kind == "constant"}
    silent &= {block.id for block in scene.blocks if scene.shape == "circles"}
    shown = {block.id for block in scene.blocks if "more" in block.marks}
    for block in scene.blocks:
        if block.id in silent:
            continue
        into = [
            (ids[i], link.tail)
            for i, link in enumerate(scene.links)
            if link.head == block.id and link.kind == "forward"
        ]
        ones = sorted({tail for _, tail in into if tail in silent} | shown)
        parts = [(edge, "edge") for edge, _ in into] + [(one, "value") for one in ones]
        chapter: Chapter = "loss" if block.kind == "loss" else "forward"
        yield Frame(chapter, _value_text(block), (*parts, (block.id, "value")))
        shown = set()


def _swept_blocks(scene: Scene) -> Iterator[Frame]:
    """Yield what arrives at each block, and what flows on along its edges."""
    ids = scene.link_ids()
    for block in reversed(scene.blocks):
        if any(line.kind == "gradient" for line in block.lines):
            arrived = [
                link.flow
                for link in scene.links
                if link.tail == block.id and link.flow is not None
            ]
            text = _joined("; ", list(_gradient_texts(block, arrived)))
            yield Frame("accumulate", text, ((block.id, "gradient"),))
        for i, link in enumerate(scene.links):
            if link.head == block.id and link.kind == "backward":
                yield Frame("sweep", _swept(link), ((ids[i], "edge"),), (i,))


def _swept_units(scene: Scene) -> Iterator[Frame]:
    """Yield what arrives at each unit, and what flows back along all its weights."""
    ids = scene.link_ids()
    constants = {block.id for block in scene.blocks if block.kind == "constant"}
    for block in reversed(scene.blocks):
        gradients = _texts(block.lines, "gradient")
        if gradients:
            text = row(block.title, ": ", _joined("; ", gradients))
            why = next(iter(block.numbers), None)
            yield Frame("accumulate", text, ((block.id, "gradient"),), why=why)
        into = [
            i for i, link in enumerate(scene.links)
            if link.head == block.id and link.numbers
        ]  # fmt: skip
        slopes = [k.text for i in into for k in scene.links[i].lines if k.role]
        if slopes:
            shows = tuple((ids[i], "gradient") for i in into)
            flies = tuple(i for i in into if scene.links[i].tail not in constants)
            yield Frame("sweep", _joined("; ", slopes), shows, flies)


def _swept(link: Link) -> Written:
    """Say what the derivative is, and the product that flows back along the edge."""
    derivative = _joined(" ", [line.text for line in link.lines])
    if link.flow is None or not link.flow.factors:
        return derivative
    return row(derivative, "; ", link.flow.text)


def _value_text(block: Block) -> Written:
    """Say what a block computes: ``z₁ = w₁ · x = 1``."""
    formulas, values = _texts(block.lines, "formula"), _texts(block.lines, "value")
    if len(formulas) == 1 and "=" not in formulas[0].unicode():
        return _joined(" = ", [block.title, *formulas, *values])
    computed = _joined("; ", [block.title, *formulas])
    return row(computed, ": ", _joined("; ", values)) if values else computed


def _gradient_texts(block: Block, arrived: Sequence[Flow]) -> Iterator[Written]:
    """Yield the gradients of a block; where several edges end, as a sum."""
    for text in _texts(block.lines, "gradient", "mark"):
        parts: list[Written | str] = list(readings_in(text))
        place = next((i for i, p in enumerate(parts) if isinstance(p, Reading)), None)
        if place is not None:
            total = parts[place]
            assert isinstance(total, Reading)
            terms = _terms(total, arrived)
            if terms:
                parts[place:place] = [_joined(" + ", terms), " = "]
        yield row(*parts)


def _terms(total: Reading, arrived: Sequence[Flow]) -> list[Written]:
    """Return the numbers that were added to a gradient; of one alone, its product."""
    of = total.node.origin.of if total.node.origin is not None else None
    flows = [flow for flow in arrived if flow.x is of]
    terms = [flow.product for flow in flows if isinstance(flow.product, Reading)]
    if total.form != "number":
        return []
    if len(flows) == 1:
        a, *others = flows[0].factors or ("",)
        return (
            [row(a, *(part for b in others for part in (" · ", b)))] if others else []
        )
    return [term if place == 0 else factor(term) for place, term in enumerate(terms)]


def _texts(lines: Sequence[Line], *kinds: str) -> list[Written]:
    return [line.text for line in lines if line.kind in kinds]


def _joined(separator: str, texts: Sequence[Written]) -> Row:
    parts: list[Written | str] = []
    for text in texts:
        parts += [separator, text] if parts else [text]
    return row(*parts)
