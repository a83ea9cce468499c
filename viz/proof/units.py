"""The neuron level: units and weights, walked as they are drawn.

What a unit adds up is computed from the weights and the units that are drawn, and what
it is a function of from what is written in it, so that a missing edge is found as well
as a wrong number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.errors import DataError
from chainrule.viz.formulas.meanings import UnreadableError, meanings
from chainrule.viz.formulas.measures import Array
from chainrule.viz.proof.cuts import Cut
from chainrule.viz.proof.finding import Finding
from chainrule.viz.proof.numbers import is_printed, number_of
from chainrule.viz.proof.reading import Arrow, Picture, Shape
from chainrule.viz.proof.truth import Truth
from chainrule.viz.proof.unit_names import UnitNames

DIGIT = 6e-3
"""How far a number in three digits may be off, as a part of it."""
_NUMBER = re.compile(r"[−-]?(?:\d[\d.]*(?:·10[⁻⁰¹²³⁴-⁹]+)?|10[⁻⁰¹²³⁴-⁹]+|∞|NaN)")
_ONE_OF = re.compile(r"(?P<vector>[^…]+\))(?P<which>[₀-₉]+)")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_TIP = re.compile(r"(?P<name>.+) = (?P<number>\S+)")


@dataclass(frozen=True)
class _Unit:
    """A circle: its name, and what is written in it, each with its number."""

    shape: Shape
    stages: Sequence[tuple[str, str]]
    """Formula, empty for the first of a sum, and number."""
    slope: str

    @property
    def title(self) -> str:
        return self.shape.title

    @property
    def dropped(self) -> bool:
        return "dropped" in self.shape.marks

    @property
    def value(self) -> float | None:
        """The number that the unit passes on; that of a bias is 1."""
        if self.title == "1":
            return 1.0
        return number_of(self.stages[-1][1]) if self.stages else None


@dataclass(frozen=True)
class _Edge:
    """An edge into a unit: where it comes from, and its weight, if it has one."""

    arrow: Arrow
    source: _Unit

    @property
    def weight(self) -> float | None:
        found = _TIP.fullmatch(self.arrow.tip)
        return number_of(found["number"]) if found else None


def check_units(picture: Picture, truth: Truth, unread: list[str]) -> Iterator[Finding]:
    """Check the units, the weights, and what the drawn ones make of the others."""
    names = UnitNames(truth)
    yield from _check_keys(picture)
    units = {identity: _read(shape) for identity, shape in picture.shapes.items()}
    into: dict[str, list[_Edge]] = {}
    for arrow in picture.arrows:
        edge = _Edge(arrow, units[arrow.tail])
        into.setdefault(arrow.head, []).append(edge)
        yield from _check_edge(edge, units[arrow.head], names)
    drawn = {names.entries[u.title] for u in units.values() if u.title in names.entries}
    cut = Cut(truth, {entry.node for entry in drawn})
    for identity, unit in units.items():
        if "more" in unit.shape.marks or unit.title == "1":
            continue
        yield from _check_numbers(unit, names)
        edges = into.get(identity, [])
        columns = {edge.arrow.tail.rpartition("_")[0] for edge in edges}
        if any(f"{column}_more" in units for column in columns):
            unread.append(unit.title)
        elif unit.title in names.entries:
            yield from _check_links(unit, edges, names, cut)
            yield from _walk(unit, edges, names, truth)


def _check_keys(picture: Picture) -> Iterator[Finding]:
    """Check that what the words below explain is on the picture."""
    written = {
        "in a unit": any(shape.lines("gradient") for shape in picture.shapes.values()),
        "on an edge": any(len(arrow.lines) > 1 for arrow in picture.arrows),
    }
    for said in picture.caption:
        where, _, means = said.words.partition(": ")
        if where in written:
            what = "" if written[where] else f"{means} is written nowhere"
            yield Finding("mark", said.words, what)


def _read(shape: Shape) -> _Unit:
    """Read what is written in a circle."""
    told = [line.rpartition(" = ") for line in shape.lines("value")]
    slopes = [line.removeprefix("∂ ") for line in shape.lines("gradient")]
    stages = [(name, number) for name, _, number in told]
    return _Unit(shape, stages, slopes[0] if slopes else "")


def _check_numbers(unit: _Unit, names: UnitNames) -> Iterator[Finding]:
    """Check the numbers and marks of a unit against what its name is worth."""
    entry = names.entries.get(unit.title)
    if entry is None:
        yield Finding("name", unit.title, "nothing has this name")
        return
    if unit.stages:
        number = unit.stages[-1][1]
        right = is_printed(number, np.asarray(entry.value), _slack(number))
        what = f"{number} is printed, but it is {entry.value:.4g}"
        yield Finding("value", unit.title, "" if right else what)
    if unit.slope and entry.slope is not None:
        right = is_printed(unit.slope, np.asarray(entry.slope), _slack(unit.slope))
        what = f"∂ {unit.slope} is printed, but it is {entry.slope:.4g}"
        yield Finding("gradient", unit.title, "" if right else what)
        dead = "dead" in unit.shape.marks
        what = f"marked as dead: {dead}, but its gradient is {entry.slope:.4g}"
        yield Finding("mark", unit.title, "" if dead == (entry.slope == 0) else what)


def _check_edge(edge: _Edge, head: _Unit, names: UnitNames) -> Iterator[Finding]:
    """Check the numbers on an edge, and that those of dropped units are dotted."""
    arrow = edge.arrow
    told = [line.rpartition(" = ") for line in arrow.lines]
    if weight := _TIP.fullmatch(arrow.tip):
        own = weight["name"], names.derivative(weight["name"])
        told = [
            (line[0] or name, "", line[2])
            for line, name in zip(told, own, strict=False)
        ]
        told.append((weight["name"], "", weight["number"]))
    for name, _, number in told:
        true = names.weights.get(name)
        right = true is not None and is_printed(
            number, np.asarray(true), _slack(number)
        )
        what = f"{number} is printed, but it is {true}"
        yield Finding("edge", name, "" if right else what)
    dropped = edge.source.dropped or head.dropped
    drawn = "dropped" in arrow.marks and arrow.dashed and not arrow.lines
    where = f"{edge.source.title} → {head.title}"
    what = f"one of them is dropped: {dropped}, but the edge is drawn so: {drawn}"
    right = dropped == ("dropped" in arrow.marks) and (drawn or not dropped)
    yield Finding("mark", where, "" if right else what)


def _check_links(
    unit: _Unit, edges: Sequence[_Edge], names: UnitNames, cut: Cut
) -> Iterator[Finding]:
    """Check that a unit depends on those with an edge to it, and on no others."""
    entry = names.entries[unit.title]
    sources = [
        names.entries[edge.source.title]
        for edge in edges
        if edge.source.title in names.entries
    ]
    right = cut.is_function_of(entry, sources)
    what = "it depends on a unit from which no edge comes"
    yield Finding("link", unit.title, "" if right else what)
    dropped = cut.is_dropped(entry)
    what = f"marked as dropped: {unit.dropped}, but it is {dropped}"
    yield Finding("mark", unit.title, "" if unit.dropped == dropped else what)
    told = any(told and "…" not in told for told, _ in unit.stages)
    weighted = any(edge.weight is not None for edge in edges)
    if not (told or weighted):
        for edge, source in zip(edges, sources, strict=True):
            right = cut.depends(entry, source)
            what = f"it does not depend on {edge.source.title}, but an edge says so"
            yield Finding("link", unit.title, "" if right else what)


def _walk(
    unit: _Unit, edges: Sequence[_Edge], names: UnitNames, truth: Truth
) -> Iterator[Finding]:
    """Compute a unit from the edges and the units that are drawn."""
    title = unit.title
    drawn = {e.source.title: e.source.value for e in edges if e.source.title != "1"}
    if not unit.stages or None in drawn.values() or "loss" in unit.shape.marks:
        return
    known = {name: [np.asarray(value)] for name, value in drawn.items()}
    known |= names.vectors(drawn)
    stages = list(unit.stages)
    if any(edge.weight is not None for edge in edges):
        name, number = stages.pop(0)
        yield _check_sum(name or title, number, edges)
        known = {name or "z": [np.asarray(number_of(number))]}
    elif not edges:
        return
    for told, number in stages:
        name, _, formula = told.rpartition(" = ")
        if not formula:
            continue  # a number without its name
        yield from _check_stage(title, formula, number, known, names, truth)
        known[name or "z"] = [np.asarray(number_of(number))]


def _check_sum(name: str, number: str, edges: Sequence[_Edge]) -> Finding:
    """Check what weights bring to a unit."""
    terms = []
    for edge in edges:
        assert edge.source.value is not None
        terms.append((1.0 if edge.weight is None else edge.weight) * edge.source.value)
    total, printed = sum(terms), number_of(number)
    off = 2 * DIGIT * (sum(map(abs, terms)) + abs(total)) + 1e-9
    what = f"{number} is printed, but what is drawn adds up to {total:.4g}"
    return Finding("sum", name, "" if abs(total - printed) <= off else what)


def _check_stage(
    title: str,
    formula: str,
    number: str,
    known: Mapping[str, Sequence[Array]],
    names: UnitNames,
    truth: Truth,
) -> Iterator[Finding]:
    """Check a formula in a unit: it names what is drawn to lead there, and gives it."""
    one_of = _ONE_OF.fullmatch(formula)
    text = one_of["vector"] if one_of else formula
    numbers = {name: [np.asarray(value)] for name, value in names.weights.items()}
    numbers |= names.sizes | names.chance(title)
    try:
        found = meanings(text, {**numbers, **known}, truth.functions)
    except UnreadableError:
        return
    except DataError as error:
        if "calls" not in str(error):  # a function that only its module knows
            yield Finding("formula", title, f"cannot read {formula!r}: {error}")
        return
    place = int(one_of["which"].translate(_LOWERED)) - 1 if one_of else 0
    results = [
        float(m.value.reshape(-1)[place])
        for m in found
        if (place < m.value.size if one_of else m.value.size == 1)
    ]
    printed = number_of(number)
    size = max([abs(printed), *(float(np.max(np.abs(v[0]))) for v in known.values())])
    right = any(abs(result - printed) <= 5 * DIGIT * size for result in results)
    what = f"{formula} = {number} is printed, but what is drawn gives {results[:3]}"
    yield Finding("formula", title, "" if right else what)


def _slack(number: str) -> float:
    """Return how far a number in three digits may be off."""
    return DIGIT * abs(number_of(number)) if _NUMBER.fullmatch(number) else 0.0
