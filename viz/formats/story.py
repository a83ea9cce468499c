"""A diagram as a story: forward pass, loss, reverse sweep, accumulation, update.

Both the page with the slider and the numbered pictures tell it, frame by frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from chainrule.notation.styles import Written
from chainrule.viz.readings import Reading, factor, readings_in
from chainrule.viz.scene import Block, Flow, Line, Link, Scene
from chainrule.viz.text import Row, row

Chapter: TypeAlias = Literal["forward", "loss", "sweep", "accumulate", "update"]


@dataclass(frozen=True)
class Frame:
    """One frame of the story: what it says, and what becomes visible with it.

    Attributes:
        chapter: which part of a training step it is in.
        told: what it says.
        shows: parts of the picture: the id of a block or an edge, and for a block
            whether its value or its gradient.
        flies: index of the link along which a product flows back.
    """

    chapter: Chapter
    told: Written
    shows: tuple[tuple[str, str], ...]
    flies: int | None = None

    @property
    def text(self) -> str:
        """The frame's words, as plain text."""
        return self.told.unicode()


def tell(scene: Scene, updates: Mapping[str, Written]) -> list[Frame]:
    """Return the frames, in the order in which things are computed.

    Args:
        scene: the picture.
        updates: block id → what the optimizer does.
    """
    frames: list[Frame] = []
    ids = scene.link_ids()
    for block in scene.blocks:
        arriving = [
            (ids[i], "edge")
            for i, link in enumerate(scene.links)
            if link.head == block.id and link.kind == "forward"
        ]
        chapter: Chapter = "loss" if block.kind == "loss" else "forward"
        shows = (*arriving, (block.id, "value"))
        frames.append(Frame(chapter, _value_text(block), shows))
    for block in reversed(scene.blocks):
        if any(line.kind == "gradient" for line in block.lines):
            arrived = [
                link.flow
                for link in scene.links
                if link.tail == block.id and link.flow is not None
            ]
            text = _joined("; ", list(_gradient_texts(block, arrived)))
            if scene.shape == "circles":
                text = row(block.title, ": ", text)
            frames.append(Frame("accumulate", text, ((block.id, "gradient"),)))
        for i, link in enumerate(scene.links):
            if link.head == block.id and link.kind == "backward":
                frames.append(Frame("sweep", _swept(link), ((ids[i], "edge"),), i))
    for identity, update in updates.items():
        frames.append(Frame("update", update, ((identity, "update"),)))
    return frames


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
    return row(computed, ": ", values[0]) if values else computed


def _gradient_texts(block: Block, arrived: Sequence[Flow]) -> Iterator[Written]:
    """Yield the gradients of a block; where several edges end, as a sum."""
    for text in _texts(block.lines, "gradient", "mark"):
        parts: list[Written | str] = list(readings_in(text))
        place = next((i for i, p in enumerate(parts) if isinstance(p, Reading)), None)
        if place is not None:
            total = parts[place]
            assert isinstance(total, Reading)
            terms = _terms(total, arrived)
            if len(terms) > 1:
                parts[place:place] = [_joined(" + ", terms), " = "]
        yield row(*parts)


def _terms(total: Reading, arrived: Sequence[Flow]) -> list[Written]:
    """Return the numbers that were added to a gradient."""
    of = total.node.origin.of if total.node.origin is not None else None
    products = [flow.product for flow in arrived if flow.x is of]
    terms = [product for product in products if isinstance(product, Reading)]
    if total.form != "number":
        return []
    return [term if place == 0 else factor(term) for place, term in enumerate(terms)]


def _texts(lines: Sequence[Line], *kinds: str) -> list[Written]:
    return [line.text for line in lines if line.kind in kinds]


def _joined(separator: str, texts: Sequence[Written]) -> Row:
    parts: list[Written | str] = []
    for text in texts:
        parts += [separator, text] if parts else [text]
    return row(*parts)
