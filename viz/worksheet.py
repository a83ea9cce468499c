"""Worksheets: a diagram with derivatives left out, the key, and a grader."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from chainrule.annotations import FilePath, PositiveInt, Seed
from chainrule.arguments import checked
from chainrule.errors import GraphError
from chainrule.model.loss_graph import with_loss
from chainrule.model.model import Model
from chainrule.node import Node, Parameter
from chainrule.notation.styles import Written
from chainrule.notation.symbols import Derivative, Symbol
from chainrule.viz.diagram import Diagram
from chainrule.viz.grading import Blank, Grade, mark_answer, random_points
from chainrule.viz.graph.compose import Drawing, compose
from chainrule.viz.graph.options import Options
from chainrule.viz.proof.truth import Truth
from chainrule.viz.scene import Block, Line, Link
from chainrule.viz.text import Formula, Plain, row
from chainrule.viz.values import shown


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
    _sample: Callable[[], Sequence[Truth]] = field(repr=False)

    @property
    def text(self) -> str:
        """The answer key for a terminal."""
        return "\n".join(
            f"({blank.number}) {blank.question} = {blank.answer}"
            + (f" = {blank.value}" if blank.value else "")
            for blank in self.key
        )

    @checked
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

    @checked
    def save(self, path: FilePath) -> Path:
        """Write what students get, in the format of the suffix, as `Diagram.save`."""
        return self.diagram.save(path)

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, str]:
        return self.diagram._repr_mimebundle_()


@checked
def worksheet(
    what: Node | Model,
    *,
    loss: Any = None,
    blanks: PositiveInt = 8,
    seed: Seed = 0,
    values: Mapping[Any, Any] | None = None,
    level: Literal["layer", "op"] = "layer",
    names: Mapping[str, object] | None = None,
    title: str = "worksheet",
) -> Worksheet:
    """Make a worksheet: the backward diagram with some derivatives blanked.

    Args:
        what: a loss, a scalar node; or a model, with targets called ``t``.
        loss: for a model: a name, an object, or a function of (target, prediction);
            None for the loss that it was trained with.
        blanks: how many, as far as there are derivatives with a formula.
        seed: chooses them; the same seed makes the same worksheet.
        values: arrays for the inputs; then numbers are accepted as answers too.
        level: ``"layer"`` or ``"op"``.
        names: names for nodes, as in ``names=locals()``.
        title: what the diagram is called.

    Raises:
        GraphError: nothing can be blanked, or a model has no loss yet.
        ArgumentError: an option is of another type, or out of range.
    """
    what = with_loss(what, loss)
    options = Options(
        level=level, direction="both", values=values, names=names, title=title,
        fold=False, seed=seed,
    )  # fmt: skip
    drawing = compose(what, options)
    sample = functools.cache(lambda: random_points(drawing, seed))
    candidates = [gap for gap in _gaps(drawing) if _is_fair(gap.blank(0), sample())]
    if not candidates:
        raise GraphError("there is no derivative to blank: give a loss with parameters")
    rng = np.random.default_rng(seed)
    count = min(blanks, len(candidates))
    chosen = sorted(rng.choice(len(candidates), size=count, replace=False))
    gaps = [candidates[i] for i in chosen]
    scene = drawing.scene
    blocks, links = [_without_gradients(b) for b in scene.blocks], list(scene.links)
    for number, gap in enumerate(gaps, 1):
        if isinstance(gap.place, int):
            links[gap.place] = _blanked(number, scene.links[gap.place])
        else:
            at = next(i for i, b in enumerate(blocks) if b.id == gap.place)
            blocks[at] = _with_gap(number, blocks[at], gap)
    return Worksheet(
        Diagram(replace(scene, blocks=blocks, links=links)),
        Diagram(scene),
        tuple(gap.blank(number) for number, gap in enumerate(gaps, 1)),
        sample,
    )


@dataclass(frozen=True)
class Gap:
    """A derivative that can be left out.

    Attributes:
        place: the index of its edge, or the id of the block that says it.
        symbol: of the derivative.
        rule: how it is written.
        expression: what is computed.
        drawing: where it stands.
    """

    place: int | str
    symbol: Written
    rule: Written
    expression: Node
    drawing: Drawing

    def blank(self, number: int) -> Blank:
        """Return the question and its answer, as a blank with a number."""
        array = self.drawing.values.get(self.expression)
        return Blank(
            number,
            self.symbol.unicode(),
            self.rule.unicode().removeprefix("= "),
            self.rule.latex(),
            shown(array) if array is not None else "",
            self.expression,
            array,
        )


def _gaps(drawing: Drawing) -> Iterator[Gap]:
    """Yield the derivatives with a rule: those on edges, and those of parameters."""
    for place, link in enumerate(drawing.scene.links):
        if link.kind == "backward" and link.expression is not None:
            symbol, rule, *_ = (line.text for line in link.lines)
            yield Gap(place, symbol, rule, link.expression, drawing)
    sweep, division = drawing.subject.sweep, drawing.division
    if sweep is None:
        return
    for i in division.folding.shown:
        part = division.parts[i]
        for node in part.nodes if part.whole else ():
            below, gradient = drawing.naming.symbol(node), sweep.gradient.get(node)
            loss = drawing.naming.symbol(sweep.loss)
            if (
                isinstance(node, Parameter)
                and gradient is not None
                and isinstance(below, Symbol)
                and isinstance(loss, Symbol)
            ):
                rule = Formula(gradient, drawing.naming)
                derivative = Derivative(loss, (below,))
                yield Gap(division.ids[i], derivative, rule, gradient, drawing)


def _is_fair(blank: Blank, points: Sequence[Truth]) -> bool:
    """Whether the key is right as it is printed: a formula that is cut is not."""
    return mark_answer(blank, blank.answer, points).right


def _blanked(number: int, link: Link) -> Link:
    """Return a backward edge with a gap in place of the answer."""
    gap = Line(Plain(f"({number})  = ____________"), "formula", link.role)
    return replace(link, expression=None, lines=[link.lines[0], gap])


def _with_gap(number: int, block: Block, gap: Gap) -> Block:
    """Return a block that asks for the gradient of a parameter."""
    text = row(Plain(f"({number})  "), gap.symbol, " = ____________")
    return replace(block, lines=[*block.lines, Line(text, "gradient", "parameter")])


def _without_gradients(block: Block) -> Block:
    """Leave out what would give the answers away."""
    kept = [line for line in block.lines if line.kind not in ("gradient", "mark")]
    return replace(block, lines=kept)
