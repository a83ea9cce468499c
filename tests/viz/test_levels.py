import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import GraphError


def chain(depth, width=4, activation="tanh"):
    x, t = cr.input("x", (None, width)), cr.input("t", (None, width))
    y = x
    for _ in range(depth):
        y = cr.layers.Dense(width, activation=activation)(y)
    return cr.losses.mse(t, y), x, t


def titles(diagram):
    return [block.title.unicode() for block in diagram.scene.blocks]


def test_twelve_equal_layers_are_one_block():
    loss, *_ = chain(12)
    for direction in ("forward", "both"):
        diagram = cr.draw(loss, level="layer", direction=direction)
        assert "dense_1 … dense_12  × 12" in titles(diagram)
        assert len(diagram.scene.blocks) == 4


def test_folding_can_be_turned_off_and_needs_three():
    loss, *_ = chain(12)
    assert len(cr.draw(loss, level="layer", fold=False).scene.blocks) == 15
    assert "dense_2" in titles(cr.draw(chain(2)[0], level="layer"))


def test_operations_that_repeat_fold_into_their_scope():
    diagram = cr.draw(chain(5)[0], level="op")
    assert "dense_1 … dense_5  × 5" in diagram.scene.clusters.values()
    assert len(diagram.scene.blocks) < 15


def test_blocks_with_a_way_round_them_fold():
    x, t = cr.input("x", (None, 8)), cr.input("t", (None, 8))
    y = cr.layers.Dense(8)(x)
    for number in range(12):
        with cr.scope(f"block_{number + 1}"):
            inner = cr.layers.Dense(8, activation="gelu")(y)
            y = cr.layers.LayerNorm()(y + cr.layers.Dense(8)(inner))
    loss = cr.losses.mse(t, y)
    scene = cr.draw(loss, level="layer", direction="both").scene
    assert "block_1 … block_12  × 12" in scene.clusters.values()
    assert len(scene.blocks) < 10
    whole = cr.draw(loss, level="model").scene
    assert "block_1 … block_12  × 12" in [b.title.unicode() for b in whole.blocks]


def test_different_layers_do_not_fold():
    x, t = cr.input("x", (None, 4)), cr.input("t", (None, 4))
    y = x
    for name in ("tanh", "relu", "sigmoid", "gelu", "elu"):
        y = cr.layers.Dense(4, activation=name)(y)
    scene = cr.draw(cr.losses.mse(t, y), level="layer").scene
    assert all(block.times == 1 for block in scene.blocks)


def test_the_level_rises_by_itself_and_says_so():
    x, t = cr.input("x", (None, 4)), cr.input("t", (None, 4))
    y = x
    names = ("tanh", "relu", "sigmoid", "elu", "softplus", "silu", "mish")
    for number in range(50):
        y = cr.layers.Dense(4, activation=names[number**2 % 7])(y)
    diagram = cr.draw(cr.losses.mse(t, y), fold=False)
    assert len(diagram.scene.blocks) <= 120
    assert "level='layer'" in diagram.scene.caption[0].text.unicode()
    assert not cr.draw(chain(2)[0]).scene.caption


def test_depth_closes_what_lies_deeper():
    diagram = cr.draw(chain(2)[0], level="op", depth=1)
    assert titles(diagram)[:3] == ["x", "dense_1", "dense_2"]


def test_expand_by_pattern_and_by_function():
    loss, *_ = chain(4)
    some = cr.draw(loss, level="layer", expand=["dense_[23]"], fold=False)
    assert {"dense_1", "dense_4"} <= set(titles(some))
    assert "dense_2" not in titles(some)
    assert titles(some) == titles(
        cr.draw(
            loss, level="layer", fold=False,
            expand=lambda name: name in ("dense_2", "dense_3"),
        )
    )  # fmt: skip


