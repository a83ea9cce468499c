"""Two snapshots of one graph, compared."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import GraphError


def network():
    rng = np.random.default_rng(0)
    x, t = cr.input("x", (None, 4)), cr.input("t", (None, 3))
    inner = cr.layers.Dropout(0.5)(cr.layers.Dense(8, activation="relu")(x))
    loss = cr.losses.mse(t, cr.layers.Dense(3)(inner))
    return loss, {x: rng.normal(size=(16, 4)), t: rng.normal(size=(16, 3))}


def lines(diagram, block):
    return [line.text.unicode() for line in diagram.scene.block(block).lines]


def test_what_changed_and_by_how_much():
    loss, feeds = network()
    kernel = next(p for p in cr.Graph([loss]).parameters if p.shape == (8, 3))
    before = cr.snapshot(loss, feeds, label="epoch 0")
    kernel.value *= 1.5
    after = cr.snapshot(loss, feeds, label="epoch 1")
    diagram = cr.diff(before, after)
    (line,) = (k for k in lines(diagram, "dense_2") if k.startswith("W⁽²⁾"))
    assert line.endswith("(Δ 50 %)")
    assert "W⁽¹⁾  unchanged" in lines(diagram, "dense_1")
    assert lines(diagram, "x") == ["unchanged"]
    assert "epoch 0 → epoch 1" in diagram.scene.caption[0].text.unicode()
    assert diagram.render("svg").startswith(b"<svg")


def test_a_snapshot_is_not_changed_by_training():
    loss, feeds = network()
    kernel = cr.Graph([loss]).parameters[0]
    before = cr.snapshot(loss, feeds)
    old = before.value(kernel).copy()
    kernel.value += 1.0
    assert np.array_equal(before.value(kernel), old)


def test_dropout_shows_what_it_dropped():
    loss, feeds = network()
    without = cr.snapshot(loss, feeds)
    dropped = cr.snapshot(loss, feeds, training=True, seed=1)
    assert any("more zeros" in k for k in lines(cr.diff(without, dropped), "dropout_1"))


def test_only_snapshots_of_one_graph_compare():
    (one, feeds), (two, others) = network(), network()
    with pytest.raises(GraphError, match="two snapshots of one graph"):
        cr.diff(cr.snapshot(one, feeds), cr.snapshot(two, others))
    with pytest.raises(GraphError, match="two snapshots of one graph"):
        cr.diff(cr.snapshot(one, feeds), cr.snapshot(one, feeds, level="op"))
