"""Levels of detail: what is one block, and what is shown once."""

import re

import networkx
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
    some = cr.draw(loss, level="layer", expand=["dense_2", "dense_3"], fold=False)
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


@pytest.mark.parametrize("between", [cr.ops.exp, lambda y: y])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_each_call_of_a_shared_layer_is_a_block_of_its_own(times, between):
    shared = cr.layers.Dense(3, activation="tanh")
    y = cr.input("x", shape=(None, 3))
    for _ in range(times):
        y = between(shared(y))
    loss = cr.ops.sum(y)
    values = {"x": [[1.0, -0.5, 0.2], [0.3, 0.1, 2.0]]}
    diagram = cr.draw(loss, level="layer", direction="both", values=values)
    calls = [name for name in titles(diagram) if name.startswith("dense_1")]
    if times == 1:
        assert calls == ["dense_1"]
    else:
        assert calls == [f"dense_1, call {i} of {times}" for i in range(1, times + 1)]
        assert {"W⁽¹⁾", "b⁽¹⁾"} <= set(titles(diagram))
    forward = networkx.DiGraph(
        (k.tail, k.head) for k in diagram.scene.links if k.kind == "forward"
    )
    assert networkx.is_directed_acyclic_graph(forward)
    names = ["a⁽¹⁾", "a'⁽¹⁾", "a''⁽¹⁾"][:times]
    said = [k.text.unicode() for b in diagram.scene.blocks for k in b.lines]
    assert all(
        any(text.startswith(f"{name} = tanh") for text in said) for name in names
    )
    assert not diagram.proofread().wrong
    assert not diagram.proofread().unread


def test_calls_of_a_shared_model_and_of_a_loaded_one(tmp_path):
    part = cr.Sequential([cr.layers.LayerNorm(), cr.layers.Dense(2)], input_shape=2)
    a, b = cr.input("a", (None, 2)), cr.input("b", (None, 2))
    model = cr.Model([a, b], part(part(a)) - part(b))
    model.save(tmp_path / "m.safetensors")
    for drawn in (model, cr.load(tmp_path / "m.safetensors")):
        for level in ("layer", "model"):
            names = titles(cr.draw(drawn, level=level))
            assert sum("call 3 of 3" in name for name in names) == (
                2 if level == "layer" else 1
            )


def test_each_result_of_a_shared_layer_has_a_name():
    shared = cr.layers.Dense(3, activation="tanh")
    first = shared(cr.input("x", shape=(None, 3)))
    loss = cr.ops.sum(cr.ops.exp(shared(first)) + first)
    source = cr.draw(loss, level="op", direction="both").render("svg").decode()
    words = re.sub("<[^>]*>", "", source)
    assert "tanh(z⁽¹⁾)" in words
    assert "a'⁽¹⁾" in words.replace("&#39;", "'")
    assert "a⁽¹⁾ · W⁽¹⁾" in words
