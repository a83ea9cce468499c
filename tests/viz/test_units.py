"""The neuron level draws the network that is there, or says why it cannot."""

import dataclasses
import re

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import GraphError
from chainrule.testing import check_picture
from chainrule.testing.architectures import Architecture
from chainrule.viz.graph import neurons
from chainrule.viz.graph.columns import find_columns
from chainrule.viz.proof.proofread import proofread
from chainrule.viz.scene import Link

ONE_INPUT = {"x": [[1.0, 2.0]]}
ONE = {"x": [[1.0, 2.0]], "t": [[1.0]]}


def drawn(what, values=None, **options):
    """Draw units, read the picture back, and return what each circle says."""
    diagram = cr.draw(what, level="neuron", values=values, **options)
    check_picture(diagram)
    return diagram


def said(diagram):
    """Return title → lines of each unit, and which units are joined."""
    blocks = {
        b.title.unicode(): [line.text.unicode() for line in b.lines]
        for b in diagram.scene.blocks
    }
    name = {b.id: b.title.unicode() for b in diagram.scene.blocks}
    edges = {(name[k.tail], name[k.head]) for k in diagram.scene.links}
    return blocks, edges


def inputs():
    return cr.input("x", (None, 2)), cr.input("t", (None, 1))


def test_a_skip_edge_is_drawn():
    x = cr.input("x", (2,))
    u, v = cr.parameter("U", np.ones((2, 2))), cr.parameter("V", np.ones((2, 1)))
    diagram = drawn((x + cr.ops.tanh(x @ u)) @ v, {x: [1.0, 2.0]})
    blocks, edges = said(diagram)
    assert blocks["v₁,₁"] == ["z = 3", "tanh(z) = 0.995"]
    assert blocks["v₂,₂"] == ["x₂ + v₁,₂ = 3"]
    assert {("x₁", "v₁,₁"), ("x₁", "v₂,₁"), ("v₁,₁", "v₂,₁"), ("v₂,₁", "v₃")} <= edges
    assert ("x₁", "v₃") not in edges
    assert blocks["v₃"] == ["4.99"]


def test_a_gate_is_drawn():
    x, t = inputs()
    gate = cr.layers.Dense(2, activation="sigmoid")(x)
    y = cr.layers.Dense(1)(gate * cr.layers.Dense(2, activation="tanh")(x))
    blocks, edges = said(drawn(cr.losses.mse(t, y), ONE, direction="both"))
    assert blocks["v₁,₂"][0].startswith("a₂⁽¹⁾ ⊙ a₂⁽²⁾ = ")
    assert {("a₂⁽¹⁾", "v₁,₂"), ("a₂⁽²⁾", "v₁,₂"), ("v₁,₂", "z⁽³⁾")} <= edges


def test_joined_columns_are_read_as_one():
    x, t = inputs()
    s = cr.input("s", (None, 2))
    y = cr.layers.Dense(1)(cr.ops.concatenate([x, s])).named("y_hat")
    diagram = drawn(cr.losses.mse(t, y), {**ONE, "s": [[3.0, 4.0]]})
    weights = [k.lines[0].text.unicode()[:3] for k in diagram.scene.links if k.lines]
    assert weights == ["b⁽¹", "w₁₁", "w₂₁", "w₃₁", "w₄₁"]
    _, edges = said(diagram)
    assert {(name, "ŷ") for name in ("x₁", "x₂", "s₁", "s₂")} <= edges


def test_a_grid_is_drawn_as_its_numbers():
    m, t = cr.input("m", (None, 2, 3)), cr.input("t", (None, 1))
    y = cr.layers.Dense(1)(cr.layers.Flatten()(m)).named("y_hat")
    values = {m: np.arange(6.0).reshape(1, 2, 3), t: [[1.0]]}
    blocks, edges = said(drawn(cr.losses.mse(t, y), values))
    assert blocks["m₂₃"] == ["5"]
    assert ("m₂₃", "ŷ") in edges


def test_a_layer_that_two_inputs_share_is_drawn_twice():
    x, t = inputs()
    q = cr.input("q", (None, 2))
    layer = cr.layers.Dense(2, activation="tanh")
    y = cr.layers.Dense(1)(abs(layer(x) - layer(q)))
    diagram = drawn(cr.losses.mse(t, y), {**ONE, "q": [[0.5, 0.1]]}, direction="both")
    weights = [
        k.lines[0].text.unicode() for k in diagram.scene.links if len(k.lines) == 2
    ]
    assert sum(text.startswith("w₁₂⁽¹⁾") for text in weights) == 2


