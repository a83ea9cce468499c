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


def random_stack(seed):
    """Equal blocks one after the other; one may be odd, and some may have a name."""
    random = np.random.default_rng(seed)
    kind = str(random.choice(["dense", "residual", "gate", "scaled", "two"]))
    count, named = int(random.integers(3, 7)), []
    odd = int(random.integers(count)) if random.random() < 0.4 else None
    names = random.choice(["none", "none", "one", "all"])
    t, x = cr.input("t", (None, 3)), cr.input("x", (None, 3))
    y = cr.layers.Dense(3, activation="elu")(x) if random.random() < 0.5 else x
    for number in range(count):
        with cr.scope(f"block_{number + 1}"):
            y = BLOCKS[kind](y)
            if number == odd:
                y = cr.ops.sin(y)
            if names == "all" or (names == "one" and number == count // 2):
                y = y.named(f"h_{number + 1}")
                named.append(y)
    loss = cr.losses.mse(t, cr.layers.Dense(3)(y)).named("J")
    values = {n: random.standard_normal((2, 3)) for n in (x, t)}
    return loss, named, values


BLOCKS = {
    "dense": lambda y: cr.ops.identity(cr.layers.Dense(3, activation="tanh")(y)),
    "residual": lambda y: y + cr.layers.Dense(3, activation="tanh")(y),
    "gate": lambda y: y * cr.layers.Dense(3, activation="sigmoid")(y),
    "scaled": lambda y: cr.ops.tanh(y * cr.parameter("s", np.ones(3))),
    "two": lambda y: cr.layers.Dense(3)(cr.layers.Dense(3, activation="relu")(y)),
}


def said(block):
    """What a block says but for counts of edges, which folding changes."""
    texts = (
        line.text.unicode() for line in block.lines if line.kind in ("formula", "shape")
    )
    return [text for text in texts if "edge" not in text]


@pytest.mark.parametrize("direction", ["forward", "both"])
@pytest.mark.parametrize("level", ["op", "layer"])
@pytest.mark.parametrize("seed", range(25))
def test_a_random_stack_folded_is_the_stack(seed, level, direction):
    loss, named, values = random_stack(seed)
    options = {"level": level, "direction": direction}
    folded, whole = (cr.draw(loss, fold=f, **options).scene for f in (True, False))
    assert sum(block.times for block in folded.blocks) == len(whole.blocks)
    for block in folded.blocks:
        assert said(block) == said(whole.block(block.id))
        if block.times > 1:
            depths = range(1, len(block.cluster) + 1)
            frames = [folded.clusters[block.cluster[:depth]] for depth in depths]
            told = " ".join([block.title.unicode(), *frames])
            assert f"× {block.times}" in told
            assert not set(block.nodes) & set(named)
    alone = {block.id for block in folded.blocks if block.times == 1}
    links = {
        (k.tail, k.head, k.kind): [line.text.unicode() for line in k.lines]
        for k in whole.links
    }
    for k in folded.links:
        if {k.tail, k.head} <= alone:
            lines = [line.text.unicode() for line in k.lines]
            assert links[k.tail, k.head, k.kind] == lines
    drawn = cr.draw(loss, values=values, **options)
    assert all(block.times == 1 for block in drawn.scene.blocks)
