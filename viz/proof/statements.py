"""The statements of blocks and edges: a name, a formula for it, and its value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from chainrule.viz.proof.numbers import is_value
from chainrule.viz.proof.reading import Arrow, Shape

SIGNS = "✓✗▼▲☠⚠"
_SIGNED = re.compile(rf"(.*?)((?: [{SIGNS}])*)$")
_BROUGHT = re.compile(r"(?:(?P<inside>.+) \+ )?(?:Σ over (?P<many>\d+) edges|1 edge)")


@dataclass(frozen=True)
class Statement:
    """A name and what is said of it.

    Attributes:
        name: what is spoken of, such as ``z⁽¹⁾`` or ``∂J/∂W``.
        formula: what it is, as a formula.
        value: what it is, in numbers.
        edges: how many edges bring parts of it, to be added to the formula.
        signs: what stands behind its value: ✓ ▼ and so on.
    """

    name: str
    formula: str = ""
    value: str = ""
    edges: int = 0
    signs: str = ""


def of_block(shape: Shape) -> Iterator[Statement]:
    """Read what a block says about its nodes and their gradients."""
    name = shape.title
    for line in shape.lines("formula"):
        told = _told(line)
        if told is not None:
            name = told.name
            yield told
        elif line != "⋮":
            yield Statement(shape.title, formula=line)
    for value in shape.lines("value"):
        yield Statement(name, value=value)
    for line in shape.lines("gradient"):
        told = _told(line)
        if told is not None:
            yield told


def of_edge(arrow: Arrow) -> Iterator[Statement]:
    """Read what a backward edge says: a derivative, its formula, its value."""
    if not arrow.lines:
        return
    name, *rest = arrow.lines
    for line in rest:
        text = line.removeprefix("= ")
        if line.startswith("‖·‖ = ") or (line.startswith("= ") and is_value(text)):
            yield Statement(name, value=text)
        elif line.startswith("= "):
            yield Statement(name, formula=text)


def _told(line: str) -> Statement | None:
    """Take ``‖∂J/∂z‖ = 0.5 ✓`` apart; None if the line is no equation."""
    name, equals, rest = _outside_brackets(line)
    if not equals:
        return None
    signed = _SIGNED.fullmatch(rest)
    assert signed is not None
    what, signs = signed[1], signed[2].replace(" ", "")
    if name.startswith("‖"):
        return Statement(name.strip("‖"), value=f"‖·‖ = {what}", signs=signs)
    if brought := _BROUGHT.fullmatch(what):
        return Statement(name, brought["inside"] or "", edges=int(brought["many"] or 1))
    if is_value(what):
        return Statement(name, value=what, signs=signs)
    return Statement(name, formula=what)


def _outside_brackets(line: str) -> tuple[str, str, str]:
    """Split at the first = that stands in no brackets."""
    depth = 0
    for at, character in enumerate(line):
        depth += (character in "([") - (character in ")]")
        if not depth and line.startswith(" = ", at):
            return line[:at], "=", line[at + 3 :]
    return line, "", ""