def test_targets_are_read_by_the_loss_alone():
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 3))
    loss = cr.losses.softmax_cross_entropy(t, cr.layers.Dense(3)(x))
    _, edges = said(drawn(loss, {x: [[1.0, 2.0]], t: [[0.0, 1.0, 0.0]]}))
    assert {head for tail, head in edges if tail.startswith("t")} == {"J"}
    assert not {tail for tail, head in edges if head.startswith("t")}


def test_a_penalty_is_mentioned():
    x, t = inputs()
    y = cr.layers.Dense(1)(x)
    kernel = next(p for p in cr.Graph([y]).parameters if p.value.ndim == 2)
    loss = cr.losses.mse(t, y) + 0.1 * cr.ops.sum(cr.ops.square(kernel))
    blocks, edges = said(drawn(loss, ONE))
    assert blocks["J"][-1] == "and of W⁽¹⁾"
    assert edges == {
        ("1", "z⁽¹⁾"), ("x₁", "z⁽¹⁾"), ("x₂", "z⁽¹⁾"), ("z⁽¹⁾", "J"), ("t", "J"),
    }  # fmt: skip


def test_several_outputs_are_drawn():
    x = cr.input("x", (None, 2))
    h = cr.layers.Dense(2, activation="tanh")(x)
    both = [cr.layers.Dense(1)(h), cr.layers.Dense(2)(h)]
    blocks, edges = said(drawn(both, {x: [[1.0, 2.0]]}))
    assert {"z⁽²⁾", "z₁⁽³⁾", "z₂⁽³⁾"} <= set(blocks)
    assert {("a₁⁽¹⁾", "z⁽²⁾"), ("a₁⁽¹⁾", "z₂⁽³⁾")} <= edges


def test_a_sum_of_two_products_is_one_unit():
    x, h = cr.input("x", (None, 2)), cr.input("h", (None, 3))
    v, r = cr.parameter("V", np.ones((2, 1))), cr.parameter("R", np.ones((3, 1)))
    values = {x: [[1.0, 2.0]], h: [[0.1, 0.2, 0.3]]}
    blocks, edges = said(drawn(cr.ops.tanh(x @ v + h @ r).named("s"), values))
    assert blocks["s"] == ["z = 3.6", "tanh(z) = 0.999"]
    assert len(edges) == 5


def test_a_softmax_reads_all_units():
    x = cr.input("x", (None, 2))
    y = cr.layers.Dense(3, activation="softmax")(x).named("p")
    blocks, edges = said(drawn(y, {x: [[1.0, 2.0]]}))
    assert {(f"z{i}⁽¹⁾", f"p{j}⁽¹⁾") for i in "₁₂₃" for j in "₁₂₃"} <= edges
    assert blocks["p₁⁽¹⁾"][0].startswith("softmax(z⁽¹⁾)₁ = ")


def test_a_relu_that_gives_0_is_not_dropped():
    x, t = inputs()
    h = cr.layers.Dropout(0.5)(cr.layers.Dense(6, activation="relu")(x))
    loss = cr.losses.mse(t, cr.layers.Dense(1)(h))
    for training in (False, True):
        diagram = drawn(loss, ONE, training=training, seed=3)
        for block in diagram.scene.blocks:
            lines = [line.text.unicode() for line in block.lines]
            scales = [x for x in lines if re.search(r"· (0|2) = ", x)]
            assert ("dropped" in block.marks) is any("· 0" in x for x in scales)
            assert bool(scales) is (training and len(lines) > 2)
        told = [x.text.unicode() for b in diagram.scene.blocks for x in b.lines]
        zeros = [x for x in told if "relu(" in x and x.endswith("= 0")]
        assert zeros
        assert training or not any("dropped" in b.marks for b in diagram.scene.blocks)


def test_dropped_units_have_no_weights_written():
    x, t = inputs()
    h = cr.layers.Dropout(0.5)(cr.layers.Dense(4, activation="tanh")(x))
    loss = cr.losses.mse(t, cr.layers.Dense(1)(h))
    scene = drawn(loss, ONE, training=True, seed=3).scene
    dropped = {b.id for b in scene.blocks if "dropped" in b.marks}
    assert dropped
    for link in scene.links:
        touches = bool({link.tail, link.head} & dropped)
        assert ("dropped" in link.marks) is touches
        assert not (touches and link.lines)


