"""Products of vectors, drawn as one block."""

import pytest

import chainrule as cr


def perceptron():
    x, t = cr.input("x", shape=(2,)), cr.constant(1.0, "t")
    w, b = cr.parameter("w", [3.0, -2.0]), cr.parameter("b", 1.0)
    y = cr.ops.sigmoid(x @ w + b).named("ŷ")
    return cr.losses.mse(t, y), w, {x: [-1, 2]}


def formulas(diagram):
    return [
        line.text.unicode()
        for block in diagram.scene.blocks
        for line in block.lines
        if line.kind == "formula"
    ]


def test_a_product_of_vectors_is_one_block():
    J, _, values = perceptron()
    drawn = cr.draw(J, level="op", direction="both", values=values, check=True)
    assert formulas(drawn)[:2] == ["x · w", "v₁ + b"]
    assert len(drawn.scene.blocks) == 10
    backward = {
        (link.tail, link.head): [line.text.unicode() for line in link.lines]
        for link in drawn.scene.links
        if link.kind == "backward"
    }
    (into_w,) = [lines for (tail, _), lines in backward.items() if tail == "w"]
    assert into_w == ["∂J/∂w", "= xᵀ · ∂J/∂v₁", "= [0.00492, −0.00984]"]
    assert any("✓ all" in line.text.unicode() for line in drawn.scene.caption)


def test_unfolded_every_operation_is_drawn():
    J, _, _ = perceptron()
    assert len(cr.draw(J, level="op", fold=False).scene.blocks) == 14


@pytest.mark.parametrize(
    ("left", "right", "blocks"), [((2,), (2, 3), 3), ((3, 2), (2,), 3), ((2,), (2,), 3)]
)
def test_a_vector_times_a_matrix_is_one_block(left, right, blocks):
    product = cr.input("x", left) @ cr.input("w", right)
    drawn = cr.draw(product, level="op")
    assert formulas(drawn) == ["x · w"]
    assert len(drawn.scene.blocks) == blocks


def test_what_is_used_elsewhere_or_named_keeps_its_block():
    row = cr.ops.expand_dims(cr.input("x", (2,)), 0)
    product = row @ cr.input("w", (2, 3))
    drawn = cr.draw([product, cr.ops.tanh(row)], level="op")
    assert formulas(drawn)[0] == "x"
    inner = (cr.input("x", (1, 2)) @ cr.input("w", (2, 1))).named("p")
    assert len(cr.draw(cr.ops.squeeze(inner, -1), level="op").scene.blocks) == 4


def test_an_explanation_speaks_of_the_vectors():
    J, w, values = perceptron()
    explained = cr.explain(J, w, 0, values=values)
    assert explained.factors[-1].rule.unicode() == "(ŷ · (1 − ŷ)) · x₁"
    assert "v₁" not in explained.text
    titles = [block.title.unicode() for block in explained.diagram.scene.blocks]
    assert sorted(titles) == ["J", "b", "t", "w₁", "x", "ŷ"]
    assert explained.check().agrees
