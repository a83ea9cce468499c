"""What is folded says what it stands for, and nothing is lost."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.testing import check_picture


def three_in_a_row(named):
    """Three times tanh(h · w), with or without names."""
    h = cr.input("x", (None, 2))
    for number in (1, 2, 3):
        layer = cr.layers.Dense(2, activation="tanh")
        h = layer(h)
        if named:
            h = h.named(f"h_{number}")
    return cr.ops.sum(cr.ops.square(h)).named("J"), next(iter(cr.Graph([h]).inputs))


def titles(diagram):
    return [block.title.unicode() for block in diagram.scene.blocks]


def test_what_has_a_name_is_not_folded():
    found = titles(cr.draw(three_in_a_row(True)[0], level="layer"))
    assert {"dense_1", "dense_2", "dense_3"} <= set(found)
    x = cr.input("x")
    w = {n: cr.parameter(f"w_{n}", 0.5) for n in (1, 2, 3)}
    h, names = x, {}
    for number, weight in w.items():
        h = names[f"a_{number}"] = cr.ops.tanh(h * weight)
    loss = cr.ops.square(h).named("J")
    for level in ("op", "layer"):
        found = titles(cr.draw(loss, level=level, names=names))
        assert {"a₁", "a₂", "a₃", "w₁", "w₂", "w₃"} <= set(found)


def test_a_product_of_named_numbers_loses_none_of_them():
    a, b, c, e = (cr.parameter(name, 2.0) for name in "abce")
    diagram = cr.draw((a * b * c * e).named("p"), level="op")
    assert {"a", "b", "c", "e", "p"} <= set(titles(diagram))


@pytest.mark.parametrize("level", ["op", "layer"])
def test_what_has_a_value_is_not_folded(level):
    loss, x = three_in_a_row(False)
    values = {x: np.ones((1, 2))}
    assert len(titles(cr.draw(loss, level="layer"))) == 3
    diagram = cr.draw(loss, level=level, direction="both", values=values)
    assert all(block.times == 1 for block in diagram.scene.blocks)
    check_picture(diagram)


def test_a_folded_block_says_what_it_stands_for():
    (_, block, _) = cr.draw(three_in_a_row(False)[0], level="layer").scene.blocks
    assert block.title.unicode() == "dense_1 … dense_3  × 3"
    assert block.lines[0].text.unicode() == "written for the first:"
    x = y = cr.input("x", (None, 4))
    for number in range(4):
        with cr.scope(f"block_{number + 1}"):
            y = y + cr.layers.Dense(4)(cr.layers.Dense(4, activation="relu")(y))
    loss = cr.losses.mse(cr.input("t", (None, 4)), y)
    scene = cr.draw(loss, level="layer", direction="both").scene
    assert set(scene.clusters.values()) == {
        "block_1 … block_4  × 4, drawn: the first; each leads to the next"
    }
    (total,) = (b for b in scene.blocks if "v" in b.title.unicode())
    assert total.title.unicode() == "v₁ … v₄"
    drawn = [k for k in scene.links if k.kind == "backward" and k.tail == total.id]
    assert len(drawn) == 1
    assert not any("Σ" in line.text.unicode() for line in total.lines)
    assert x is not y
