"""The figures of the lecture can be read on a slide and in a column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest

import chainrule as cr
from chainrule.lecture.topic import NAMES
from chainrule.plotting.rooms import ROOMS
from chainrule.testing.figures import problems, smallest_text
from tests.lecture.topics import run


def shown(name: str) -> Iterator[Any]:
    for _, parts in run(name).slides:
        yield from (part.value for part in parts if part.value is not None)


def figures(name: str) -> Iterator[cr.Plot]:
    yield from (value for value in shown(name) if isinstance(value, cr.Plot))


@pytest.mark.parametrize("name", NAMES)
def test_every_diagram_fits_a_slide(name: str) -> None:
    for value in shown(name):
        drawn = getattr(value, "diagram", value)
        if hasattr(drawn, "styled"):
            svg = drawn.styled(size="slide").render("svg").decode()
            assert "too much for" not in svg


@pytest.mark.parametrize("size", ["slide", "column"])
@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_too_small_cut_off_or_covered(
    name: str, size: Literal["slide", "column"]
) -> None:
    for figure in figures(name):
        fitted = figure.styled(size=size)
        assert list(problems(fitted)) == []
        assert smallest_text(fitted.render("svg").decode()) >= ROOMS[size].least
