"""Worksheets: a diagram with derivatives left out, the key, and a grader."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule.errors import ChainRuleError, GraphError
from chainrule.node import Constant, Input, Node, Parameter
from chainrule.substitution import substitute
from chainrule.viz.answers import evaluate_text
from chainrule.viz.diagram import Diagram
from chainrule.viz.draw import compose
from chainrule.viz.graph.compose import Composer
from chainrule.viz.graph.partition import Level
from chainrule.viz.scene import Block, Line, Link
from chainrule.viz.text import Plain
from chainrule.viz.values import Values, shown, trace

POINTS = 5
"""Random points at which a formula and the key must agree."""
TOLERANCE = 0.01
"""How far a number may be off, as a part of the right one."""


@dataclass(frozen=True)
class Blank:
    """One derivative that was left out, and its answer.

    Attributes:
        number: which blank it is, from 1.
        question: the symbol that stands there, ``∂ŷ/∂z₁``.
        answer: the rule, as the diagram prints it.
        value: its number, where the worksheet has values.
    """

    number: int
    question: str
    answer: str
    latex: str
    value: str
    expression: Node = field(repr=False)
    array: npt.NDArray[Any] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Mark:
    """What became of one answer."""

    blank: Blank
    right: bool
    remark: str


@dataclass(frozen=True)
class Grade:
    """All marks of one submission."""

    marks: tuple[Mark, ...]

    @property
    def points(self) -> int:
        """How many answers are right."""
        return sum(mark.right for mark in self.marks)

    def __str__(self) -> str:
        lines = [f"{self.points} of {len(self.marks)}"]
        lines += [
            f"{'✓' if mark.right else '✗'} ({mark.blank.number}) "
            f"{mark.blank.question}: {mark.remark}"
            for mark in self.marks
        ]
        return "\n".join(lines)


Point: TypeAlias = tuple[dict[str, Any], Values]
"""One choice of values for all leaves: what the names are worth, and every node."""


class Worksheet:
    """A diagram with blanks; `key` has the answers, `grade` checks a submission."""

    def __init__(
        self, diagram: Diagram, solution: Diagram, key: Sequence[Blank], loss: Node,
        composer: Composer, seed: int,
    ) -> None:  # fmt: skip
        self.diagram = diagram
        self.solution = solution
        self.key = tuple(key)
        self._loss = loss
        self._composer = composer
        self._seed = seed

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
        points = self._points()
        return Grade(
            tuple(
                self._mark(blank, given.get(blank.number), points) for blank in self.key
            )
        )

    def _mark(
        self,
        blank: Blank,
        answer: str | float | None,
        points: list[Point],
    ) -> Mark:
        if answer is None or str(answer).strip() == "":
            return Mark(blank, False, "no answer")
        text = str(answer)
        if "=" in text:
            text = text.rsplit("=", 1)[-1]
        try:
            constant: Any = evaluate_text(text, {})
        except ChainRuleError:
            constant = None
        try:
            if constant is not None and blank.array is not None:
                right = bool(
                    np.allclose(constant, blank.array, rtol=TOLERANCE, atol=1e-6)
                )
                return Mark(blank, right, text.strip())
            right = all(
                np.allclose(
                    evaluate_text(text, names), wanted[blank.expression],
                    rtol=1e-6, atol=1e-9,
                )
                for names, wanted in points
            )  # fmt: skip
        except (ChainRuleError, ValueError) as error:
            return Mark(blank, False, str(error))
        return Mark(blank, right, text.strip())

    def _points(self) -> list[Point]:
        """Return names and right answers at random values of all leaves."""
        graph, naming = self._composer.graph, self._composer.labels.naming
        sweep = self._composer.sweep
        assert sweep is not None
        gradients = [g for g in sweep.gradient.values() if not isinstance(g, Constant)]
        wanted = [
            *(n for n in graph if naming.symbol(n)),
            *gradients,
            *(blank.expression for blank in self.key),
        ]
        feeds = self._composer.feeds or {}
        sizes = {
            leaf: _size(leaf, feeds) for leaf in (*graph.inputs, *graph.parameters)
        }
        probes = {
            leaf: Input(f"leaf{i}", s) for i, (leaf, s) in enumerate(sizes.items())
        }
        moved = substitute(wanted, dict(probes))
        rng = np.random.default_rng(self._seed)
        points: list[Point] = []
        for _ in range(POINTS):
            fed = {
                probe: rng.uniform(0.2, 1.8, sizes[leaf])
                for leaf, probe in probes.items()
            }
            values: Values = trace(moved, fed)
            found = {w: values[m] for w, m in zip(wanted, moved, strict=True)}
            names = {
                symbol.unicode(): value
                for node, value in found.items()
                if (symbol := naming.symbol(node)) is not None
            }
            bare = {n: v for n, v in names.items() if "(" not in n}
            bare |= {n.split("(")[0]: v for n, v in names.items() if "(" in n}
            points.append((bare, found))
        return points


def _size(leaf: Node, feeds: Mapping[Any, Any]) -> tuple[int, ...]:
    if isinstance(leaf, Parameter):
        return leaf.value.shape
    given = feeds.get(leaf, feeds.get(leaf.name))
    if given is not None:
        return np.shape(given)
    return tuple(2 if size is None else size for size in leaf.shape)


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
        seed: which; the same seed makes the same worksheet.
        values: arrays for the inputs; then numbers are accepted as answers too.
        level: ``"layer"`` or ``"op"``.
        names: names for nodes, as in ``names=locals()``.
        title: what the diagram is called.

    Raises:
        GraphError: nothing can be blanked, or `blanks` is not positive.
    """
    if blanks < 1:
        raise GraphError(f"a worksheet needs at least one blank, got blanks={blanks}")
    composer, scene = compose(
        loss, level=level, direction="both", values=values, names=names, title=title,
        fold=False,
    )  # fmt: skip
    open_edges = [
        (place, link) for place, link in enumerate(scene.links) if _can_be_blank(link)
    ]
    if not open_edges or composer.sweep is None:
        raise GraphError("there is no derivative to blank: give a loss with parameters")
    rng = np.random.default_rng(seed)
    count = min(blanks, len(open_edges))
    chosen = sorted(rng.choice(len(open_edges), size=count, replace=False))
    key, blanked = [], copy.copy(scene)
    blanked.links = list(scene.links)
    blanked.blocks = [_without_gradients(block) for block in scene.blocks]
    for place, number_of in enumerate(chosen, 1):
        at, link = open_edges[number_of]
        expression = link.expression
        assert expression is not None
        array = composer.labels.values.get(expression)
        rule = link.lines[1].text
        key.append(
            Blank(
                place, link.lines[0].text.unicode(),
                rule.unicode().removeprefix("= "), rule.latex(),
                shown(array) if array is not None else "", expression, array,
            )
        )  # fmt: skip
        blanked.links[at] = _blank(link, place)
    return Worksheet(Diagram(blanked), Diagram(scene), key, loss, composer, seed)


def _can_be_blank(link: Link) -> bool:
    return link.kind == "backward" and link.expression is not None


def _blank(link: Link, place: int) -> Link:
    made = copy.copy(link)
    made.expression = None
    gap = Plain(f"({place})  = ____________")
    made.lines = [link.lines[0], Line(gap, "formula", link.role)]
    return made


def _without_gradients(block: Block) -> Block:
    """Leave out what would give the answers away."""
    made = copy.copy(block)
    made.lines = [line for line in block.lines if line.kind not in ("gradient", "mark")]
    return made
