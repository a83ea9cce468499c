"""Grading a worksheet: numbers with a tolerance, formulas by evaluating them."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.errors import ChainRuleError, DataError
from chainrule.node import Input, Node, Parameter
from chainrule.substitution import substitute
from chainrule.viz.answers import factors_of, parts_of, read_answer
from chainrule.viz.graph.compose import Drawing
from chainrule.viz.proof.numbers import is_printed, is_value
from chainrule.viz.proof.truth import Truth, agrees
from chainrule.viz.values import Values, evaluated

POINTS = 5
"""Random points at which a formula and the key must agree."""
BATCH = 5
"""Examples where nothing says how many there are."""
TOLERANCE = 0.01
"""How far a number may be off, as a part of the right one."""


@dataclass(frozen=True)
class Blank:
    """One derivative that was left out, and its answer.

    Attributes:
        number: which blank it is, from 1.
        question: the symbol that stands there, ``∂ŷ/∂z₁``.
        answer: the rule, as the diagram prints it.
        latex: the same in LaTeX.
        value: its number, where the worksheet has values.
    """

    number: int
    question: str
    answer: str
    latex: str
    value: str
    expression: Node = field(repr=False)
    array: npt.NDArray[Any] | None = field(default=None, repr=False)

    def answers(self, points: Sequence[Truth]) -> list[npt.NDArray[Any]]:
        """Return what the right answer is worth at some points."""
        return [point.worth(self.expression) for point in points]


@dataclass(frozen=True)
class Mark:
    """The mark for one answer."""

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


def mark_answer(
    blank: Blank, answer: str | float | None, points: Sequence[Truth]
) -> Mark:
    """Compare an answer with the key: a number with its number, a formula everywhere.

    Args:
        blank: what was asked.
        answer: what was written; it may claim several things, as in ``2 · x = 4``.
        points: random values of everything that an answer can name.
    """
    text = "" if answer is None else str(answer)
    claims = parts_of(text, blank.question)
    if not claims:
        return Mark(blank, False, "no answer")
    try:
        right = all(_is_right(claim, blank, points) for claim in claims)
        hint = "" if right else _hint(claims[0], blank, points)
    except (ChainRuleError, ValueError) as error:
        return Mark(blank, False, str(error))
    return Mark(blank, right, f"{text.strip()}: {hint}" if hint else text.strip())


def _is_right(claim: str, blank: Blank, points: Sequence[Truth]) -> bool:
    """Compare one claim with the key."""
    number = claim.replace("-", "−").replace("+", "")
    if blank.array is not None and is_value(number):
        if is_printed(number, blank.array):
            return True
        with contextlib.suppress(ValueError):
            return np.allclose(float(claim), blank.array, rtol=TOLERANCE, atol=1e-6)
    return _agrees(claim, blank.answers(points), points)


def _agrees(
    formula: str, wanted: Sequence[npt.NDArray[Any]], points: Sequence[Truth]
) -> bool:
    """Whether one meaning of a formula has the wanted values at all points."""
    found = [read_answer(formula, point.names, point.functions) for point in points]
    by_meaning = zip(*found, strict=False)
    return any(
        all(agrees(measure, value) for measure, value in zip(same, wanted, strict=True))
        for same in by_meaning
    )


def _hint(claim: str, blank: Blank, points: Sequence[Truth]) -> str:
    """Say what is wrong: the sign, or a factor of the key that is missing."""
    if blank.array is not None and is_value(claim.replace("-", "−")):
        return ""
    wanted = blank.answers(points)
    if _agrees(f"−({claim})", wanted, points):
        return "the sign is wrong"
    factors = factors_of(blank.answer)
    for count in range(1, len(factors)):
        for missing in itertools.combinations(range(len(factors)), count):
            rest = [f for i, f in enumerate(factors) if i not in missing]
            formula = rest[0][0] + "".join(f" {m} {text}" for text, m in rest[1:])
            if _same(claim, formula, points):
                named = " and ".join(factors[i][0] for i in missing)
                return f"the factor{'s' * (count > 1)} {named} is missing".replace(
                    "s " + named + " is", "s " + named + " are"
                )
    return ""


def _same(claim: str, formula: str, points: Sequence[Truth]) -> bool:
    """Whether two formulas have the same value at all points."""
    try:
        values = [read_answer(formula, p.names, p.functions)[0].value for p in points]
        return _agrees(claim, values, points)
    except DataError:
        return False


@dataclass(frozen=True)
class Sample(Truth):
    """A graph at random values of all its leaves, parameters as well."""

    leaves: Mapping[Node, npt.NDArray[Any]] = field(default_factory=dict)

    def _computed(self, wanted: list[Node]) -> Values:
        probes: dict[Node, Node] = {
            leaf: Parameter(f"leaf{i}", value)
            if isinstance(leaf, Parameter)
            else Input(f"leaf{i}", value.shape, leaf.dtype)
            for i, (leaf, value) in enumerate(self.leaves.items())
        }
        moved = substitute(wanted, probes)
        fed = {
            probes[leaf]: value
            for leaf, value in self.leaves.items()
            if not isinstance(leaf, Parameter)
        }
        values = evaluated(moved, fed, self.seed, training=self.training)
        return {w: values[m] for w, m in zip(wanted, moved, strict=True)}


def random_points(drawing: Drawing, seed: int) -> list[Truth]:
    """Give all leaves of a graph random values, several times.

    Args:
        drawing: the graph; values for its inputs give open shapes their size.
        seed: of the random values.
    """
    subject, options = drawing.subject, drawing.options
    rng = np.random.default_rng(seed)
    leaves = [*subject.graph.inputs, *subject.graph.parameters]
    shapes = {leaf: _shape(leaf, options.values or {}) for leaf in leaves}
    return [
        Sample(
            subject.graph, drawing.naming, subject.sweep, {}, options.seed,
            options.training, subject.loss_nodes,
            leaves={leaf: _random(leaf, shapes[leaf], rng) for leaf in leaves},
        )
        for _ in range(POINTS)
    ]  # fmt: skip


def _random(
    leaf: Node, shape: tuple[int, ...], rng: np.random.Generator
) -> npt.NDArray[Any]:
    """Return random values for a leaf; integers are classes, and there are two."""
    if leaf.dtype == "int":
        return rng.integers(0, 2, shape)
    return rng.uniform(0.2, 1.8, shape)


def _shape(leaf: Node, feeds: Mapping[Any, Any]) -> tuple[int, ...]:
    if isinstance(leaf, Parameter):
        return leaf.value.shape
    given = feeds.get(leaf, feeds.get(leaf.name))
    if given is not None:
        return np.shape(given)
    return tuple(BATCH if size is None else size for size in leaf.shape)
