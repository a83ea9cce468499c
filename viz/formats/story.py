"""A diagram step by step: forward pass, loss, reverse sweep, accumulation, update.

The page with the slider and the numbered frames both tell this story.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from chainrule.viz.scene import Block, Line, Scene

Phase: TypeAlias = Literal["forward", "loss", "sweep", "accumulate", "update"]


@dataclass(frozen=True)
class Step:
    """One step: what it says, and what becomes visible with it.

    `shows` are parts of the picture: the id of a block or an edge, and for a block
    whether its value or its gradient.
    """

    phase: Phase
    text: str
    shows: tuple[tuple[str, str], ...]


@dataclass
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


def tell(scene: Scene, extras: Extras) -> list[Step]:
    """Return the steps, in the order in which things are computed."""
    steps: list[Step] = []
    ids = scene.link_ids()
    for block in scene.blocks:
        arriving = [
            (ids[i], "edge")
            for i, link in enumerate(scene.links)
            if link.head == block.id and link.kind == "forward"
        ]
        phase: Phase = "loss" if block.kind == "loss" else "forward"
        shows = (*arriving, (block.id, "value"))
        steps.append(Step(phase, _said(block, "value"), shows))
    for block in reversed(scene.blocks):
        if any(line.kind == "gradient" for line in block.lines):
            said = _said(block, "gradient")
            steps.append(Step("accumulate", said, ((block.id, "gradient"),)))
        for i, link in enumerate(scene.links):
            if link.head == block.id and link.kind == "backward":
                said = " ".join(line.text.unicode() for line in link.lines)
                steps.append(Step("sweep", said, ((ids[i], "edge"),)))
    for identity, said in extras.updates.items():
        steps.append(Step("update", said, ((identity, "update"),)))
    return steps


def _said(block: Block, part: Literal["value", "gradient"]) -> str:
    """Tell what a block computes, or what its gradient is."""
    title = block.title.unicode()
    if part == "gradient":
        return "; ".join(_texts(block.lines, "gradient", "mark"))
    formulas = _texts(block.lines, "formula")
    values = _texts(block.lines, "value")
    if len(formulas) == 1 and "=" not in formulas[0]:
        return " = ".join([title, *formulas, *values])
    told = "; ".join([title, *formulas])
    return f"{told}: {values[0]}" if values else told


def _texts(lines: list[Line], *kinds: str) -> list[str]:
    return [line.text.unicode() for line in lines if line.kind in kinds]
