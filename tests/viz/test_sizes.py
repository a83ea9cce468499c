"""Sizes: pictures for slides and columns, with text that can be read."""

import functools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainRuleError
from chainrule.plotting.rooms import ROOMS
from chainrule.viz.arranging import LONGEST
from chainrule.viz.diagram import Diagram
from chainrule.viz.proof.reading import read
from chainrule.viz.room import Measured

NAMES = ("tanh", "relu", "sigmoid", "elu", "softplus", "silu", "mish")


def chain(layers, units=4):
    """A chain of different layers, which are not folded."""
    x, t = cr.input("x", (None, units)), cr.input("t", (None, units))
    y = x
    for number in range(layers):
        y = cr.layers.Dense(units, activation=NAMES[number**2 % 7])(y)
    return cr.losses.mse(t, y)


def caption(diagram):
    return [line.text.unicode() for line in diagram.scene.caption]


def pixels(diagram):
    """The width, the height and the smallest text of the finished SVG, in pixels."""
    svg = ET.fromstring(diagram.render("svg"))
    width, height = (float(svg.get(k).removesuffix("px")) for k in ("width", "height"))
    *_, points, _ = map(float, svg.get("viewBox").split())
    texts = svg.iter("{http://www.w3.org/2000/svg}text")
    least = min(float(text.get("font-size")) for text in texts)
    return width, height, least * width / points


@pytest.mark.parametrize("size", ["slide", "column"])
@pytest.mark.parametrize("layers", [1, 3, 8, 40])
@pytest.mark.parametrize("direction", ["forward", "both"])
def test_text_is_large_enough_or_the_picture_says_so(layers, size, direction):
    diagram = cr.draw(chain(layers), direction=direction, size=size)
    room = ROOMS[size]
    width, height, least = pixels(diagram)
    assert width <= room.width + 1
    assert height <= room.height + 1
    said = any(text.startswith("✗ too much for") for text in caption(diagram))
    assert said or least >= room.least - 0.05
    assert not (said and least > room.least * 1.05)


def test_a_long_chain_runs_in_rows():
    diagram = cr.draw(chain(8), level="layer", size="column")
    assert len(diagram.scene.rows) > 1
    assert any("rows" in text for text in caption(diagram))
    plain = Measured.of(cr.draw(chain(8), level="layer").render("svg").decode())
    assert diagram.measured.width < plain.width / 2


def with_numbers(size):
    """A chain with all that can be said of it."""
    given = np.ones((2, 4))
    return cr.draw(
        chain(6), direction="both", level="layer", values={"x": given, "t": given},
        size=size,
    )  # fmt: skip


def test_a_column_is_not_filled_far_down_where_less_is_drawn():
    diagram = with_numbers("column")
    assert diagram.measured.height <= LONGEST * diagram.measured.width
    assert "without shapes, notes and legend" in diagram.notes[-1]


def test_a_slide_keeps_formulas_where_gradients_leave_room():
    diagram = with_numbers("slide")
    written = {line.kind for block in diagram.scene.blocks for line in block.lines}
    assert "formula" in written
    assert "gradient" not in written
    assert "without gradients in blocks, shapes, notes and legend" in diagram.notes[-1]
    assert all(len(k.lines) == 3 for k in diagram.scene.links if k.kind == "backward")


def dense(*units):
    """A dense network with both directions and the numbers of one example."""
    rng = np.random.default_rng(0)
    x, t = cr.input("x", (None, units[0])), cr.input("t", (None, units[-1]))
    y = x
    for count in units[1:]:
        y = cr.layers.Dense(count, activation="tanh")(y)
    values = {n: rng.standard_normal((1, n.shape[1])) for n in (x, t)}
    return {"what": cr.losses.mse(t, y), "values": values, "direction": "both"}


NETWORKS = [(2, 3, 1), (3, 4, 2), (3, 4, 4, 4, 2), (64, 32, 10)]


@pytest.mark.parametrize("rankdir", ["LR", "TB", "RL", "BT"])
@pytest.mark.parametrize("size", ["slide", "column"])
@pytest.mark.parametrize("units", NETWORKS)
def test_operations_of_dense_networks_can_be_read(units, size, rankdir):
    diagram = cr.draw(**dense(*units), level="op", size=size, rankdir=rankdir)
    *_, least = pixels(diagram)
    assert least >= ROOMS[size].least - 0.05
    assert not any("✗" in note for note in diagram.notes)
    assert not diagram.proofread().wrong