def network(hidden=3):
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    inner = cr.layers.Dense(hidden, activation="tanh")(x)
    loss = cr.losses.mse(t, cr.layers.Dense(1)(inner).named("y_hat"))
    return loss, {x: [[1.0, -0.5], [3.0, 4.0]], t: [[1.0], [0.0]]}


def test_neurons_are_the_textbooks_picture():
    loss, feeds = network()
    scene = cr.draw(loss, level="neuron", values=feeds).scene
    assert [block.title.unicode() for block in scene.blocks] == [
        "x₁", "x₂", "a₁⁽¹⁾", "a₂⁽¹⁾", "a₃⁽¹⁾", "ŷ", "t", "J",
    ]  # fmt: skip
    assert len(scene.links) == 2 * 3 + 3 * 1 + 2
    kernel = next(p for p in cr.Graph([loss]).parameters if p.shape == (2, 3))
    (edge,) = (k for k in scene.links if (k.tail, k.head) == ("c0_2", "c1_1"))
    assert edge.weight == pytest.approx(float(kernel.value[1, 0]))
    assert edge.lines[0].text.unicode().startswith("w₂₁⁽¹⁾ = ")


def test_neurons_show_the_example_asked_for():
    loss, feeds = network()
    scene = cr.draw(loss, level="neuron", values=feeds, example=1).scene
    assert scene.blocks[0].lines[0].text.unicode() == "3"
    with pytest.raises(GraphError, match="there are 2 in the batch"):
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


def test_biases_stand_in_their_units():
    loss, feeds = network()
    bias = next(p for p in cr.Graph([loss]).parameters if p.shape == (3,))
    bias.value = np.array([0.5, -0.25, 2.0])
    one = {leaf: np.asarray(value)[:1] for leaf, value in feeds.items()}
    (slope,) = cr.evaluate([cr.grad(loss, [bias])[0]], one, dtype="float64")
    plain = cr.draw(loss, level="neuron", values=feeds).scene
    units = {b.title.unicode(): b for b in plain.blocks}
    assert [b.lines[0].text.unicode() for t, b in units.items() if t[0] == "a"] == [
        "+ b₁⁽¹⁾ = 0.5", "+ b₂⁽¹⁾ = −0.25", "+ b₃⁽¹⁾ = 2",
    ]  # fmt: skip
    assert not any("b" in line.text.unicode() for line in units["x₁"].lines)
    both = cr.draw(loss, level="neuron", values=feeds, direction="both").scene
    (unit,) = (b for b in both.blocks if b.title.unicode() == "a₂⁽¹⁾")
    first, second = (line.text.unicode() for line in unit.lines[:2])
    assert first == "+ b₂⁽¹⁾ = −0.25"
    assert second.startswith("∂b₂⁽¹⁾ ")
    shown = float(second.split()[1].replace("−", "-"))
    assert shown == pytest.approx(slope[1], rel=0.01)


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


def test_a_graph_without_weights_has_no_neurons():
    with pytest.raises(GraphError, match="use level='op'"):
        cr.draw(cr.input("x") * 2, level="neuron")


def marked(loss, feeds):
    scene = cr.draw(
        loss, level="layer", direction="both", values=feeds, fold=False
    ).scene
    return {block.title.unicode(): block for block in scene.blocks}, scene


def test_vanishing_gradients_are_marked_by_more_than_colour():
    loss, x, t = chain(12, activation="sigmoid")
    blocks, _ = marked(loss, {x: np.ones((2, 4)), t: np.zeros((2, 4))})
    assert blocks["dense_1"].marks == ("vanishing",)
    assert any("▼ vanishing" in k.text.unicode() for k in blocks["dense_1"].lines)
    assert blocks["dense_12"].marks == ()
    source = cr.draw(
        loss, level="layer", direction="both", fold=False,
        values={x: np.ones((2, 4)), t: np.zeros((2, 4))},
    ).source  # fmt: skip
    assert "style=dotted" in source


