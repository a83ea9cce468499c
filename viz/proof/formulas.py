"""Formulas, values and gradients, each held against what its name is worth."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chainrule.errors import DataError
from chainrule.viz.formulas.meanings import UnreadableError, meanings
from chainrule.viz.formulas.measures import Array
from chainrule.viz.proof.finding import Check, Finding
from chainrule.viz.proof.numbers import is_printed
from chainrule.viz.proof.reading import Picture, Shape
from chainrule.viz.proof.statements import Statement, of_block
from chainrule.viz.proof.truth import Truth, agrees


def check_statements(
    picture: Picture, truth: Truth, unread: list[str]
) -> Iterator[Finding]:
    """Check the formulas, values and gradients in blocks."""
    for shape in picture.shapes.values():
        for told in of_block(shape):
            if told.name == shape.title and told.name not in truth.names:
                yield _of_exit(told, shape, truth)
            else:
                yield from _check(told, truth, unread)


def _of_exit(told: Statement, shape: Shape, truth: Truth) -> Finding:
    """Check the value of a block that does not name its only result."""
    array = truth.result(shape.id)
    if array is None or told.formula:
        return Finding("name", told.name, "nothing has this name")
    right = is_printed(told.value, array)
    what = f"{told.value} is printed, but it is {short(array)}"
    return Finding("value", told.name, "" if right else what)


def _check(told: Statement, truth: Truth, unread: list[str]) -> Iterator[Finding]:
    wanted = truth.names.get(told.name)
    if wanted is None:
        if told.formula or told.value:
            yield Finding("name", told.name, "nothing has this name")
        return
    if len(wanted) > 1:
        yield Finding("name", told.name, f"the name stands for {len(wanted)} things")
        return
    yield Finding("name", told.name)
    (array,) = wanted
    if told.formula and not told.edges:
        try:
            yield _formula(told, array, truth)
        except UnreadableError:
            unread.append(f"{told.name} = {told.formula}")
    if told.value:
        check: Check = "gradient" if told.name.startswith("∂") else "value"
        right = is_printed(told.value, array)
        what = f"{told.value} is printed, but it is {short(array)}"
        yield Finding(check, told.name, "" if right else what)


def _formula(told: Statement, wanted: Array, truth: Truth) -> Finding:
    """Evaluate a formula as it is printed.

    Raises:
        UnreadableError: it is cut short.
    """
    try:
        found = meanings(told.formula, truth.names, truth.functions)
    except UnreadableError:
        raise
    except DataError as error:
        return Finding("formula", told.name, f"cannot read {told.formula!r}: {error}")
    if any(agrees(measure, wanted) for measure in found):
        return Finding("formula", told.name)
    read = " or ".join(short(measure.value) for measure in found[:3])
    what = f"{told.formula} gives {read}, but it is {short(wanted)}"
    return Finding("formula", told.name, what)


def short(array: Array) -> str:
    """Write an array for a message."""
    numbers = [f"{value:.4g}" for value in np.asarray(array, float).reshape(-1)[:6]]
    dots = ["…"] if array.size > 6 else []
    text = ", ".join([*numbers, *dots])
    return text if array.shape == () else f"[{text}] {array.shape}"
