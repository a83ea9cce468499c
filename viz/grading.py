"""Grading a worksheet: numbers with a tolerance, formulas by evaluating them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from chainrule.errors import ChainRuleError
from chainrule.graph import Graph
from chainrule.node import Input, Node, Parameter
from chainrule.notation.naming import Naming
from chainrule.substitution import substitute
from chainrule.viz.answers import evaluate_text
from chainrule.viz.values import Values, evaluated

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


class Point(NamedTuple):
    """Random values of all leaves, and what follows from them."""

    names: Mapping[str, npt.NDArray[Any]]
    """What the names in a diagram are worth."""
    values: Values


def mark_answer(
    blank: Blank, answer: str | float | None, points: Sequence[Point]
) -> Mark:
    """Compare one answer with the key: its number, or its formula at every point."""
    text = "" if answer is None else str(answer)
    if not text.strip():
        return Mark(blank, False, "no answer")
    text = text.rsplit("=", 1)[-1]
    try:
        constant = _constant(text)
        if constant is not None and blank.array is not None:
            right = bool(np.allclose(constant, blank.array, rtol=TOLERANCE, atol=1e-6))
        else:
            right = all(_agrees(text, blank, point) for point in points)
    except (ChainRuleError, ValueError) as error:
        return Mark(blank, False, str(error))
    return Mark(blank, right, text.strip())


def _constant(text: str) -> Any:
    """Return the value of an answer that names nothing; None for any other."""
    try:
        return evaluate_text(text, {})
    except ChainRuleError:
        return None


def _agrees(text: str, blank: Blank, point: Point) -> bool:
    wanted = point.values[blank.expression]
    return np.allclose(evaluate_text(text, point.names), wanted, rtol=1e-6, atol=1e-9)


def random_points(
    graph: Graph,
    naming: Naming,
    wanted: Sequence[Node],
    feeds: Mapping[Any, Any],
    seed: int,
) -> list[Point]:
    """Evaluate nodes at random values of all leaves.

    Args:
        graph: where the leaves are.
        naming: what the names of the nodes are.
        wanted: the nodes.
        feeds: arrays for the inputs; they give open shapes their size.
        seed: of the random values.
    """
    shapes = {leaf: _shape(leaf, feeds) for leaf in (*graph.inputs, *graph.parameters)}
    probes: dict[Node, Node] = {
        leaf: Input(f"leaf{i}", shape) for i, (leaf, shape) in enumerate(shapes.items())
    }
    moved = substitute(wanted, probes)
    rng = np.random.default_rng(seed)
    points = []
    for _ in range(POINTS):
        fed = {probes[leaf]: rng.uniform(0.2, 1.8, shapes[leaf]) for leaf in probes}
        traced = evaluated(moved, fed)
        values = {w: traced[m] for w, m in zip(wanted, moved, strict=True)}
        points.append(Point(_by_name(values, naming), values))
    return points


def _by_name(values: Values, naming: Naming) -> dict[str, npt.NDArray[Any]]:
    """Return values by the names of the nodes; J(W) is called J as well."""
    names = {
        symbol.unicode(): value
        for node, value in values.items()
        if (symbol := naming.symbol(node)) is not None
    }
    bare = {name: value for name, value in names.items() if "(" not in name}
    return bare | {n.split("(")[0]: value for n, value in names.items() if "(" in n}


def _shape(leaf: Node, feeds: Mapping[Any, Any]) -> tuple[int, ...]:
    if isinstance(leaf, Parameter):
        return leaf.value.shape
    given = feeds.get(leaf, feeds.get(leaf.name))
    if given is not None:
        return np.shape(given)
    return tuple(2 if size is None else size for size in leaf.shape)
