"""Edges, walked as they are drawn: what flows back along them, and what they bring."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.errors import DataError
from chainrule.viz.formulas.meanings import UnreadableError, meanings
from chainrule.viz.formulas.measures import Array, Measure
from chainrule.viz.formulas.parser import parse
from chainrule.viz.proof.finding import Finding
from chainrule.viz.proof.formulas import short
from chainrule.viz.proof.numbers import is_printed, is_summary, printed
from chainrule.viz.proof.reading import Arrow, Picture, Shape
from chainrule.viz.proof.statements import Statement, of_block, of_edge
from chainrule.viz.proof.truth import Truth, agrees, forms

MOST = 300
"""Combinations of meanings that are tried to make the edges add up."""
_DERIVATIVE = re.compile(r"∂(?P<of>[^/]+)/∂(?P<to>.+)")


@dataclass(frozen=True)
class _Edge:
    """A backward edge: ∂of/∂to, and all that it may add to ∂J/∂to."""

    of: str
    to: str
    arrow: Arrow
    flows: Sequence[Measure]
    cut: bool = False
    """Whether its formula is cut short."""


def check_edges(picture: Picture, truth: Truth, unread: list[str]) -> Iterator[Finding]:
    """Check the backward edges, and whether they add up to the gradient.

    An edge carries ∂y/∂x, which multiplies ∂J/∂y, or else what it adds to ∂J/∂x
    itself. All that is drawn to end at x must add up to ∂J/∂x.
    """
    ending: dict[tuple[str, str], list[_Edge]] = {}
    for arrow in picture.arrows:
        if not arrow.backward or not arrow.lines:
            continue
        try:
            edge = _read(arrow, truth)
        except DataError as error:
            yield Finding("edge", arrow.lines[0], str(error))
            continue
        yield Finding("edge", arrow.lines[0])
        if edge.cut:
            unread.append(" ".join(arrow.lines[:2]))
        ending.setdefault((arrow.tail, edge.to), []).append(edge)
    stated = {
        (shape.id, told.name.partition("/∂")[2]): told
        for shape in picture.shapes.values()
        for told in of_block(shape)
        if told.edges
    }
    for place in dict.fromkeys([*ending, *stated]):
        if place not in stated and _hides(picture.shapes.get(place[0])):
            unread.append(f"∂J/∂{place[1]}, which the block may leave out")
            continue
        yield from _check_sum(place[1], ending.get(place, []), stated.get(place), truth)


def _hides(shape: Shape | None) -> bool:
    """Whether a block does not say everything about its gradients."""
    return shape is not None and "⋮" in shape.lines("gradient")


def _check_sum(
    name: str, edges: Sequence[_Edge], told: Statement | None, truth: Truth
) -> Iterator[Finding]:
    """Check what is drawn to end at a node, and what its block says of that."""
    if told is not None:
        right = told.edges == len(edges)
        what = f"{told.edges} edges are said to end here, but {len(edges)} are drawn"
        yield Finding("sum", told.name, "" if right else what)
    gradient = truth.gradient(name)
    flows = [edge.flows for edge in edges]
    formulas = [" ".join(edge.arrow.lines[:2]) for edge in edges]
    if told is not None and told.formula and gradient is not None:
        formulas.append(told.formula)
        found = meanings(told.formula, truth.names, truth.functions)
        shape = gradient.shape
        flows.append(
            [Measure(f, m.error) for m in found for f in forms(m.value, shape)]
        )
    if gradient is None or not all(flows):
        return
    sums = itertools.islice(_sums(flows), MOST)
    right = any(agrees(total, gradient) for total in sums)
    what = f"{' and '.join(formulas)} do not add up to {short(gradient)}"
    yield Finding("sum", f"∂J/∂{name}", "" if right else what)


def _read(arrow: Arrow, truth: Truth) -> _Edge:
    """Read a backward edge.

    Raises:
        DataError: it is not a derivative, or its formula does not give its value.
    """
    derivative = _DERIVATIVE.fullmatch(arrow.lines[0])
    if derivative is None:
        raise DataError("the edge names no derivative")
    of, to = derivative["of"], derivative["to"]
    gradient = truth.gradient(to)
    if gradient is None:
        raise DataError(f"{to} has no gradient, or the name stands for several things")
    told = list(of_edge(arrow))
    values = [statement.value for statement in told if statement.value]
    formulas = [statement.formula for statement in told if statement.formula]
    try:
        found = [m for f in formulas for m in meanings(f, truth.names, truth.functions)]
    except UnreadableError:
        return _Edge(of, to, arrow, (), cut=True)
    if not formulas:
        found = [printed(value) for value in values if not is_summary(value)]
    what = (formulas or values or [""])[0]
    kept = [m for m in found if all(_prints(v, m, gradient) for v in values)]
    if found and not kept:
        raise DataError(
            f"{what} gives {short(found[0].value)}, but {values[0]} is printed"
        )
    flows = [flow for m in kept for flow in _flows(m, of, gradient, truth)]
    if kept and not flows:
        raise DataError(f"{what} has no shape that fits {gradient.shape}")
    return _Edge(of, to, arrow, flows)


def _prints(text: str, measure: Measure, like: Array) -> bool:
    """Whether a value is printed as a text, itself or repeated like the gradient."""
    return any(
        is_printed(text, form, measure.spread(form.shape))
        for form in (measure.value, *forms(measure.value, like.shape))
    )


def _flows(
    carried: Measure, of: str, gradient: Array, truth: Truth
) -> Iterator[Measure]:
    """Yield what an edge may add to a gradient, with the shape of that."""
    factor: Array = np.asarray(1.0)
    if not truth.is_loss(of):
        above = truth.gradient(of)
        if above is None:
            raise DataError(f"{of} has no gradient, or the name stands for several")
        factor = above
    shape = factor.shape if factor.ndim else gradient.shape
    error = None if carried.error is None else np.abs(carried.spread(shape) * factor)
    for value in forms(carried.value, shape):
        for flow in forms(value * factor, gradient.shape):
            yield Measure(flow, error)


def _sums(flows: Sequence[Sequence[Measure]]) -> Iterator[Measure]:
    for choice in itertools.product(*flows):
        errors = [np.max(flow.error) for flow in choice if flow.error is not None]
        total = np.sum([flow.value for flow in choice], axis=0)
        yield Measure(total, np.asarray(sum(errors)) if errors else None)


def check_names(picture: Picture) -> Iterator[Finding]:
    """Check that an edge brings to each block what its formulas name."""
    home: dict[str, set[str]] = {}
    for shape in picture.shapes.values():
        for name in _defined(shape):
            home.setdefault(name, set()).add(shape.id)
    joined: dict[str, set[str]] = {}
    for arrow in picture.arrows:
        joined.setdefault(arrow.head, {arrow.head}).add(arrow.tail)
    for shape in picture.shapes.values():
        near = joined.get(shape.id, {shape.id})
        for told in of_block(shape):
            if not told.formula or told.name.startswith("∂"):
                continue
            for name in sorted(_named(told.formula, home)):
                what = f"{told.formula} names {name}, but no edge comes from there"
                yield Finding("link", told.name, "" if home[name] & near else what)


def _defined(shape: Shape) -> Iterator[str]:
    """Yield the names that a block gives: its title, its formulas, its parameters."""
    yield shape.title
    for told in of_block(shape):
        if not told.name.startswith("∂"):
            yield told.name
    for line in shape.lines("shape"):
        yield from re.findall(r"(\S+) \(", line)


def _named(formula: str, names: Collection[str]) -> set[str]:
    """Return which of some names a formula mentions."""
    try:
        waiting = [parse(formula, names)]
    except DataError:
        return set()
    found: set[str] = set()
    while waiting:
        term = waiting.pop()
        waiting += term.parts
        if term.head == "name" and term.text in names:
            found.add(term.text)
    return found
