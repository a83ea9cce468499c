"""The neuron level: units in columns, weights on the edges between them."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentTypeError, DataError, GraphError
from chainrule.notation.numbers import number
from chainrule.plotting.rooms import ROOMS


def network(hidden=3):
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    inner = cr.layers.Dense(hidden, activation="tanh")(x)
    loss = cr.losses.mse(t, cr.layers.Dense(1)(inner).named("y_hat"))
    return loss, {x: [[1.0, -0.5], [3.0, 4.0]], t: [[1.0], [0.0]]}


def titles(diagram):
    return [block.title.unicode() for block in diagram.scene.blocks]


def test_neurons_are_the_textbooks_picture():
    loss, feeds = network()
    scene = cr.draw(loss, level="neuron", values=feeds).scene
    assert [block.title.unicode() for block in scene.blocks] == [
        "x₁", "x₂", "a₁⁽¹⁾", "a₂⁽¹⁾", "a₃⁽¹⁾", "ŷ", "t", "J", "1", "1",
    ]  # fmt: skip
    assert len(scene.links) == (2 + 1) * 3 + (3 + 1) * 1 + 2
    kernel = next(p for p in cr.Graph([loss]).parameters if p.shape == (2, 3))
    (edge,) = (k for k in scene.links if (k.tail, k.head) == ("c0_2", "c1_1"))
    assert edge.weight == pytest.approx(float(kernel.value[1, 0]))
    assert edge.lines[0].text.unicode().startswith("w₂₁⁽¹⁾ = ")


def test_neurons_show_the_example_asked_for():
    loss, feeds = network()
    scene = cr.draw(loss, level="neuron", values=feeds, example=1).scene
    assert scene.blocks[0].lines[0].text.unicode() == "3"
    with pytest.raises(
        GraphError, match="example must be one of the 2 in the batch, got 2"
    ):
        cr.draw(loss, level="neuron", values=feeds, example=2)


def test_gradients_of_neurons_are_those_of_autodiff():
    loss, feeds = network()
    kernel = next(p for p in cr.Graph([loss]).parameters if p.shape == (2, 3))
    one = {leaf: np.asarray(value)[:1] for leaf, value in feeds.items()}
    (slope,) = cr.evaluate([cr.grad(loss, [kernel])[0]], one, dtype="float64")
    scene = cr.draw(loss, level="neuron", values=feeds, direction="both").scene
    (edge,) = (k for k in scene.links if (k.tail, k.head) == ("c0_1", "c1_1"))
    text = edge.lines[1].text.unicode()
    assert text.startswith("∂J/∂w₁₁⁽¹⁾ = ")
    shown = float(text.split(" = ")[1].replace("−", "-"))
    assert shown == pytest.approx(slope[0, 0], rel=0.01)


def test_biases_are_the_weights_of_a_1():
    loss, feeds = network()
    bias = next(p for p in cr.Graph([loss]).parameters if p.shape == (3,))
    bias.value = np.array([0.5, -0.25, 2.0])
    one = {leaf: np.asarray(value)[:1] for leaf, value in feeds.items()}
    (slope,) = cr.evaluate([cr.grad(loss, [bias])[0]], one, dtype="float64")
    scene = cr.draw(loss, level="neuron", values=feeds, direction="both").scene
    edges = [link for link in scene.links if link.tail == "c1_bias"]
    assert [edge.lines[0].text.unicode() for edge in edges] == [
        "b₁⁽¹⁾ = 0.5", "b₂⁽¹⁾ = −0.25", "b₃⁽¹⁾ = 2",
    ]  # fmt: skip
    assert [edge.head for edge in edges] == ["c1_1", "c1_2", "c1_3"]
    assert (
        edges[1].lines[1].text.unicode() == f"∂J/∂b₂⁽¹⁾ = {number(slope[1], digits=3)}"
    )


def test_wide_layers_are_elided():
    x, t = cr.input("x", (None, 784)), cr.input("t", (None,), "int")
    hidden = cr.layers.Dense(32, activation="relu")(x)
    loss = cr.losses.sparse_softmax_cross_entropy(t, cr.layers.Dense(10)(hidden))
    found = titles(cr.draw(loss, level="neuron"))
    assert found[:6] == ["x₁", "x₂", "x₃", "⋮", "x₇₈₃", "x₇₈₄"]


def test_dropped_units_are_drawn_as_dropped():
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    inner = cr.layers.Dropout(0.5)(cr.layers.Dense(6, activation="tanh")(x))
    loss = cr.losses.mse(t, cr.layers.Dense(1)(inner))
    feeds = {x: [[1.0, 2.0]], t: [[1.0]]}
    scene = cr.draw(loss, level="neuron", values=feeds, training=True, seed=3).scene
    dropped = [block for block in scene.blocks if "dropped" in block.marks]
    assert 0 < len(dropped) < 6
    still = cr.draw(loss, level="neuron", values=feeds, seed=3).scene
    assert not any("dropped" in block.marks for block in still.blocks)


def test_any_module_can_say_that_it_drops_units():
    class FirstUnitOff(cr.Layer):
        """y = x · (0, 1, 1 …)."""

        drops = True

        def apply(self, x):
            return x * np.arange(x.shape[-1]).astype(bool).astype(float)

    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    inner = FirstUnitOff()(cr.layers.Dense(3, activation="tanh")(x))
    loss = cr.losses.mse(t, cr.layers.Dense(1)(inner))
    scene = cr.draw(loss, level="neuron", values={x: [[1.0, 2.0]], t: [[1.0]]}).scene
    assert [b.id for b in scene.blocks if "dropped" in b.marks] == ["c1_1"]


def test_a_graph_without_weights_has_no_neurons():
    with pytest.raises(GraphError, match="use level='op'"):
        cr.draw(cr.input("x") * 2, level="neuron")


def layered(*sizes):
    """A network of sigmoid units, and values for one example."""
    x, t = cr.input("x", (None, sizes[0])), cr.input("t", (None, sizes[-1]))
    y = x
    for size in sizes[1:-1]:
        y = cr.layers.Dense(size, activation="sigmoid")(y)
    y = cr.layers.Dense(sizes[-1])(y)
    rng = np.random.default_rng(0)
    feeds = {leaf: rng.normal(size=(1, leaf.shape[1])) for leaf in (x, t)}
    return cr.losses.mse(t, y.named("y_hat")), feeds


@pytest.mark.parametrize("direction", ["forward", "both"])
@pytest.mark.parametrize("rankdir", ["LR", "TB", "RL", "BT"])
@pytest.mark.parametrize("sizes", [(2, 3, 1), (3, 4, 2), (1, 2, 3, 2), (2, 5, 2)])
def test_no_label_covers_another_and_no_edge_crosses_one(sizes, rankdir, direction):
    loss, feeds = layered(*sizes)
    diagram = cr.draw(
        loss, level="neuron", values=feeds, rankdir=rankdir, direction=direction
    )
    findings = [str(f) for f in diagram.proofread().wrong if f.check == "layout"]
    assert findings == []


@pytest.mark.parametrize("theme", ["light", "dark", "transparent", "print"])
def test_edges_are_interrupted_where_labels_stand_in_every_format(theme):
    loss, feeds = layered(3, 4, 4, 4, 2)
    diagram = cr.draw(loss, level="neuron", values=feeds, direction="both", theme=theme)
    assert not diagram.proofread().wrong
    (edge,) = (
        line for line in diagram.source.splitlines() if 'id="forward-c0_1-c1_1"' in line
    )
    assert ";" in re.search(r'pos="(.*?)"', edge)[1]
    drawn = ET.fromstring(diagram.render("svg")).find(
        ".//*[@id='forward-c0_1-c1_1']//{*}path"
    )
    assert drawn.get("d").count("M") > 1
    tikz = diagram.render("tikz").decode()
    assert re.search(r"\\draw.* \(\S+ \S+\) \(\S+ \S+\) \.\. controls", tikz)


def test_only_what_is_written_is_explained_below():
    loss, feeds = layered(3, 4, 2)
    key = "on an edge: ∂J/∂(the weight)"
    diagram = cr.draw(loss, level="neuron", values=feeds, direction="both")
    assert key in diagram.notes
    column = diagram.styled(size="column")
    assert all(len(link.lines) < 2 for link in column.scene.links)
    assert key not in column.notes
    lying = replace(column.scene, caption=diagram.scene.caption)
    found = [str(f) for f in column.shown_as(lying).proofread().wrong]
    assert found == [f"{key}: ∂J/∂(the weight) is written nowhere"]


def test_a_unit_shows_its_sum_and_its_activation():
    loss, feeds = layered(2, 3, 1)
    scene = cr.draw(loss, level="neuron", values=feeds).scene
    kernel, bias = (p.value for p in cr.Graph([loss]).parameters[:2])
    z = next(iter(feeds.values()))[0] @ kernel + bias
    for unit in range(3):
        block = scene.block(f"c1_{unit + 1}")
        said = [line.text.unicode() for line in block.lines if line.kind == "value"]
        sub = "₁₂₃"[unit]
        assert said == [
            f"z{sub}⁽¹⁾ = {number(z[unit], digits=3)}",
            f"σ(z{sub}⁽¹⁾) = {number(1 / (1 + np.exp(-z[unit])), digits=3)}",
        ]


@pytest.mark.parametrize("sizes", [(2, 3, 1), (3, 4, 2), (3, 4, 4, 4, 2)])
@pytest.mark.parametrize("size", ["slide", "column"])
def test_networks_can_be_read_at_their_size(sizes, size):
    loss, feeds = layered(*sizes)
    diagram = cr.draw(loss, level="neuron", values=feeds, size=size)
    assert diagram.measured.pixels(ROOMS[size]) >= ROOMS[size].least
    assert diagram.proofread().wrong == ()


def test_a_unit_has_the_curve_of_its_activation():
    loss, feeds = layered(2, 3, 1)
    scene = cr.draw(loss, level="neuron", values=feeds).scene
    hidden, output = scene.block("c1_1"), scene.block("c2_1")
    assert (hidden.sign, output.sign, output.curve) == ("Σ", "Σ", None)
    x, y = np.array(hidden.curve.points).T
    z = 8 * x - 4
    low, high = 1 / (1 + np.exp(4)), 1 / (1 + np.exp(-4))
    assert y == pytest.approx((1 / (1 + np.exp(-z)) - low) / (high - low))


@pytest.mark.parametrize("z", [-6.0, -1.5, 0.25, 40.0])
def test_a_dot_shows_where_a_unit_is_on_its_curve(z):
    unit = cr.layers.Perceptron("sigmoid", weights=(1.0,), bias=0.0)
    diagram = cr.draw(
        cr.Sequential([unit], input_shape=1), level="neuron", values={"x": [[z]]}
    )
    span = max(4, 1.25 * abs(z))
    low, high = 1 / (1 + np.exp(span)), 1 / (1 + np.exp(-span))
    g = (1 / (1 + np.exp(-z)) - low) / (high - low)
    curve = diagram.scene.block("c1_1").curve
    assert curve.at == pytest.approx(((z / span + 1) / 2, g), abs=1e-6)
    assert " E " in diagram.source.partition("_background=")[2]


def test_without_numbers_no_unit_is_anywhere_on_its_curve():
    loss, _feeds = layered(2, 3, 1)
    assert cr.draw(loss, level="neuron").scene.block("c1_1").curve.at is None


def digits_like():
    """A network of 8 × 8 inputs and softmax outputs, and one example."""
    layers = [cr.layers.Dense(3, activation="tanh"), cr.layers.Dense(2, "softmax")]
    return cr.Sequential(layers, input_shape=64), np.linspace(0, 1, 64)[None]


def test_an_input_is_shown_as_an_image_beside_its_units():
    model, x = digits_like()
    diagram = cr.draw(model, level="neuron", values={"x": x}, image=(8, 8))
    image = diagram.scene.block("image_1")
    assert np.ravel(image.image) == pytest.approx(x[0])
    assert image.rank == diagram.scene.block("c0_1").rank - 1
    pixels = re.findall(
        r"C 9 -#1B1B1E(..) P 4", diagram.source.partition("_background=")[2]
    )
    assert [int(pixel, 16) for pixel in pixels] == [round(255 * v) for v in x[0]]


@pytest.mark.parametrize(
    ("numbers", "shares"),
    [
        ([np.inf, -np.inf, 1, 3], [1, 0, 0, 1]),
        ([np.nan, 2, 2, np.inf], [0, 0, 0, 1]),
        ([3.4e38, -3.4e38, 0, np.nan], [1, 0, 0.5, 0]),
    ],
)
def test_an_image_of_numbers_that_are_not_finite(numbers, shares):
    model = cr.Sequential([cr.layers.Dense(2)], input_shape=4)
    diagram = cr.draw(model, level="neuron", values={"x": [numbers]}, image=(2, 2))
    image = diagram.scene.block("image_1").image
    assert np.ravel(image) == pytest.approx(np.array(shares))
    diagram.render("svg")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image": (8, 7)}, r"image=\(8, 7\) takes 56 numbers, .* \(x: 64\)"),
        ({"image": (8, 8), "values": None}, "image=… has no effect here"),
        ({"image": (8, 8), "level": "op"}, "image=… has no effect here"),
    ],
)
def test_an_image_that_cannot_be_shown_is_refused(options, message):
    model, x = digits_like()
    with pytest.raises(GraphError, match=message):
        cr.draw(model, **{"level": "neuron", "values": {"x": x}, **options})


def test_a_long_line_makes_no_huge_circle():
    model, x = digits_like()
    source = cr.draw(model, level="neuron", values={"x": x}).source
    units = [line for line in source.splitlines() if "softmax(" in line]
    assert len(units) == 2
    assert all("shape=box" in line for line in units)


@pytest.mark.parametrize("level", ["op", "neuron"])
@pytest.mark.parametrize("x", [np.zeros(4), np.zeros(7), 3.0])
def test_values_of_another_shape_are_told_as_they_were_given(level, x):
    model = cr.Sequential([cr.layers.Dense(2)], input_shape=4)
    told = re.escape(f"of shape (batch, 4), got {np.shape(x)}")
    with pytest.raises(DataError, match=told):
        cr.draw(model, level=level, values={"x": x})


def test_the_sides_of_an_image_are_integers():
    model, x = digits_like()
    with pytest.raises(ArgumentTypeError, match=r"image must be an int, got 8\.0"):
        cr.draw(model, level="neuron", values={"x": x}, image=(8.0, 8.0))