@pytest.mark.parametrize("units", NETWORKS)
def test_rows_stand_below_one_another_and_frames_beside(units):
    diagram = cr.draw(**dense(*units), level="op", size="slide")
    assert len(diagram.scene.rows) > 1
    place = {name: span for name, span in diagram.spans.items() if span.end > 0}
    ends = [max(place[b].bottom for b in row) for row in diagram.scene.rows]
    begins = [min(place[b].top for b in row) for row in diagram.scene.rows]
    assert all(end < begin for end, begin in zip(ends, begins[1:], strict=False))
    assert sum(map(len, diagram.scene.rows)) == len(diagram.scene.blocks)


@pytest.mark.parametrize("rankdir", ["LR", "TB", "RL", "BT"])
def test_every_edge_from_row_to_row_is_drawn_once_with_its_arrow(rankdir):
    diagram = cr.draw(**dense(3, 4, 2), level="op", size="slide", rankdir=rankdir)
    svg = ET.fromstring(diagram.render("svg"))
    edges = [g for g in svg.iter() if g.get("class", "").startswith("edge ")]
    assert [g.get("id") for g in edges] == diagram.scene.link_ids()
    for edge in edges:
        shapes = [part.tag.partition("}")[2] for part in edge.iter()]
        assert shapes.count("path") == 1
        assert "polygon" in shapes


def test_what_is_too_long_for_one_row_goes_on_in_the_next():
    diagram = cr.draw(**dense(3, 4, 4, 4, 2), level="op", size="column")
    names = [
        name.text for name in ET.fromstring(diagram.render("svg")).iter() if name.text
    ]
    assert any(name.startswith("… dense_1") for name in names)


def test_the_level_that_was_asked_for_stays():
    diagram = cr.draw(chain(8), level="op", direction="both", size="slide")
    assert "level=" not in diagram.notes[0]
    assert "no more than" in diagram.notes[0]
    assert "more blocks" in diagram.source


@pytest.mark.parametrize("size", ["slide", "column"])
@pytest.mark.parametrize("level", ["op", "layer", None])
def test_forty_layers_are_a_picture_that_can_be_read(level, size):
    diagram = cr.draw(chain(40), level=level, direction="both", size=size)
    assert pixels(diagram)[2] >= ROOMS[size].least - 0.05
    assert len(diagram.scene.blocks) > 6


def test_fitting_lays_out_few_pictures(monkeypatch):
    laid = []
    measure = Diagram.measured.func
    counted = functools.cached_property(lambda d: (laid.append(d), measure(d))[1])
    counted.__set_name__(Diagram, "measured")
    monkeypatch.setattr(Diagram, "measured", counted)
    for size in ("slide", "column"):
        for layers in (8, 40, 100):
            laid.clear()
            cr.draw(chain(layers), direction="both", size=size)
            assert len(laid) <= 30


def test_a_picture_says_what_it_cost_and_where_it_is_too_small():
    diagram = cr.draw(chain(3), level="op", direction="both", size=(200, 100))
    assert any(
        note.startswith("✗ too much for 200 × 100 pixels") for note in diagram.notes
    )


def test_small_pictures_are_not_blown_up():
    x = cr.input("x")
    width, _, least = pixels(cr.draw(cr.ops.tanh(x), size="slide"))
    assert width < 640
    assert least <= 2 * 16


def test_a_png_has_the_pixels_that_were_asked_for():
    data = cr.draw(chain(3), level="layer", size=(800, 600)).render("png", dpi=96)
    width, height = (int.from_bytes(data[i : i + 4], "big") for i in (16, 20))
    assert 780 <= width <= 801 or 580 <= height <= 601


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ("slides", "Did you mean 'slide'"),
        (600, "size must be 'slide', 'column' or"),
        ((600,), "size must have 2 entries"),
        (("a", 3), "size must be a float"),
        ((0, 3), "from 50 to 20000 pixels"),
    ],
)
def test_sizes_that_are_none_are_refused(size, message):
    with pytest.raises(ChainRuleError, match=message):
        cr.draw(cr.input("x") * 2, size=size)


def test_an_explanation_can_be_scaled():
    w = cr.parameter("w", 2.0)
    diagram = cr.explain(cr.ops.square(w).named("J"), w).diagram
    assert pixels(diagram.styled(size="column"))[0] <= 600


