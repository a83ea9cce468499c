"""Derivatives of softmax and cross entropy, as a lecturer writes them."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.ops import LogSoftmax


def classifier(loss, target, *, dead=False):
    x = cr.input("x", (None, 2))
    hidden = cr.layers.Dense(3, activation="relu")(x)
    logits = cr.layers.Dense(3)(hidden)
    labels = np.ndim(target) == 1
    t = cr.input("t", (None,) if labels else (None, 3), "int" if labels else "float")
    J = loss(t, logits)
    w1, b1, w2, _ = cr.Graph([J]).parameters
    rng = np.random.default_rng(0)
    w1.value = np.abs(rng.normal(size=(2, 3)))
    w2.value = rng.normal(size=(3, 3))
    b1.value = np.array([0.0, -9.0 if dead else 0.0, 0.0])
    return J, w2, {x: [[1.0, 2.0]] * len(target), t: target}


def factor(J, w, index, feeds):
    explained = cr.explain(J, w, index, values=feeds)
    assert explained.check().agrees
    return explained, explained.factors[0]


@pytest.mark.parametrize(
    ("loss", "target", "rule"),
    [
        ("sparse_softmax_cross_entropy", [1], "softmax(z⁽²⁾)₂ − onehot(t)₂"),
        ("sparse_softmax_cross_entropy", [2], "softmax(z⁽²⁾)₂ − onehot(t)₂"),
        ("softmax_cross_entropy", [[0.2, 0.3, 0.5]], "softmax(z⁽²⁾)₂ − t₂"),
    ],
)
def test_the_derivative_of_a_cross_entropy_is_probability_less_target(
    loss, target, rule
):
    J, w, feeds = classifier(cr.losses[loss], target)
    _, first = factor(J, w, (0, 1), feeds)
    assert first.symbol.unicode() == "∂J/∂z₂⁽²⁾"
    assert first.rule.unicode() == rule
    assert r"\operatorname{softmax}" in first.rule.latex()


def test_unfolded_paths_end_in_probability_less_target():
    J, _, feeds = classifier(cr.losses.sparse_softmax_cross_entropy, [1])
    w = cr.Graph([J]).parameters[0]
    scene = cr.explain(J, w, (0, 0), values=feeds, unfold=True).diagram.scene
    rules = {
        line.text.unicode()
        for link in scene.links
        for line in link.lines
        if line.kind == "formula"
    }
    assert {f"= softmax(z⁽²⁾){i} − onehot(t){i}" for i in "₁₂₃"} <= rules


def test_where_targets_do_not_add_up_to_one_the_sum_over_paths_stands():
    J, w, feeds = classifier(cr.losses.softmax_cross_entropy, [[0.2, 0.3, 0.1]])
    _, first = factor(J, w, (0, 1), feeds)
    assert first.rule.unicode() == "Σ over 3 paths"


def test_a_batch_divides_by_its_size():
    J, _, feeds = classifier(cr.losses.sparse_softmax_cross_entropy, [1, 0])
    (log_p,) = [n for n in cr.Graph([J]) if isinstance(n.op, LogSoftmax)]
    (z,) = log_p.inputs
    explained = cr.explain(J, z, (1, 2), values=feeds)
    assert explained.check().agrees
    assert explained.factors[0].rule.unicode() == (
        "0.5 · (softmax(z⁽²⁾)₃⟨2⟩ − onehot(t)₃⟨2⟩)"
    )


def test_softmax_by_itself():
    q = cr.input("q", (1, 3))
    a = cr.ops.softmax(q).named("a")
    picked = cr.ops.pick(a, cr.constant([2]))
    values = {q: [[1.0, 2.0, 0.5]]}
    J = cr.ops.mean(picked)
    same, other = (cr.explain(J, q, (0, i), values=values) for i in (2, 0))
    assert same.factors[-1].rule.unicode() == "a₃ · (1 − a₃)"
    assert other.factors[-1].rule.unicode() == "−a₃ · a₁"
    assert same.check().agrees
    assert other.check().agrees


def test_a_path_through_a_unit_that_is_off_is_shown_with_its_zero():
    J, w, feeds = classifier(cr.losses.sparse_softmax_cross_entropy, [1], dead=True)
    explained, _ = factor(J, w, (1, 1), feeds)
    assert explained.count == 1
    assert explained.factors[-1].rule.unicode() == "a₂⁽¹⁾"
    assert explained.factors[-1].value == 0
    assert "no path" not in explained.text


def test_a_zero_that_was_broadcast_is_shown_as_well():
    x, w = cr.input("x", (3,)), cr.parameter("w", 2.0)
    J = cr.ops.sum((w * x).named("y"))
    explained = cr.explain(J, w, values={x: [0.0, 0.0, 0.0]})
    assert explained.count == 3
    assert explained.value == 0
    assert explained.check().agrees


def test_paths_that_contribute_nothing_are_not_said_to_matter():
    J, _, feeds = classifier(cr.losses.sparse_softmax_cross_entropy, [1], dead=True)
    w1 = cr.Graph([J]).parameters[0]
    off = cr.explain(J, w1, (0, 1), values=feeds, top=2).text
    assert "2 of 3 paths; each contributes 0:" in off
    on = cr.explain(J, w1, (0, 0), values=feeds, top=2).text
    assert "the 2 paths that contribute most:" in on


def test_paths_that_contribute_nothing_are_left_out_where_others_do():
    x, w = cr.input("x", (3,)), cr.parameter("w", 2.0)
    J = cr.ops.sum((w * x).named("y"))
    text = cr.explain(J, w, values={x: [0.0, 5.0, 0.0]}, top=2).text
    assert "1 of 3 paths; the others contribute 0:" in text
    assert text.splitlines()[-1].split() == ["5", "w", "→", "y₂", "→", "J"]


def test_symbols_that_an_explanation_makes_up_are_defined():
    x, w = cr.input("x", (2,)), cr.parameter("w", 2.0)
    J = cr.ops.square(cr.ops.sum(cr.ops.tanh(cr.ops.exp(w) * x)))
    explained = cr.explain(J, w, values={x: [0.5, 0.25]})
    lines = explained.text.splitlines()
    (where,) = [line for line in lines if line.startswith("  where ")]
    assert where == "  where v₁ = exp(w), v₂ = Σ tanh(v₁ · x)"
    assert r"&\text{where } v_{1} = " in explained.latex
