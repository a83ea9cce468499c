"""Two runs of one graph in one diagram: what changed, and by how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.errors import GraphError
from chainrule.kinds.module import modules_of
from chainrule.node import Node, Parameter
from chainrule.notation.writer import number
from chainrule.viz.diagram import Diagram
from chainrule.viz.draw import compose
from chainrule.viz.graph.compose import Composer
from chainrule.viz.graph.partition import Level
from chainrule.viz.scene import Block, Line, Role, Scene
from chainrule.viz.text import Plain, row
from chainrule.viz.values import norm

NOTHING = 1e-12
"""Relative change below which two values count as equal."""


@dataclass(frozen=True)
class Snapshot:
    """All values and gradients of a graph at one moment; training leaves it be."""

    loss: Node
    label: str
    composer: Composer
    scene: Scene

    def value(self, node: Node) -> npt.NDArray[Any] | None:
        """Return the value of a node, if it was recorded."""
        return self.composer.labels.values.get(node)


def snapshot(
    loss: Node,
    values: Mapping[Any, Any],
    *,
    label: str = "",
    level: Level = "layer",
    training: bool = False,
    seed: int = 0,
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
    composer, scene = compose(
        loss, level=level, direction="both", values=values, training=training,
        seed=seed, fold=False,
    )  # fmt: skip
    recorded = composer.labels.values
    composer.labels.values = {n: np.array(v, copy=True) for n, v in recorded.items()}
    return Snapshot(loss, label, composer, scene)


def diff(before: Snapshot, after: Snapshot, *, title: str = "difference") -> Diagram:
    """Draw what changed between two snapshots of one graph.

    Each block says how its value and its gradient changed: the norm before and after,
    and the size of the difference as a part of what was there. Blocks that did not
    change say so; what was dropped in one of them is counted.

    Raises:
        GraphError: the snapshots are of different graphs, or of different levels.
    """
    if before.loss is not after.loss or len(before.scene.blocks) != len(
        after.scene.blocks
    ):
        raise GraphError(
            "diff compares two snapshots of one graph at one level: take both with "
            "snapshot(loss, …) of the same loss"
        )
    names = (before.label or "before", after.label or "after")
    scene = Scene(title, rankdir=after.scene.rankdir, clusters=after.scene.clusters)
    for block in after.scene.blocks:
        scene.blocks.append(_compared(block, before, after))
    scene.links = [link for link in after.scene.links if link.kind == "forward"]
    words = f"{names[0]} → {names[1]}; Δ: size of the change, as a part of the first"
    scene.caption = [Line(Plain(words), "note")]
    return Diagram(scene)


def _compared(block: Block, before: Snapshot, after: Snapshot) -> Block:
    made = Block(
        block.id, block.kind, block.title, cluster=block.cluster, nodes=block.nodes,
        exits=block.exits, tooltip=block.tooltip,
    )  # fmt: skip
    naming = after.composer.labels.naming
    told = [
        node for node in block.nodes
        if node in block.exits or isinstance(node, Parameter)
    ]  # fmt: skip
    for node in told:
        symbol = naming.symbol(node)
        if symbol is None:
            continue
        a, b = before.value(node), after.value(node)
        if a is not None and b is not None:
            role: Role | None = "parameter" if isinstance(node, Parameter) else None
            text = row(symbol, "  ", Plain(change(a, b)))
            made.lines.append(Line(text, "value", role))
            dropped = _dropped(b) - _dropped(a)
            if dropped and any(module.drops for module in modules_of(node)):
                made.lines.append(Line(Plain(f"✗ {dropped} more zeros"), "mark"))
        sweep = after.composer.sweep
        gradient = sweep.gradient.get(node) if sweep else None
        old = before.composer.sweep
        earlier = old.gradient.get(node) if old else None
        if gradient is None or earlier is None:
            continue
        a, b = before.value(earlier), after.value(gradient)
        if a is not None and b is not None and node is not after.loss:
            text = row("∂ ", symbol, "  ", Plain(change(a, b)))
            made.lines.append(Line(text, "gradient", "between"))
    if made.lines and all("unchanged" in line.text.unicode() for line in made.lines):
        made.lines = [Line(Plain("unchanged"), "note")]
        made.marks = ("unchanged",)
    return made


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


def _dropped(value: npt.NDArray[Any]) -> int:
    return int(np.sum(value == 0))