def test_exploding_dead_and_undefined_gradients_are_marked():
    x, w = cr.input("x"), cr.parameter("w", 1.0)
    z = (w * x).named("z")
    y = (z * 1e6).named("y")
    blocks, _ = marked((y * 1).named("J"), {x: 1.0})
    assert blocks["z"].marks == ("exploding",)
    blocks, _ = marked((cr.ops.relu(z) * 1).named("J"), {x: -1.0})
    assert blocks["z"].marks == ("dead",)
    blocks, _ = marked((cr.ops.log(z) * 0).named("J"), {x: 0.0})
    assert blocks["z"].marks == ("not finite",)


def test_fan_out_says_that_paths_are_summed():
    w = cr.parameter("w", 2.0)
    h = cr.ops.tanh(w).named("h")
    loss = (h * h + cr.ops.sin(h)).named("J")
    blocks, _ = marked(loss, {})
    lines = [line.text.unicode() for line in blocks["h"].lines]
    assert "∂J/∂h = Σ over 3 edges" in lines


def test_a_diagram_states_what_it_has_checked():
    loss, feeds = network()
    scene = cr.draw(
        loss, level="layer", direction="both", values=feeds, check=True
    ).scene  # fmt: skip
    (verdict,) = (line.text.unicode() for line in scene.caption if line.kind == "good")
    assert verdict == "✓ all 7 gradients agree with finite differences"
    lines = [line.text.unicode() for line in scene.block("dense_2").lines]
    assert any(line.endswith("✓") for line in lines)


def test_a_wrong_gradient_is_flagged_and_named():
    class Broken(cr.Elementwise):
        """y = x², with the derivative of x³."""

        notation = "broken({0})"

        def derivatives(self, y, x):
            return (3 * x * x,)

        def expand(self, x):
            return x * x

    w = cr.parameter("w", 2.0)
    z = (w * 3).named("z")
    loss = (Broken()(z) + 1).named("J")
    scene = cr.draw(loss, direction="both", level="layer", values={}, check=True).scene
    (verdict,) = (line.text.unicode() for line in scene.caption if line.kind == "mark")
    assert "∂J/∂z" in verdict
    assert "∂J/∂w" in verdict
    lines = [line.text.unicode() for line in scene.block("z").lines]
    assert "✗ ∂J/∂z is not what a finite difference gives" in lines


def test_values_that_are_not_finite_are_drawn_as_such():
    x = cr.input("x", (6,))
    y = cr.ops.log(x).named("y")
    diagram = cr.draw(y, values={x: [1.0, 0.0, -1.0, 2.0, 3.0, 4.0]})
    lines = [line.text.unicode() for line in diagram.scene.block("y").lines]
    assert "⚠ 2 of 6 not finite" in lines
    scalar = cr.input("s")
    shown = cr.draw(cr.ops.log(scalar).named("y"), values={scalar: 0.0})
    assert "−∞" in [k.text.unicode() for k in shown.scene.block("y").lines]


def test_a_layer_before_the_loss_is_no_part_of_it():
    loss, *_ = chain(2, activation="sigmoid")
    scene = cr.draw(loss, level="layer", direction="both").scene
    roles = {k.tail: k.role for k in scene.links if k.kind == "backward"}
    assert roles == {"dense_1": "between", "dense_2": "loss"}


def test_a_picture_that_stays_too_large_leaves_out_its_middle():
    names = ("tanh", "relu", "sigmoid", "elu", "softplus", "silu", "mish")
    x, t = cr.input("x", (None, 4)), cr.input("t", (None, 4))
    y = x
    for number in range(200):
        y = cr.layers.Dense(4, activation=names[number**2 * 3 % 7])(y)
    diagram = cr.draw(cr.losses.mse(t, y), fold=False, direction="both")
    assert len(diagram.scene.blocks) <= 122
    (middle,) = (k for k in titles(diagram) if k.startswith("⋮"))
    assert middle == "⋮  83 more blocks"
    assert "level='layer'" not in middle
    assert len(diagram.scene.links) > 200