def test_a_perceptron_is_the_lectures_picture():
    x = cr.input("x", (None, 2))
    y = cr.layers.Perceptron("sigmoid", weights=(3.0, -2.0), bias=1.0)(x)
    diagram = drawn(y.named("y_hat"), {x: [[-1.0, 2.0]]})
    blocks, edges = said(diagram)
    assert blocks["ŷ"] == ["z⁽¹⁾ = −6", "σ(z⁽¹⁾) = 0.00247"]
    assert edges == {("1", "ŷ"), ("x₁", "ŷ"), ("x₂", "ŷ")}
    weights = {k.lines[0].text.unicode() for k in diagram.scene.links}
    assert weights == {"w₀⁽¹⁾ = 1", "w₁⁽¹⁾ = 3", "w₂⁽¹⁾ = −2"}


def test_a_unit_that_mixes_reads_what_it_depends_on():
    grid = cr.input("m", (None, 2, 2))
    y = cr.layers.Dense(1)(cr.ops.sum(grid, axis=-1))
    _, edges = said(drawn(y, {grid: [[[1.0, 2.0], [3.0, 5.0]]]}))
    assert {(a, b) for a, b in edges if a[0] == "m"} == {
        ("m₁₁", "v₁,₁"), ("m₁₂", "v₁,₁"), ("m₂₁", "v₁,₂"), ("m₂₂", "v₁,₂"),
    }  # fmt: skip


@pytest.mark.parametrize("after", [cr.layers.Dropout(0.5), cr.activations.Relu()])
@pytest.mark.parametrize("training", [False, True])
def test_what_follows_a_layer_that_mixes_units_has_units_of_its_own(after, training):
    after = cr.layers.Activation(after) if isinstance(after, cr.Activation) else after
    layers = [cr.layers.Dense(3), cr.layers.LayerNorm(), after, cr.layers.Dense(1)]
    model = cr.Sequential(layers, input_shape=2)
    values = {"x": [[1.0, 2.0]], "t": [[1.0]]}
    drawn = cr.draw(
        model, level="neuron", values=values, loss="mse", direction="both",
        training=training, check=True,
    )  # fmt: skip
    assert any("read back" in note for note in drawn.notes)


def test_a_formula_in_a_unit_has_its_own_entries():
    x = cr.input("x", (None, 2))
    s, c = cr.parameter("s", np.array([2.0, 3.0])), cr.parameter("c", np.ones(2))
    blocks, _ = said(drawn(cr.layers.Dense(1)(cr.ops.tanh(x * s + c)), ONE_INPUT))
    assert blocks["v₁,₂"] == ["tanh(x₂ ⊙ s₂ + c₂) = 1"]


@pytest.mark.parametrize("seed", range(25))
def test_units_of_any_architecture_are_true(seed):
    random = np.random.default_rng(seed)

    def choose(n):
        return int(random.integers(n))

    net = Architecture(choose, batch=(1, 3)[choose(2)])
    drawn(
        net.loss, net.feeds, direction=("forward", "both")[choose(2)],
        training=bool(choose(2)), rankdir=("LR", "TB")[choose(2)],
    )  # fmt: skip


def test_a_batch_says_which_example_is_drawn():
    x, t = inputs()
    loss = cr.losses.mse(t, cr.layers.Dense(1)(x))
    values = {x: [[1.0, 2.0], [3.0, 4.0]], t: [[1.0], [0.0]]}
    caption = drawn(loss, values, example=1).scene.caption
    assert (
        caption[0].text.unicode() == "example 2 of 2, alone: J is its own, not the mean"
    )


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (lambda x, d: d(x) @ d(x).T, "mixes the examples"),
        (lambda x, d: cr.layers.BatchNorm()(d(x)), "mixes the examples of a batch"),
        (lambda x, d: d(x) * cr.ops.mean(x), "mixes the examples of a batch"),
        (lambda x, d: d(x[:1]), "mixes the examples"),
    ],
)
def test_what_is_not_made_of_units_is_refused(build, why):
    x = cr.input("x", (None, 2))
    with pytest.raises(GraphError, match=f"{why}.*use level='op'"):
        cr.draw(build(x, cr.layers.Dense(2)), level="neuron", training=True)


def test_a_product_of_units_is_refused():
    a, b = cr.input("a", (2, 3)), cr.input("b", (3, 2))
    w = cr.parameter("w", np.ones((2, 2)))
    with pytest.raises(GraphError, match="is a product of units with units"):
        cr.draw(a @ b @ w, level="neuron")


