"""Worksheets: a diagram with derivatives left out, the key, and a grader."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from chainrule.errors import GraphError
from chainrule.node import Constant, Node
from chainrule.viz.diagram import Diagram
from chainrule.viz.grading import Blank, Grade, Point, mark_answer, random_points
from chainrule.viz.graph.compose import compose
from chainrule.viz.graph.options import Level, Options
from chainrule.viz.scene import Block, Line, Link
from chainrule.viz.text import Plain
from chainrule.viz.values import Values, shown


@dataclass(frozen=True)
class Worksheet:
    """A diagram with blanks.

    Attributes:
        diagram: what students get.
        solution: the same diagram without blanks.
        key: the answers.
    """

    diagram: Diagram
    solution: Diagram
    key: tuple[Blank, ...]
    _sample: Callable[[], Sequence[Point]] = field(repr=False)

    @property
    def text(self) -> str:
        """The answer key for a terminal."""
        return "\n".join(
            f"({blank.number}) {blank.question} = {blank.answer}"
            + (f" = {blank.value}" if blank.value else "")
            for blank in self.key
        )

    def grade(
        self, answers: Mapping[int, str | float] | Sequence[str | float]
    ) -> Grade:
        """Check answers: numbers with a tolerance, formulas by evaluating them.

        Args:
            answers: by the number of the blank, or in order. A formula is right if it
                has the key's value at random points; it may name everything that the
                diagram does.
        """
        given: Mapping[int, str | float] = (
            answers if isinstance(answers, Mapping)
            else dict(enumerate(answers, 1))
        )  # fmt: skip
        points = self._sample()
        return Grade(
            tuple(
                mark_answer(blank, given.get(blank.number), points)
                for blank in self.key
            )
        )


def worksheet(
    loss: Node,
    *,
    blanks: int = 8,
    seed: int = 0,
    values: Mapping[Any, Any] | None = None,
    level: Level = "layer",
    names: Mapping[str, object] | None = None,
    title: str = "worksheet",
) -> Worksheet:
    """Make a worksheet: the backward diagram with some derivatives blanked.

    Args:
        loss: a scalar node.
        blanks: how many, as far as there are derivatives with a formula.
        seed: chooses them; the same seed makes the same worksheet.
        values: arrays for the inputs; then numbers are accepted as answers too.
        level: ``"layer"`` or ``"op"``.
        names: names for nodes, as in ``names=locals()``.
        title: what the diagram is called.

    Raises:
        GraphError: nothing can be blanked, or `blanks` is not positive.
    """
    if blanks < 1:
        raise GraphError(f"blanks must be at least 1, got {blanks}")
    options = Options(
        level=level, direction="both", values=values, names=names, title=title,
        fold=False,
    )  # fmt: skip
    drawing = compose(loss, options)
    scene, graph, sweep = drawing.scene, drawing.subject.graph, drawing.subject.sweep
    places = [
        place
        for place, link in enumerate(scene.links)
        if link.kind == "backward" and link.expression is not None
    ]
    if not places or sweep is None:
        raise GraphError("there is no derivative to blank: give a loss with parameters")
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(places), size=min(blanks, len(places)), replace=False)
    key, links = [], list(scene.links)
    for number, i in enumerate(sorted(chosen), 1):
        link = scene.links[places[i]]
        key.append(_blank(number, link, drawing.values))
        links[places[i]] = _blanked(number, link)
    blocks = [_without_gradients(block) for block in scene.blocks]

    def sample() -> list[Point]:
        gradients = [g for g in sweep.gradient.values() if not isinstance(g, Constant)]
        named = [node for node in graph if drawing.naming.symbol(node)]
        wanted = [*named, *gradients, *(blank.expression for blank in key)]
        return random_points(graph, drawing.naming, wanted, values or {}, seed)

    return Worksheet(
        Diagram(replace(scene, blocks=blocks, links=links)),
        Diagram(scene),
        tuple(key),
        sample,
    )


def _blank(number: int, link: Link, values: Values) -> Blank:
    """Take the question and its answer from a backward edge."""
    assert link.expression is not None
    symbol, rule, *_ = (line.text for line in link.lines)
    array = values.get(link.expression)
    return Blank(
        number,
        symbol.unicode(),
        rule.unicode().removeprefix("= "),
        rule.latex(),
        shown(array) if array is not None else "",
        link.expression,
        array,
    )


def _blanked(number: int, link: Link) -> Link:
    """Return a backward edge with a gap in place of the answer."""
    gap = Line(Plain(f"({number})  = ____________"), "formula", link.role)
    return replace(link, expression=None, lines=[link.lines[0], gap])


def _without_gradients(block: Block) -> Block:
    """Leave out what would give the answers away."""
    kept = [line for line in block.lines if line.kind not in ("gradient", "mark")]
    return replace(block, lines=kept)
