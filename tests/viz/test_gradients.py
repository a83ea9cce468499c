"""Gradients in a diagram: marks, checks, and where their edges lie."""

import numpy as np

import chainrule as cr
from chainrule.testing import check_picture


def chain(depth, width=4, activation="tanh"):
    x, t = cr.input("x", (None, width)), cr.input("t", (None, width))
    y = x
    for _ in range(depth):
        y = cr.layers.Dense(width, activation=activation)(y)
    return cr.losses.mse(t, y), x, t


def network(hidden=3):
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    inner = cr.layers.Dense(hidden, activation="tanh")(x)
    loss = cr.losses.mse(t, cr.layers.Dense(1)(inner).named("y_hat"))
    return loss, {x: [[1.0, -0.5], [3.0, 4.0]], t: [[1.0], [0.0]]}


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
    for level, drawn in (("op", 3), ("layer", 1)):
        scene = cr.draw(loss, level=level, direction="both").scene
        ending = [k for k in scene.links if k.kind == "backward" and k.tail == "h"]
        lines = [line.text.unicode() for line in scene.block("h").lines]
        assert len(ending) == drawn
        assert ("∂J/∂h = Σ over 3 edges" in lines) is (drawn == 3)


def test_a_gradient_adds_what_arrives_inside_its_block_to_what_edges_bring():
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    y = cr.layers.Dense(1)(x)
    (kernel,) = (p for p in cr.Graph([y]).parameters if p.value.ndim == 2)
    loss = cr.losses.mse(t, y) + 0.5 * cr.ops.sum(cr.ops.square(kernel))
    feeds = {x: [[1.0, 2.0]], t: [[1.0]]}
    diagram = cr.draw(loss, level="layer", direction="both", values=feeds)
    lines = [line.text.unicode() for line in diagram.scene.block("dense_1").lines]
    assert "∂J/∂W⁽¹⁾ = xᵀ · ∂J/∂z⁽¹⁾ + 1 edge" in lines
    check_picture(diagram)


def test_a_diagram_states_what_it_has_checked():
    loss, feeds = network()
    scene = cr.draw(
        loss, level="layer", direction="both", values=feeds, check=True
    ).scene  # fmt: skip
    assert [k.text.unicode() for k in scene.caption if k.kind == "good"] == [
        "✓ all 7 gradients agree with finite differences",
        "✓ read back: 9 formulas and 2 edges give the values drawn",
    ]
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


def test_a_layer_before_the_loss_is_not_part_of_it():
    loss, *_ = chain(2, activation="sigmoid")
    scene = cr.draw(loss, level="layer", direction="both").scene
    roles = {k.tail: k.role for k in scene.links if k.kind == "backward"}
    assert roles == {"dense_1": "between", "dense_2": "loss"}


def test_an_infinite_gradient_makes_no_other_one_vanish():
    x, w = cr.input("x", (2,)), cr.parameter("w", [1.0, 1.0])
    v = (x * w).named("v")
    s = cr.parameter("s", [0.0, 0.0])
    loss = (cr.ops.sum(v) + cr.ops.sum(cr.ops.sqrt(s))).named("J")
    feeds = {x: [1.0, 2.0]}
    diagram = cr.draw(loss, level="op", direction="both", values=feeds)
    marks = {b.title.unicode(): b.marks for b in diagram.scene.blocks}
    assert marks["v"] == ()
    assert marks["s"] == ("not finite",)
    check_picture(diagram)


def test_drawing_explaining_and_checking_change_no_running_average():
    x, t = cr.input("x", (None, 3)), cr.input("t", (None, 3))
    loss = cr.losses.mse(t, cr.layers.BatchNorm()(cr.layers.Dense(3)(x)))
    parameters = cr.Graph([loss]).parameters
    before = [p.value.copy() for p in parameters]
    feeds = {x: np.eye(3) * 5, t: np.ones((3, 3))}
    options = {"values": feeds, "training": True}
    diagram = cr.draw(loss, level="op", direction="both", check=True, **options)
    check_picture(diagram)
    kernel = next(p for p in parameters if p.value.ndim == 2)
    cr.explain(loss, kernel, (0, 0), **options).check()
    cr.snapshot(loss, feeds, training=True)
    for parameter, value in zip(parameters, before, strict=True):
        np.testing.assert_array_equal(parameter.value, value)
    cr.evaluate([loss], feeds, training=True)
    assert any(
        not np.array_equal(p.value, v) for p, v in zip(parameters, before, strict=True)
    )
