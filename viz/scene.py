"""Scenes: the contents of a diagram, independent of how it looks.

The writers of DOT, JSON and TikZ all read a `Scene`, so a new format is one file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from chainrule.node import Node
from chainrule.notation.styles import Written

BlockKind: TypeAlias = Literal["input", "parameter", "constant", "op", "layer", "loss"]
Role: TypeAlias = Literal["loss", "between", "parameter", "data"]
"""Where a backward edge lies: it leaves the loss, lies between, or enters a leaf."""
LineKind: TypeAlias = Literal[
    "title",
    "formula",
    "shape",
    "value",
    "gradient",
    "symbol",
    "note",
    "mark",
    "good",
    "equation",
    "time",
]


DROPPED = "✗ dropped"
"""What a unit says that is dropped."""

Number: TypeAlias = tuple[Node, int]
"""One number of a node's value, counted as in ``value.reshape(-1)``."""


@dataclass(frozen=True)
class Line:
    """One line of a label."""

    text: Written
    kind: LineKind
    role: Role | None = None
    """Whose colour it has; None: black."""


Point: TypeAlias = tuple[float, float]
Image: TypeAlias = tuple[tuple[float, ...], ...]
"""Rows of pixels, from 0 for nothing to 1 for ink."""


@dataclass(frozen=True)
class ActivationCurve:
    """The graph of the function behind a sum, in a square from (0, 0) to (1, 1).

    Attributes:
        points: what is joined by a line.
        at: where the unit is on it, if its numbers are known.
    """

    points: tuple[Point, ...]
    at: Point | None = None


@dataclass(frozen=True)
class Block:
    """A box: a node of the graph, or several that are shown as one."""

    id: str
    kind: BlockKind
    title: Written
    lines: Sequence[Line] = ()
    cluster: tuple[str, ...] = ()
    nodes: tuple[Node, ...] = ()
    exits: tuple[Node, ...] = ()
    """The nodes that others, outside, use."""
    tooltip: str = ""
    marks: tuple[str, ...] = ()
    """What is remarkable: "dead", "vanishing", "exploding", "dropped" …"""
    times: int = 1
    """How many blocks like this one it stands for."""
    group: str = ""
    """Blocks of one group stand in one row, as far as that is possible."""
    rank: int | None = None
    """Its column, where blocks stand in columns."""
    numbers: tuple[Number, ...] = ()
    """The single numbers that it shows."""
    sign: str = ""
    """What a unit does first: Σ adds up what edges bring, ⊕ and ⊙ join others."""
    curve: ActivationCurve | None = None
    """The graph of the function behind the sum."""
    image: Image = ()
    """The numbers of an input, as a picture."""
    switches: tuple[Number, ...] = ()
    """Numbers that it is multiplied by: where one is 0, it is dropped."""
    aside: bool = False
    """Whether it may be left out where there is little room."""
    heat: int | None = None
    """Which colour of the scale it has: a share of the time."""


@dataclass(frozen=True)
class Flow:
    """The gradient that flows back along an edge, where values are known.

    Attributes:
        x: what it is a contribution to the gradient of.
        factors: the numbers that are multiplied, the loss's side first; none where
            the derivative is not one factor.
        product: what arrives.
        text: all of it, in symbols and numbers.
    """

    x: Node
    factors: tuple[Written, ...]
    product: Written
    text: Written


@dataclass(frozen=True)
class Link:
    """An edge. A backward one runs against the forward one between the same blocks."""

    tail: str
    head: str
    kind: Literal["forward", "backward"]
    role: Role = "between"
    lines: Sequence[Line] = ()
    tooltip: str = ""
    marks: tuple[str, ...] = ()
    expression: Node | None = None
    """The derivative along a backward edge."""
    flow: Flow | None = None
    """The gradient that flows along a backward edge."""
    numbers: tuple[Number, ...] = ()
    """The single numbers that it shows."""
    switches: tuple[Number, ...] = ()
    """Those of the blocks that it joins."""
    weight: float | None = None
    """A number that thickness may show."""
    straight: bool = False
    """Whether it is part of a chain that should run straight."""


@dataclass(frozen=True)
class Scene:
    """Everything in one diagram."""

    name: str
    blocks: Sequence[Block] = ()
    links: Sequence[Link] = ()
    clusters: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    """Path of a cluster → what it is called."""
    caption: Sequence[Line] = ()
    legend: Sequence[tuple[Role, str]] = ()
    """Roles of backward edges, and what they mean."""
    scale: Sequence[tuple[int, str]] = ()
    """Colours of blocks, and what they stand for."""
    rankdir: str = "LR"
    shape: Literal["boxes", "circles"] = "boxes"
    rows: tuple[tuple[str, ...], ...] = ()
    """The blocks in each row, where a long chain is laid out like text."""

    def link_ids(self) -> list[str]:
        """Return an id for each link, as the SVG has them."""
        met: Counter[str] = Counter()
        ids = []
        for link in self.links:
            base = f"{link.kind}-{link.tail}-{link.head}"
            met[base] += 1
            ids.append(base if met[base] == 1 else f"{base}-{met[base]}")
        return ids

    def block(self, identity: str) -> Block:
        """Return the block with an id."""
        return next(block for block in self.blocks if block.id == identity)

    def without_idle_keys(self) -> Scene:
        """Return the scene without lines below that explain what is not on it.

        A line below that has a colour says what is written in that colour.
        """
        parts: list[Block | Link] = [*self.blocks, *self.links]
        shown = {line.role for part in parts for line in part.lines}
        kept = [line for line in self.caption if line.role in {None, *shown}]
        return replace(self, caption=kept)