def test_frozen_parameters_are_marked_and_counts_and_dtypes_are_on_request():
    x = cr.input("x", (None, 2))
    w = cr.parameter("w", [[1.0], [2.0]])
    w.trainable = False
    y = (x @ w).named("y")
    scene = cr.draw(y, show_counts=True, show_dtypes=True).scene
    lines = {
        b.title.unicode(): [line.text.unicode() for line in b.lines]
        for b in scene.blocks
    }
    assert lines["w"] == ["(2, 1) float", "2 parameters", "❄ frozen"]
    assert lines["x"] == ["(batch, 2) float"]
    bare = [n.text.unicode() for b in cr.draw(y).scene.blocks for n in b.lines]
    assert "2 parameters" not in bare
    assert "❄ frozen" in bare


@pytest.mark.parametrize("rankdir", ["LR", "TB"])
@pytest.mark.parametrize("direction", ["forward", "both"])
def test_a_chain_of_layers_runs_straight_by_operations(rankdir, direction):
    def across(layers):
        diagram = cr.draw(
            chain(layers), level="op", fold=False, rankdir=rankdir, direction=direction
        )
        measured = diagram.measured
        return measured.height if rankdir == "LR" else measured.width

    assert across(8) < (1.3 if rankdir == "LR" else 1.8) * across(3)


def explained(**options):
    """An entry of a weight matrix whose paths branch."""
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    first = cr.layers.Dense(3, activation="tanh")
    hidden = cr.layers.Dense(3, activation="tanh")(first(x))
    loss = cr.losses.mse(t, cr.layers.Dense(1)(hidden).named("y_hat"))
    kernel = next(p for p in cr.Graph([loss]).parameters if p.shape == (2, 3))
    values = {x: [[1.0, -0.5]], t: [[1.0]]}
    return cr.explain(loss, kernel, (0, 1), values=values, **options).diagram


@pytest.mark.parametrize("size", ["slide", "column"])
@pytest.mark.parametrize("options", [{}, {"unfold": True}, {"rankdir": "TB"}])
def test_an_explanation_is_arranged_to_be_read(options, size):
    diagram = explained(**options).styled(size=size)
    assert pixels(diagram)[2] >= ROOMS[size].least - 0.05
    assert not any("✗" in note for note in diagram.notes)
    assert "∂J/∂w₁₂⁽¹⁾" in diagram.notes[0]


def test_what_branches_stands_in_the_order_of_the_flow():
    scene = explained(unfold=True).styled(size="column").scene
    row = {block: n for n, ids in enumerate(scene.rows) for block in ids}
    ends = [
        (row[link.tail], row[link.head]) for link in scene.links if link.tail in row
    ]
    assert len(scene.rows) > 1
    assert all(tail <= head for tail, head in ends)


def test_another_size_starts_from_the_whole_picture():
    loss = chain(8)
    slide = cr.draw(loss, direction="both", level="layer", size="slide")
    column = cr.draw(loss, direction="both", level="layer", size="column")
    assert slide.styled(size="column").source == column.source
    assert column.styled(size="slide").source == slide.source


def test_another_size_keeps_the_level_and_says_why():
    slide = cr.draw(chain(8), direction="both", size="slide")
    column = slide.styled(size="column")
    assert "to fit a slide of 1280 × 720 pixels: level='layer'" in column.notes[-1]
    assert "to fit a column of 600 pixels: in " in column.notes[-1]
    assert {b.kind for b in column.scene.blocks} == {"input", "layer", "loss"}


def along(path):
    """Return places along the Bézier curves of an SVG path."""
    points = np.array(re.findall(r"(-?[\d.]+),(-?[\d.]+)", path.get("d")), float)
    part = np.linspace(0, 1, 40)[:, None]
    weights = (1 - part) ** 3, 3 * part * (1 - part) ** 2, 3 * part**2 * (1 - part)
    return np.concatenate(
        [
            sum(
                w * p
                for w, p in zip((*weights, part**3), points[i : i + 4], strict=True)
            )
            for i in range(0, len(points) - 3, 3)
        ]
    )


@pytest.mark.parametrize("units", [(2, 3, 1), (3, 4, 2)])
def test_edges_that_enter_a_row_run_through_no_title(units):
    svg = cr.draw(**dense(*units), level="op", size="column").render("svg").decode()
    edges = [
        along(path)
        for group in ET.fromstring(svg).iter()
        if group.get("class", "").startswith("edge ")
        for path in group.iter("{http://www.w3.org/2000/svg}path")
    ]
    titles = read(svg).frames
    assert len(titles) > 3
    for title in titles:
        low, high = (
            (title.box.left, title.box.top + 2),
            (title.box.right, title.box.bottom),
        )
        for places in edges:
            assert not ((places > low) & (places < high)).all(axis=1).any(), title.words
