"""Marks, each held against its definition: ✓ ✗ ▼ ▲ ☠ ⚠, and what they say in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from chainrule.viz.formulas.measures import Array
from chainrule.viz.graph.gradient_marks import EXPLODING, SIGN, VANISHING
from chainrule.viz.proof.finding import Finding
from chainrule.viz.proof.formulas import short
from chainrule.viz.proof.reading import Arrow, Picture, Shape
from chainrule.viz.proof.statements import Statement, of_block
from chainrule.viz.proof.truth import Truth, size_of

_DEAD_UNITS = re.compile(r"☠ (\d+) of (\d+) units dead")
_VERDICT = re.compile(r"✓ (?:all )?(\d+) gradients?")


def check_marks(picture: Picture, truth: Truth) -> Iterator[Finding]:
    """Check the marks, and that none is missing."""
    ticks = 0
    for shape in picture.shapes.values():
        for told in of_block(shape):
            ticks += "✓" in told.signs
            yield from _signs(told, truth)
        yield from _words(shape, truth)
    for arrow in picture.arrows:
        if arrow.backward and arrow.said:
            yield from _classes(arrow, truth)
    cut = any("⋮" in s.lines("gradient") for s in picture.shapes.values())
    for said in picture.caption:
        verdict = _VERDICT.match(said.words)
        if verdict:
            what = f"{said.words}, but {ticks} have a ✓"
            right = int(verdict[1]) == ticks or (cut and int(verdict[1]) > ticks)
            yield Finding("verdict", "caption", "" if right else what)


def mark_of(gradient: Array, reference: float) -> str:
    """Return the mark that a gradient has by definition; "" for none."""
    if not np.all(np.isfinite(gradient)):
        return "not finite"
    size = size_of(gradient)
    if size == 0:
        return "dead"
    if reference > 0 and size < VANISHING * reference:
        return "vanishing"
    return "exploding" if reference > 0 and size > EXPLODING * reference else ""


def _signs(told: Statement, truth: Truth) -> Iterator[Finding]:
    """Check the signs behind the value of a gradient."""
    name = told.name.partition("/∂")[2]
    gradient = truth.gradient(name) if told.name.startswith("∂") else None
    if not told.value or gradient is None or truth.is_loss(name):
        return
    mark = mark_of(gradient, truth.reference)
    wanted = SIGN[mark][0] if mark else ""
    right = told.signs.strip("✓✗") == wanted
    what = f"marked {told.signs!r}, but {short(gradient)} is {mark or 'ordinary'}"
    yield Finding("mark", told.name, "" if right else what)
    for sign, agreeing in (("✓", True), ("✗", False)):
        if sign in told.signs:
            right = truth.slope_agrees(name) is agreeing
            what = f"marked {sign}, but a finite difference says otherwise"
            yield Finding("mark", told.name, "" if right else what)


def _words(shape: Shape, truth: Truth) -> Iterator[Finding]:
    """Check the marks that a block has in words."""
    gradients = [
        gradient
        for told in of_block(shape)
        if told.name.startswith("∂") and told.value
        and (gradient := truth.gradient(told.name.partition("/∂")[2])) is not None
    ]  # fmt: skip
    if not gradients:  # as on a small picture, which has no room for them
        nodes = truth.blocks.get(shape.id, ())
        known = (truth.gradient_of(node) for node in nodes)
        gradients = [gradient for gradient in known if gradient is not None]
    marks = {mark_of(gradient, truth.reference) for gradient in gradients}
    for line in shape.lines("mark"):
        if units := _DEAD_UNITS.fullmatch(line):
            count, width = int(units[1]), int(units[2])
            right = any(
                g.ndim == 2 and g.shape[1] == width
                and int(np.sum(np.all(g == 0, axis=0))) == count
                for g in gradients
            )  # fmt: skip
        elif line in SIGN.values():
            right = line in {SIGN[mark] for mark in marks if mark}
        else:
            continue
        what = f"{line}, but no gradient in it is so"
        yield Finding("mark", shape.title, "" if right else what)


def _classes(arrow: Arrow, truth: Truth) -> Iterator[Finding]:
    """Check the marks that change how an edge looks."""
    name = arrow.lines[0]
    gradient = truth.gradient(name.partition("/∂")[2])
    if gradient is None:
        return
    mark = mark_of(gradient, truth.reference)
    drawn = {mark for mark in SIGN if mark.replace(" ", "-") in arrow.marks}
    right = drawn == ({mark} if mark else set())
    drawn_as = ", ".join(sorted(drawn)) or "ordinary"
    what = f"drawn as {drawn_as}, but the gradient is {mark or 'ordinary'}"
    yield Finding("mark", name, "" if right else what)
