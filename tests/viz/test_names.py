"""Names in pictures: those of users are only text, in every format."""

import gzip
import json
from xml.etree import ElementTree

import numpy as np
import pytest

import chainrule as cr
from chainrule.viz.proof.reading import read

ESCAPES = [rf"{start}\{c}{end}" for c in "NGELTHlnr" for start, end in ("  ", "ab")]
HOSTILE = [
    *ESCAPES, r"\Gamma", r"\\N", r"\\\G", "&lt;", "&#92;N", "&amp;amp;", "<b>", '"',
    "'", "a\\", "<!--", "]]>", "${x}", "%1", "\u202eabc", "a\nb",
]  # fmt: skip


def drawn(name, **options):
    with cr.scope(name):
        x, w = cr.input("x", (None, 2)), cr.parameter(name, np.ones(2))
        loss = cr.ops.sum(x * w).named("J")
    options = {"level": "op", "direction": "both", **options}
    return cr.draw(loss, title=name, values={x: [[1.0, 2.0]]}, **options)


def shown(diagram):
    """Return the lines of text on a picture, and its tooltips."""
    svg = diagram.render("svg").decode()
    picture = read(svg)
    things = [*picture.shapes.values(), *picture.arrows]
    lines = [s.words for each in things for s in each.said]
    lines += [s.words for s in (*picture.frames, *picture.caption)]
    return lines, [each.tip for each in things]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_drawn_as_it_is_written(name):
    diagram = drawn(name)
    words, tips = shown(diagram)
    block = next(b for b in diagram.scene.blocks if b.kind == "parameter")
    title = block.title.unicode()
    assert words.count(title) == 3  # the block, its frame and the picture
    assert any(title in tip for tip in tips)
    assert json.loads(diagram.render("json"))["name"] == name
    assert not diagram.proofread().wrong


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("format", ["svg", "svgz", "html", "tikz", "dot", "png", "pdf"])
def test_every_format_takes_every_name(name, format):
    data = drawn(name).render(format)
    assert data
    if format == "svgz":
        ElementTree.fromstring(gzip.decompress(data))


def test_a_title_is_drawn():
    loss = cr.parameter("w", 1.0) * 2
    assert "My net" in shown(cr.draw(loss, title="My net"))[0]
    assert "My net" in shown(cr.draw(loss, title="My net", size="slide"))[0]
    assert "graph" not in shown(cr.draw(loss))[0]


def test_primes_of_a_recurrence_count_forwards():
    state, back = cr.input("h", (None, 2)), cr.parameter("R", np.eye(2))
    steps = []
    for _ in range(3):
        x = cr.input("x", (None, 2))
        u = cr.ops.sin(x).named("u")
        steps.append((x, u))
        state = cr.ops.tanh(u + state @ back)
    blocks = cr.draw(cr.ops.sum(state).named("J"), level="op").scene.blocks
    titles = {node: b.title.unicode() for b in blocks for node in b.nodes}
    assert [titles[x] for x, _ in steps] == ["x", "x'", "x''"]
    assert [titles[u] for _, u in steps] == ["u", "u'", "u''"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([[2.0, -1.0]], "[2, −1]"), ([[-3.0, -4.0]], "[−3, −4]"),
        ([[2.0], [-1.0]], "[2, −1]"), ([[1.0, 2.0], [0.0, 5.0]], "0 … 5"),
    ],
)  # fmt: skip
def test_few_numbers_are_written_whole_and_in_order(value, text):
    x = cr.input("x", np.shape(value))
    scene = cr.draw(cr.ops.sum(x * x).named("J"), level="op", values={x: value}).scene
    assert text in [line.text.unicode() for line in scene.block("x").lines]


def test_a_formula_that_is_cut_short_is_whole_in_the_tooltip():
    x = cr.input("x")
    y = x
    for k in range(1, 7):
        y = cr.ops.sin(y * k) + x
    loss = cr.ops.square(y).named("J")
    diagram = cr.draw(loss, values={x: 0.5}, direction="both", level="layer")
    formula = diagram.scene.block("J").lines[0].text.unicode()
    assert "…" in formula
    _, tips = shown(diagram)
    assert any("6 · (sin(5 ·" in tip for tip in tips)
    report = diagram.proofread()
    assert not report.unread
    assert not report.wrong
    assert report.counts["formula"] == 1


def test_no_two_nodes_of_an_explanation_have_one_name():
    x, w, v = cr.input("x"), cr.parameter("w", 0.3), cr.parameter("v_2", 0.5)
    inner = cr.ops.exp(x * w) + v
    loss = cr.ops.square(inner + cr.ops.tanh(inner))
    text = cr.explain(loss, inner, values={x: 1.0}).text
    assert text.startswith("∂J/∂v₁ = ∂J/∂v₃ · ∂v₃/∂v₁")
