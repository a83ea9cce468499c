"""Derivatives are written as a lecturer writes them, and mean what is computed."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.notation.expressions import expression
from chainrule.testing import check_picture


def rules(loss, values=None):
    """Return what stands on the backward edges: symbol → formula."""
    scene = cr.draw(loss, level="layer", direction="both", values=values).scene
    return {
        link.lines[0].text.unicode(): link.lines[1].text.unicode().removeprefix("= ")
        for link in scene.links
        if link.kind == "backward"
    }


def loss_of(name, features=4, **options):
    loss = getattr(cr.losses, name)
    classes = name.startswith("sparse")
    t = cr.input("t", (None,), "int") if classes else cr.input("t", (None, features))
    x, w = cr.input("x", (None, features)), cr.parameter("w", 1.0)
    return loss(t, (x * w).named("y_hat")), x, t


@pytest.mark.parametrize(
    ("name", "features", "rule"),
    [
        ("mse", 4, "2 · (ŷ − t) / (n · m)"),
        ("mse", 1, "2 · (ŷ − t) / n"),
        ("mae", 4, "sign(ŷ − t) / (n · m)"),
        ("huber", 4, "(ŷ − t if (|ŷ − t| ≤ 1) else sign(ŷ − t)) / (n · m)"),
        ("log_cosh", 4, "tanh(ŷ − t) / (n · m)"),
        ("sigmoid_cross_entropy", 1, "(σ(ŷ) − t) / n"),
        ("softmax_cross_entropy", 3, "(softmax(ŷ) ⊙ (Σ t) − t) / n"),
        ("sparse_softmax_cross_entropy", 3, "(softmax(ŷ) − onehot(t)) / n"),
    ],
)
def test_losses_have_their_known_derivatives(name, features, rule):
    loss, x, t = loss_of(name, features)
    assert rules(loss)["∂J/∂ŷ"] == rule
    rng = np.random.default_rng(0)
    target = (
        rng.integers(features, size=3)
        if "sparse" in name
        else rng.random((3, features))
    )
    values = {x: rng.standard_normal((3, features)), t: target}
    check_picture(cr.draw(loss, level="layer", direction="both", values=values))


def test_a_gradient_is_not_written_as_a_sum_of_itself():
    loss, *_ = loss_of("binary_cross_entropy")
    for text in rules(loss).values():
        assert "∂J/∂ŷ +" not in text
    x, w = cr.input("x", (None, 2)), cr.parameter("w", 1.0)
    y = cr.layers.Dropout(0.5)((x * w).named("h"))
    lines = rules(cr.ops.sum(y).named("J"))
    assert "∂J/∂h" not in lines["∂J/∂h"]


def test_different_sizes_have_different_symbols():
    x = cr.input("x", (None, 3, 4))
    loss = cr.ops.mean(cr.ops.square(x).named("y")).named("J")
    assert rules(loss)["∂J/∂y"] == "1 / (n · m · k)"
    caption = cr.draw(loss, level="layer", direction="both").scene.caption
    assert [line.text.unicode() for line in caption] == ["n examples, m = 3, k = 4"]


def test_a_size_has_no_symbol_that_something_else_has():
    n, t = cr.input("n", (None, 3)), cr.input("t", (None, 3))
    loss = cr.losses.mse(t, (n * cr.parameter("m", 1.0)).named("y_hat"))
    assert rules(loss)["∂J/∂ŷ"] == "2 · (ŷ − t) / (k · l)"


def test_label_smoothing_divides_by_the_number_of_classes():
    x, t = cr.input("x", (None, 3)), cr.input("t", (None,), "int")
    loss = cr.losses.SparseSoftmaxCrossEntropy(label_smoothing=0.1)
    J = loss(t, (x * cr.parameter("w", 1.0)).named("z"))
    assert "C" in rules(J)["∂J/∂z"]
    caption = cr.draw(J, level="layer", direction="both").scene.caption
    assert caption[0].text.unicode() == "n examples, C = 3"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 - 1e-7, "x + 1 − 10⁻⁷"), (1 + 1e-7, "x + 1 + 10⁻⁷"),
        (-1 + 1e-7, "x − (1 − 10⁻⁷)"), (2.0, "x + 2"), (0.9, "x + 0.9"),
        (1e-7, "x + 10⁻⁷"), (1234567.5, "x + 1.235·10⁶"), (3.00001, "x + 3 + 10⁻⁵"),
    ],
)  # fmt: skip
def test_a_constant_keeps_the_digits_that_matter(value, text):
    x = cr.input("x")
    assert expression(x + cr.constant(value)) == text


def test_products_of_entries_and_of_matrices_are_told_apart():
    a, b = cr.input("A", (2, 2)), cr.input("B", (2, 2))
    assert expression(a @ (a * b)) == "A · (A ⊙ B)"
    assert expression((a * b) @ a) == "(A ⊙ B) · A"
    assert expression(a * (a @ b)) == "A ⊙ (A · B)"
    assert expression(a * (0.5 * b)) == "A ⊙ (0.5 · B)"
    assert expression(0.5 * (a * b)) == "0.5 · A ⊙ B"
    assert expression(a @ b @ a) == "A · B · A"
    assert expression(a * b * a) == "A ⊙ B ⊙ A"


def test_what_has_a_name_is_not_written_out():
    x, t = cr.input("x", (None, 3)), cr.input("t", (None,), "int")
    z = (x * cr.parameter("w", 1.0)).named("z")
    p = cr.ops.softmax(z).named("p")
    loss = cr.losses.sparse_softmax_cross_entropy(t, z) + 0 * cr.ops.sum(p)
    scene = cr.draw(loss.named("J"), level="layer", direction="both").scene
    lines = [line.text.unicode() for link in scene.links for line in link.lines]
    assert "= ∂J/∂v₁ · (p − onehot(t)) / n" in lines
    assert expression(cr.ops.tanh(x) * x) == "tanh(x) ⊙ x"


def test_a_branch_does_not_repeat_the_choice_that_leads_to_it():
    x = cr.parameter("x", [0.5, -1.0, 2.0])
    y = cr.activations["elu"](x).named("y")
    loss = cr.ops.sum(y).named("J")
    assert rules(loss, {})["∂J/∂x"] == "∂J/∂y if (x > 0) else ∂J/∂y ⊙ exp(x)"
    diagram = cr.draw(loss, level="layer", direction="both", values={})
    written = [line.text.unicode() for b in diagram.scene.blocks for line in b.lines]
    assert "y = x if (x > 0) else expm1(x)" in written
    check_picture(diagram)


def test_a_choice_under_a_sum_is_another_one():
    x = cr.parameter("x", [0.5, -1.0, 2.0])
    inner = cr.ops.sum(cr.ops.where(x > 0, 0.0, x))
    loss = cr.ops.sum(cr.ops.where(x > 0, x, x * inner).named("y")).named("J")
    diagram = cr.draw(loss, level="layer", direction="both", values={})
    written = [line.text.unicode() for b in diagram.scene.blocks for line in b.lines]
    assert any("Σ (0 if (x > 0) else x)" in line for line in written), written
    check_picture(diagram)


def test_numbers_of_a_penalty_are_one_factor():
    k = cr.parameter("k", [[0.5], [-1.0]])
    penalty = cr.regularizers.ElasticNet(0.1, 0.2).penalty(k).named("J")
    assert rules(penalty, {})["∂J/∂k"] == "0.1 · sign(k) + 0.4 · k"
