"""A diagram as a story: forward pass, loss, reverse sweep, accumulation, update.

Both the page with the slider and the numbered pictures tell it, frame by frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from chainrule.viz.scene import Block, Line, Scene

Chapter: TypeAlias = Literal["forward", "loss", "sweep", "accumulate", "update"]


@dataclass(frozen=True)
class Frame:
    """One frame of the story: what it says, and what becomes visible with it.

    `shows` are parts of the picture: the id of a block or an edge, and for a block
    whether its value or its gradient.
    """

    chapter: Chapter
    text: str
    shows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Extras:
    """What a page knows beyond the picture.

    Attributes:
        details: block id → its nodes with name, shape, value and gradient.
        explanations: block id → why its gradient is what it is.
        updates: block id → what the optimizer does to the parameter.
    """

    details: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    explanations: Mapping[str, str] = field(default_factory=dict)
    updates: Mapping[str, str] = field(default_factory=dict)


def tell(scene: Scene, extras: Extras) -> list[Frame]:
    """Return the frames, in the order in which things are computed."""
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
            text = "; ".join(_texts(block.lines, "gradient", "mark"))
            frames.append(Frame("accumulate", text, ((block.id, "gradient"),)))
        for i, link in enumerate(scene.links):
            if link.head == block.id and link.kind == "backward":
                text = " ".join(line.text.unicode() for line in link.lines)
                frames.append(Frame("sweep", text, ((ids[i], "edge"),)))
    for identity, text in extras.updates.items():
        frames.append(Frame("update", text, ((identity, "update"),)))
    return frames


def _value_text(block: Block) -> str:
    """Say what a block computes: ``z₁ = w₁ · x = 1``."""
    title = block.title.unicode()
    formulas = _texts(block.lines, "formula")
    values = _texts(block.lines, "value")
    if len(formulas) == 1 and "=" not in formulas[0]:
        return " = ".join([title, *formulas, *values])
    computed = "; ".join([title, *formulas])
    return f"{computed}: {values[0]}" if values else computed


def _texts(lines: Sequence[Line], *kinds: str) -> list[str]:
    return [line.text.unicode() for line in lines if line.kind in kinds]
