"""Levels of detail: what is one block, and what is shown once."""

import re

import pytest

import chainrule as cr


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
    assert any("dense_1 … dense_5  × 5" in v for v in diagram.scene.clusters.values())
    assert len(diagram.scene.blocks) < 15


def test_blocks_with_skip_connections_fold():
    x, t = cr.input("x", (None, 8)), cr.input("t", (None, 8))
    y = cr.layers.Dense(8)(x)
    for number in range(12):
        with cr.scope(f"block_{number + 1}"):
            inner = cr.layers.Dense(8, activation="gelu")(y)
            y = cr.layers.LayerNorm()(y + cr.layers.Dense(8)(inner))
    loss = cr.losses.mse(t, y)
    scene = cr.draw(loss, level="layer", direction="both").scene
    assert any("block_1 … block_12  × 12" in v for v in scene.clusters.values())
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


@pytest.mark.parametrize(("times", "said"), [(1, ""), (2, "twice"), (3, "3 times")])
def test_a_shared_layer_says_how_often_it_is_applied(times, said):
    shared = cr.layers.Dense(3, activation="tanh")
    y = cr.input("x", shape=(None, 3))
    for _ in range(times):
        y = cr.ops.exp(shared(y))
    source = cr.draw(y, level="layer").source
    assert ("its parameters are used" in source) == bool(said)
    assert said in source


def test_each_result_of_a_shared_layer_has_a_name():
    shared = cr.layers.Dense(3, activation="tanh")
    first = shared(cr.input("x", shape=(None, 3)))
    loss = cr.ops.sum(cr.ops.exp(shared(first)) + first)
    source = cr.draw(loss, level="op", direction="both").render("svg").decode()
    words = re.sub("<[^>]*>", "", source)
    assert "tanh(z⁽¹⁾)" in words
    assert "a'⁽¹⁾" in words.replace("&#39;", "'")
    assert "a⁽¹⁾ · W⁽¹⁾" in words
