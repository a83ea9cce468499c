"""Two snapshots of one graph in one diagram: what changed, and by how much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.annotations import Seed
from chainrule.arguments import checked
from chainrule.errors import GraphError
from chainrule.kinds.module import modules_of
from chainrule.node import Node, Parameter
from chainrule.notation.numbers import number
from chainrule.viz.diagram import Diagram
from chainrule.viz.graph.compose import Drawing, compose
from chainrule.viz.graph.options import Level, Options
from chainrule.viz.scene import Block, Line, Role, Scene
from chainrule.viz.text import Plain, row
from chainrule.viz.values import Values, norm

NOTHING = 1e-12
"""Relative change below which two values count as equal."""


@dataclass(frozen=True)
class Snapshot:
    """All values and gradients of a graph at one moment, which training leaves alone.

    Attributes:
        loss: the graph.
        label: what the moment is called.
        drawing: the graph as it is drawn.
    """

    loss: Node
    label: str
    drawing: Drawing
    _values: Values

    @checked
    def value(self, node: Node) -> npt.NDArray[Any] | None:
        """Return the value of a node, if it was recorded."""
        return self._values.get(node)

    @checked
    def gradient(self, node: Node) -> npt.NDArray[Any] | None:
        """Return the gradient of a node, if it was recorded."""
        sweep = self.drawing.subject.sweep
        gradient = sweep.gradient.get(node) if sweep else None
        return None if gradient is None else self._values.get(gradient)


@checked
def snapshot(
    loss: Node,
    values: Mapping[Any, Any],
    *,
    label: str = "",
    level: Level = "layer",
    training: bool = False,
    seed: Seed = 0,
) -> Snapshot:
    """Record every value and gradient of a graph, to compare it with another moment.

    Args:
        loss: a scalar node.
        values: arrays for the inputs, by node or by name.
        label: what this moment is called, such as ``"epoch 20"``.
        level: as in `draw`.
        training: whether dropout and its like are active.
        seed: of the random numbers.
    """
    options = Options(
        level=level, direction="both", values=values, training=training, seed=seed,
        fold=False,
    )  # fmt: skip
    drawing = compose(loss, options)
    recorded = {node: np.array(v, copy=True) for node, v in drawing.values.items()}
    return Snapshot(loss, label, drawing, recorded)


@checked
def diff(before: Snapshot, after: Snapshot, *, title: str = "difference") -> Diagram:
    """Draw what changed between two snapshots of one graph.

    Each block says how its value and its gradient changed: the norm before and after,
    and the size of the difference as a part of what was there. Blocks that did not
    change say so; what was dropped in one of them is counted.

    Raises:
        GraphError: the snapshots are of different graphs, or of different levels.
    """
    scene = after.drawing.scene
    if before.loss is not after.loss or len(before.drawing.scene.blocks) != len(
        scene.blocks
    ):
        raise GraphError(
            "diff compares two snapshots of one graph at one level: take both with "
            "snapshot(loss, …) of the same loss"
        )
    names = (before.label or "before", after.label or "after")
    words = f"{names[0]} → {names[1]}; Δ: size of the change, as a part of the first"
    return Diagram(
        Scene(
            title,
            blocks=[_compared(block, before, after) for block in scene.blocks],
            links=[link for link in scene.links if link.kind == "forward"],
            clusters=scene.clusters,
            caption=[Line(Plain(words), "note")],
            rankdir=scene.rankdir,
        )
    )


def _compared(block: Block, before: Snapshot, after: Snapshot) -> Block:
    """Return a block that says what changed in it."""
    lines = [
        line
        for node in block.nodes
        if node in block.exits or isinstance(node, Parameter)
        for line in _changes(node, before, after)
    ]
    unchanged = lines and all("unchanged" in line.text.unicode() for line in lines)
    return Block(
        block.id,
        block.kind,
        block.title,
        [Line(Plain("unchanged"), "note")] if unchanged else lines,
        cluster=block.cluster,
        nodes=block.nodes,
        exits=block.exits,
        tooltip=block.tooltip,
        marks=("unchanged",) if unchanged else (),
    )


def _changes(node: Node, before: Snapshot, after: Snapshot) -> Iterator[Line]:
    """Say how the value and the gradient of a node changed."""
    symbol = after.drawing.naming.symbol(node)
    if symbol is None:
        return
    old, new = before.value(node), after.value(node)
    if old is not None and new is not None:
        role: Role | None = "parameter" if isinstance(node, Parameter) else None
        yield Line(row(symbol, "  ", Plain(change(old, new))), "value", role)
        dropped = _zeros(new) - _zeros(old)
        if dropped and any(module.drops for module in modules_of(node)):
            yield Line(Plain(f"✗ {dropped} more zeros"), "mark")
    old, new = before.gradient(node), after.gradient(node)
    if old is not None and new is not None and node is not after.loss:
        text = row("∂ ", symbol, "  ", Plain(change(old, new)))
        yield Line(text, "gradient", "between")


def change(before: npt.NDArray[Any], after: npt.NDArray[Any]) -> str:
    """Write how a value changed.

    >>> change(np.array(2.0), np.array(3.0))
    '2 → 3  (Δ 50 %)'
    """
    if before.shape != after.shape:
        return f"{before.shape} → {after.shape}"
    before, after = before.astype(float), after.astype(float)
    difference, base = norm(after - before), norm(before)
    if difference <= NOTHING * max(base, NOTHING):
        return "unchanged"
    part = f"Δ {number(100 * difference / base, digits=3)} %" if base else "Δ new"
    if before.size == 1:
        old, new = float(before.reshape(())), float(after.reshape(()))
        return f"{number(old)} → {number(new)}  ({part})"
    return f"‖·‖ {number(base)} → {number(norm(after))}  ({part})"


def _zeros(value: npt.NDArray[Any]) -> int:
    return int(np.sum(value == 0))
