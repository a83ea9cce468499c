"""Readings: numbers in a diagram that know what they are the value of.

They are text like any other. What can compute the graph again, such as an HTML page,
reads them anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy.typing as npt

from chainrule.node import Node
from chainrule.notation.numbers import number
from chainrule.notation.styles import Style, Written
from chainrule.viz.text import Plain, Row, Text, Tinted
from chainrule.viz.values import shown, spanned

Form: TypeAlias = Literal["number", "factor", "vector", "norm", "range", "list"]
"""How a value is written: one number, the same behind a sign (in parentheses if it is
negative), a few, √Σx², from the smallest to the largest, or all as far as there is
room."""

_NORM = "‖·‖ = "


@dataclass(frozen=True)
class Reading(Text):
    """What the value of a node is, in one of several forms.

    Attributes:
        node: whose value it is.
        form: how it is written.
        said: the value as it was when the diagram was drawn.
        entry: which number of the value it is, if it is one.
        digits: how many digits a number has.
        ends: a vector from its smallest number to its largest, which is shorter.
    """

    node: Node
    form: Form
    said: str
    entry: int = 0
    digits: int = 4
    ends: str = ""

    def written(self, style: Style) -> str:
        """Write the value as it was."""
        return Plain(self.said).written(style)


def reading(node: Node, value: npt.NDArray[Any]) -> Reading:
    """Read a number, a short vector, or the norm of something larger."""
    said = shown(value)
    if said.startswith(_NORM):
        return Reading(node, "norm", said.removeprefix(_NORM))
    return _short(node, value, said)


def range_reading(node: Node, value: npt.NDArray[Any]) -> Reading:
    """Read a number, a short vector, or from where to where larger values go."""
    said = spanned(value)
    if shown(value).startswith(_NORM):
        return Reading(node, "range", said)
    return _short(node, value, said)


def entry_reading(node: Node, entry: int, value: float) -> Reading:
    """Read one number of a value, in three digits."""
    return Reading(node, "number", number(value, digits=3), entry, digits=3)


def _short(node: Node, value: npt.NDArray[Any], said: str) -> Reading:
    if value.size == 1:
        return Reading(node, "number", said)
    low, high = (number(float(end), digits=3) for end in (value.min(), value.max()))
    ends = f"{low} … {high}" if low != high else ""
    return Reading(node, "vector", said, digits=3, ends=ends)


def shortened(text: Written) -> Written:
    """Return text in which every vector is written from its smallest to its largest."""
    if isinstance(text, Reading):
        shorter = 0 < len(text.ends) < len(text.said)
        return replace(text, form="range", said=text.ends) if shorter else text
    if isinstance(text, Tinted):
        return replace(text, text=shortened(text.text))
    if isinstance(text, Row):
        parts = (p if isinstance(p, str) else shortened(p) for p in text.parts)
        return Row(tuple(parts))
    return text


def factor(number: Reading) -> Reading:
    """Return a reading of one number as it is written behind ``·`` or ``+``."""
    said = f"({number.said})" if number.said.startswith("−") else number.said
    return replace(number, form="factor", said=said)


def readings_in(text: Written) -> Iterator[str | Reading]:
    """Yield the plain text that something is, and the readings in it, in order."""
    if isinstance(text, Reading):
        yield text
    elif isinstance(text, Tinted):
        yield from readings_in(text.text)
    elif isinstance(text, Row):
        for part in text.parts:
            if isinstance(part, str):
                yield part
            else:
                yield from readings_in(part)
    else:
        yield text.unicode()
