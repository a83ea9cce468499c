"""Worksheets: blanks, the key, and grades of answers."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainRuleError, DataError, GraphError
from chainrule.registry import registry
from chainrule.viz.answers import factors_of, parts_of, read_answer


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
    for options, message in (
        ({"blanks": 0}, "blanks must be ≥ 1, got 0"),
        ({"blanks": "3"}, "blanks must be an int"),
        ({"level": "neuron"}, "level must be one of 'layer', 'op'"),
        ({"loss": "mse"}, "loss=… is for models"),
    ):
        with pytest.raises(ChainRuleError, match=message):
            sheet(**options)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2*3", 7), ("2^3^2", 512), ("-2²", -4), ("(1+2)3", 9), ("2x", 6),
        ("6/2/3", 1), ("σ(0)", 0.5), ("x > 2", 1), ("1e3", 1000), ("√(9)", 3),
    ],
)  # fmt: skip
def test_the_reader_knows_precedence(text, value):
    read = read_answer(text, {"x": [np.asarray(3.0)]})
    assert {float(measure.value) for measure in read} == {value}


@pytest.mark.parametrize("text", ["", "1 +", "(1", "1)", "§", "q", "x" * 500])
def test_the_reader_says_what_it_cannot_read(text):
    with pytest.raises(DataError):
        read_answer(text, {"x": [np.asarray(3.0)]})


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


def of_loss(name):
    """A network of two layers with a loss of this name."""
    loss = registry.resolve("losses", name)
    x = cr.input("x", (None, 2))
    z = cr.layers.Dense(3)(cr.layers.Dense(4, activation="tanh")(x))
    low, high = loss.prediction_range
    y = cr.ops.softmax(z) if (low, high) == (0.0, 1.0) else z
    classes = loss.target == "classes"
    shape = (None,) if classes else (None, 3)
    t = cr.input("t", shape, "int" if classes else "float")
    return loss(t, y.named("y_hat")), {
        x: np.array([[1.0, -0.5], [0.2, 0.9]]),
        t: np.array([0, 1]) if classes else np.array([[1.0, 0, 0], [0, 0, 1.0]]),
    }


@pytest.mark.parametrize("valued", [False, True])
@pytest.mark.parametrize("level", ["layer", "op"])
@pytest.mark.parametrize("name", sorted(cr.losses.keys()))
def test_every_key_is_right_as_it_is_printed(name, level, valued):
    loss, values = of_loss(name)
    made = cr.worksheet(loss, blanks=99, level=level, values=values if valued else None)
    asked = [blank.question for blank in made.key]
    weights = [f"∂J/∂{w}⁽{i}⁾" for w in "Wb" for i in "¹²"]
    assert set(weights) <= set(asked)
    for answers in (
        [blank.answer for blank in made.key],
        made.text.splitlines(),
        *([[blank.value for blank in made.key]] if valued else []),
    ):
        grade = made.grade(answers)
        assert grade.points == len(made.key), str(grade)


NEEDED = {
    "activation": {"activation": "tanh"}, "dense": {"units": 4},
    "dropout": {"rate": 0.5}, "gaussian_noise": {"stddev": 0.1},
    "reshape": {"shape": (2, 2)},
}  # fmt: skip
"""What a layer is made with."""
ASKED = sorted({*cr.layers.keys()} - {"perceptron"})
"""The layers that have derivatives: a perceptron's step is flat."""


@pytest.mark.parametrize(("level", "batch"), [("layer", None), ("op", 3)])
@pytest.mark.parametrize("name", ASKED)
def test_every_layer_can_be_asked_about(name, level, batch):
    layer = registry.resolve("layers", {"type": name, **NEEDED.get(name, {})})
    data = np.random.default_rng(0).normal(3, 2, (6, 4))
    if name == "normalization":
        layer.adapt(data)
    x, t = cr.input("x", (None, 4)), cr.input("t", (None, 1))
    h = layer(cr.layers.Dense(4, activation="tanh")(x))
    loss = cr.losses.mse(t, cr.layers.Dense(1)(cr.layers.Flatten()(h)))
    values = {x: data[:batch], t: data[:batch, :1]} if batch else None
    made = cr.worksheet(loss, blanks=99, level=level, values=values)
    assert {b.question for b in made.key} & {"∂J/∂W⁽²⁾", "∂J/∂W⁽³⁾"}
    grade = made.grade([blank.answer for blank in made.key])
    assert grade.points == len(made.key), str(grade)
    if values:
        grade = made.grade([blank.value for blank in made.key])
        assert grade.points == len(made.key), str(grade)


def test_a_sheet_of_a_model_and_its_picture(tmp_path):
    layers = [cr.layers.Dense(3, activation="tanh"), cr.layers.Dense(2)]
    model = cr.Sequential(layers, input_shape=(2,))
    made = cr.worksheet(model, loss="sparse_softmax_cross_entropy", blanks=99)
    asked = {blank.question for blank in made.key}
    assert {"∂J/∂W⁽¹⁾", "∂J/∂W⁽²⁾"} <= asked
    (line,) = (
        line.text.unicode()
        for block in made.diagram.scene.blocks
        for line in block.lines
        if "∂J/∂W⁽¹⁾" in line.text.unicode()
    )
    number = next(b.number for b in made.key if b.question == "∂J/∂W⁽¹⁾")
    assert line == f"({number})  ∂J/∂W⁽¹⁾ = ____________"
    assert made._repr_mimebundle_()["image/svg+xml"].startswith("<svg")
    assert made.save(tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        ("w_2*sigmoid(z_1)", "the factor (1 − σ(z₁)) is missing"),
        ("σ(z1) · (1 − σ(z1))", "the factor w₂ is missing"),
        ("w2", "the factors σ(z₁) and (1 − σ(z₁)) are missing"),
        ("-w_2 · σ(z_1) · (1 − σ(z_1))", "the sign is wrong"),
        ("x", ""),
    ],
)
def test_hints_name_the_missing_factor(answer, hint):
    made = sheet(blanks=4)
    (blank,) = (b for b in made.key if b.question == "∂ŷ/∂z₁")
    marks = {m.blank.number: m for m in made.grade({blank.number: answer}).marks}
    expected = f"{answer}: {hint}" if hint else answer
    assert marks[blank.number].remark == expected


def test_a_hint_for_matrices():
    made, number = matrices()
    grade = made.grade({number["∂J/∂a⁽¹⁾"]: "W⁽²⁾ᵀ"})
    assert "the factor ∂J/∂v₂ is missing" in str(grade)


def test_an_answer_may_claim_several_things_and_all_must_be_right():
    made = sheet(blanks=4)
    (blank,) = (b for b in made.key if b.question == "∂ŷ/∂z₁")
    for text, right in {
        "(2) ∂ŷ/∂z₁ = w₂ · σ(z₁) · (1 − σ(z₁)) = 0.2163": True,
        "w₂ · σ(z₁) · (1 − σ(z₁)) = 0.3": False,
        "w₂ · σ(z₁) = 0.2163": False,
    }.items():
        assert made.grade({blank.number: text}).points == right


def test_answers_are_taken_apart_outside_brackets():
    assert parts_of("∂y/∂x = [v = 0] · 2 = ‖·‖ = 3", "∂y/∂x") == [
        "[v = 0] · 2", "‖·‖ = 3",
    ]  # fmt: skip
    assert factors_of("2 · (y − t) ⊙ x") == [("2", ""), ("(y − t)", "·"), ("x", "⊙")]
    assert factors_of("2 · y − t") == []