def lies(diagram, *changes):
    svg = diagram.render("svg").decode()
    for old, new in changes:
        assert svg.count(old) == 1, svg.count(old)
        svg = svg.replace(old, new)
    return [(f.check, str(f)) for f in proofread(svg, diagram._truth()).wrong]


def network():
    x, t = inputs()
    h = cr.layers.Dense(2, activation="tanh")(x)
    kernel, bias = cr.Graph([h]).parameters
    kernel.value[...] = [[0.5, -0.25], [0.125, 0.75]]
    bias.value[...] = [0.1, 0.2]
    y = cr.layers.Dense(1)(x + h).named("y_hat")
    return cr.draw(cr.losses.mse(t, y), level="neuron", values=ONE, direction="both")


def test_lies_about_units_are_found():
    diagram = network()
    assert not lies(diagram)
    assert ("edge", "w₁₁⁽¹⁾: 0.6 is printed, but it is 0.5") in lies(
        diagram, ("₁₁⁽¹⁾ = 0.5</text>", "₁₁⁽¹⁾ = 0.6</text>")
    )
    checks = {check for check, _ in lies(diagram, ("₁⁽¹⁾ = 0.85<", "₁⁽¹⁾ = 0.95<"))}
    assert "sum" in checks
    found = lies(diagram, ("₁⁽¹⁾) = 0.691<", "₁⁽¹⁾) = 0.5<"))
    assert {check for check, _ in found} >= {"formula", "value"}


def test_an_edge_that_is_missing_between_units_is_found():
    diagram = network()
    svg = diagram.render("svg").decode()
    start = svg.index('<g id="forward-c0_1-c1_1"')
    edge = svg[start : svg.index("\n\n<g id=", start)]
    found = lies(diagram, (edge, ""))
    assert ("sum", "z₁⁽¹⁾: 0.85 is printed, but what is drawn adds up to 0.35") in found


def test_a_picture_that_keeps_one_operand_is_found_false(monkeypatch):
    """Where columns join, only the first one was drawn."""

    def first_only(subject, training):
        return tuple(
            dataclasses.replace(
                column,
                reads={unit: read[:1] for unit, read in column.reads.items()},
                operands=column.operands[:1],
            )
            if column.kind == "join"
            else column
            for column in find_columns(subject, training)
        )

    monkeypatch.setattr(neurons, "find_columns", first_only)
    x = cr.input("x", (2,))
    u, v = cr.parameter("U", np.ones((2, 2))), cr.parameter("V", np.ones((2, 1)))
    y = (x + cr.ops.tanh(x @ u)) @ v
    diagram = cr.draw(y, level="neuron", values={x: [1.0, 2.0]})
    found = {(finding.check, finding.where) for finding in diagram.proofread().wrong}
    assert {("link", "v₂,₁"), ("link", "v₂,₂"), ("formula", "v₂,₁")} <= found


def test_an_edge_that_brings_nothing_is_found():
    """Outputs pointed into the targets."""
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 2))
    loss = cr.losses.softmax_cross_entropy(t, cr.layers.Dense(2)(x))
    diagram = cr.draw(loss, level="neuron", values={x: [[1.0, 2.0]], t: [[0.0, 1.0]]})
    place = {block.title.unicode(): block.id for block in diagram.scene.blocks}
    targets = {place["t₁"], place["t₂"]}
    edges = [link for link in diagram.scene.links if link.tail not in targets]
    wrong = Link(place["z₁⁽¹⁾"], place["t₁"], "forward")
    scene = dataclasses.replace(diagram.scene, links=[*edges, wrong])
    false = diagram.with_scene(scene)
    found = {str(finding) for finding in false.proofread().wrong}
    assert "t₁: it does not depend on z₁⁽¹⁾, but an edge says so" in found
    assert "J: it depends on a unit from which no edge comes" in found


def test_a_false_mark_of_a_unit_is_found():
    x, t = inputs()
    h = cr.layers.Dropout(0.5)(cr.layers.Dense(4, activation="relu")(x))
    loss = cr.losses.mse(t, cr.layers.Dense(1)(h))
    diagram = cr.draw(loss, level="neuron", values=ONE, training=True, seed=3)
    svg = diagram.render("svg").decode()
    kept = next(b for b in diagram.scene.blocks if b.kind == "op" and not b.marks)
    node = f'<g id="node-{kept.id}" class="node node op'
    false = svg.replace(node, f"{node} dropped")
    assert false != svg
    found = {str(f) for f in proofread(false, diagram._truth()).wrong}
    title = kept.title.unicode()
    assert f"{title}: marked as dropped: True, but it is False" in found
