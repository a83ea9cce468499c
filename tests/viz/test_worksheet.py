import pytest

import chainrule as cr
from chainrule.errors import DataError, GraphError
from chainrule.viz.answers import evaluate_text


def sheet(**options):
    x, t = cr.input("x"), cr.input("t")
    w1, w2 = cr.parameter("w_1", 0.5), cr.parameter("w_2", 1.1)
    z = (w1 * x).named("z_1")
    y = (cr.ops.sigmoid(z) * w2).named("y_hat")
    loss = cr.ops.square(t - y).named("J")
    return cr.worksheet(loss, values={x: 2.0, t: 1.0}, **options)


def test_the_key_has_what_the_diagram_leaves_out():
    made = sheet(blanks=2, seed=1)
    shown = [line.text.unicode() for k in made.diagram.scene.links for line in k.lines]
    whole = [line.text.unicode() for k in made.solution.scene.links for line in k.lines]
    assert [text for text in shown if "____" in text] == [
        "(1)  = ____________", "(2)  = ____________",
    ]  # fmt: skip
    for blank in made.key:
        assert f"= {blank.answer}" in whole
        assert f"= {blank.answer}" not in shown
    assert not any(
        line.kind == "gradient" for b in made.diagram.scene.blocks for line in b.lines
    )


def test_the_same_seed_makes_the_same_sheet():
    assert sheet(blanks=2, seed=5).text == sheet(blanks=2, seed=5).text
    assert {sheet(blanks=1, seed=s).text for s in range(12)} > {sheet(blanks=1).text}


def test_no_more_blanks_than_derivatives():
    assert len(sheet(blanks=99).key) == 4


def test_the_key_gets_full_marks_as_formula_and_as_number():
    made = sheet(blanks=4)
    assert made.grade([blank.answer for blank in made.key]).points == 4
    assert made.grade({b.number: b.value for b in made.key}).points == 4


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("w_2*sigmoid(z_1)*(1-sigmoid(z_1))", True),
        ("y_hat (1 - σ(z1))", True),
        ("∂ŷ/∂z₁ = ŷ·(1 − ŷ/w₂)", True),
        ("0.2163", True),
        ("0.22", False),
        ("w_2*sigmoid(z_1)", False),
        ("", False),
        ("__import__('os').system('true')", False),
        ("w_2.__class__", False),
        ("(" * 390, False),
        ("nonsense", False),
    ],
)
def test_answers_are_right_if_they_mean_the_same(answer, right):
    made = sheet(blanks=4)
    (blank,) = (b for b in made.key if b.question == "∂ŷ/∂z₁")
    grade = made.grade({blank.number: answer})
    marks = {mark.blank.number: mark for mark in grade.marks}
    assert marks[blank.number].right is right
    assert grade.points == int(right)


def test_matrix_sheets_are_graded_elementwise():
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 3))
    z = cr.layers.Dense(3)(x)
    y = cr.ops.tanh(z).named("y_hat")
    loss = cr.losses.mse(t, y)
    made = cr.worksheet(loss, blanks=9, level="layer")
    (blank,) = (b for b in made.key if b.question.startswith("∂ŷ/∂z"))
    assert made.grade({blank.number: "1 - y_hat^2"}).points == 1


def test_worksheets_need_something_to_ask():
    with pytest.raises(GraphError, match="no derivative to blank"):
        cr.worksheet(cr.ops.square(cr.constant(2.0)))
    with pytest.raises(GraphError, match="blanks must be at least 1, got 0"):
        sheet(blanks=0)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2*3", 7), ("2^3^2", 512), ("-2²", -4), ("(1+2)3", 9), ("2x", 6),
        ("6/2/3", 1), ("σ(0)", 0.5), ("x > 2", 1), ("1e3", 1000), ("√(9)", 3),
    ],
)  # fmt: skip
def test_the_reader_knows_precedence(text, value):
    assert evaluate_text(text, {"x": 3.0}) == value


@pytest.mark.parametrize("text", ["", "1 +", "(1", "1)", "§", "q", "x" * 500])
def test_the_reader_says_what_it_cannot_read(text):
    with pytest.raises(DataError):
        evaluate_text(text, {"x": 3.0})


def matrices():
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    hidden = cr.layers.Dense(3, activation="tanh")(x)
    loss = cr.losses.mse(t, cr.layers.Dense(1)(hidden).named("y_hat"))
    made = cr.worksheet(loss, blanks=99, level="op")
    return made, {blank.question: blank.number for blank in made.key}


@pytest.mark.parametrize(
    ("question", "answer", "right"),
    [
        ("∂J/∂W⁽¹⁾", "xᵀ · ∂J/∂v₁", True),
        ("∂J/∂W⁽¹⁾", "x^T @ ∂J/∂v₁", True),
        ("∂J/∂W⁽¹⁾", "x.T * ∂J/∂v₁", True),
        ("∂J/∂W⁽¹⁾", "(∂J/∂v₁ᵀ · x)^T", True),
        ("∂J/∂W⁽¹⁾", "x^T · (∂J/∂a⁽¹⁾ ⊙ (1 − (a⁽¹⁾)²))", True),
        ("∂J/∂W⁽¹⁾", "x · ∂J/∂v₁", False),
        ("∂J/∂W⁽¹⁾", "∂J/∂v₁ · xᵀ", False),
        ("∂J/∂W⁽¹⁾", "xᵀ ⊙ ∂J/∂v₁ ⊙ 2", False),
        ("∂J/∂a⁽¹⁾", "∂J/∂v₂ · W⁽²⁾ᵀ", True),
        ("∂J/∂a⁽¹⁾", "∂J/∂v₂ · W⁽²⁾", False),
        ("∂J/∂b⁽¹⁾", "Σ ∂J/∂z⁽¹⁾", True),
        ("∂J/∂b⁽¹⁾", "sum(∂J/∂z⁽¹⁾)", True),
        ("∂J/∂b⁽¹⁾", "∂J/∂z⁽¹⁾", False),
    ],
)
def test_products_of_matrices_are_graded(question, answer, right):
    made, number = matrices()
    grade = made.grade({number[question]: answer})
    assert grade.points == right, str(grade)
