"""The proof-reader: correct pictures pass, and every kind of false one is found."""

import re

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ConformanceError, DataError
from chainrule.testing import check_picture
from chainrule.viz.formats.titles import moved_titles
from chainrule.viz.formulas.meanings import UnreadableError, meanings
from chainrule.viz.formulas.measures import literal
from chainrule.viz.proof.boxes import around
from chainrule.viz.proof.proofread import proofread
from chainrule.viz.proof.reading import read


def chain(**options):
    x, t = cr.input("x"), cr.input("t")
    w1, w2 = cr.parameter("w_1", 0.5), cr.parameter("w_2", 1.1)
    z = (w1 * x).named("z_1")
    y = (cr.ops.sigmoid(z) * w2).named("y_hat")
    loss = cr.ops.square(t - y).named("J(W)")
    options = {"level": "layer", "direction": "both", **options}
    return cr.draw(loss, values={x: 2.0, t: 1.0}, **options)


def network(**options):
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    hidden = cr.layers.Dense(3, activation="tanh")(x)
    loss = cr.losses.mse(t, cr.layers.Dense(1)(hidden).named("y_hat"))
    values = {x: [[1.0, -0.5], [0.3, 0.8]], t: [[1.0], [0.0]]}
    return cr.draw(loss, direction="both", values=values, **options)


def group(svg, identity):
    """Return the part of a picture that has an id."""
    start = svg.index(f'<g id="{identity}"')
    end = re.compile(r'\n\n<g id="|\n</g>\n</svg>').search(svg, start).start()
    return svg[start:end]


def lies(diagram, *changes):
    """Return what the proof-reader finds in a picture that was tampered with."""
    svg = diagram.render("svg").decode()
    for old, new in changes:
        assert old in svg
        svg = svg.replace(old, new, 1)
    return [
        (found.check, str(found)) for found in proofread(svg, diagram._truth()).wrong
    ]


@pytest.mark.parametrize("level", ["op", "layer", "model"])
@pytest.mark.parametrize("make", [chain, network])
def test_true_pictures_pass(make, level):
    diagram = make(level=level)
    check_picture(diagram)
    counts = diagram.proofread().counts
    assert all(counts[what] for what in ("name", "formula", "gradient", "edge", "mark"))
    assert not diagram.proofread().unread


def test_a_false_formula_is_found():
    assert lies(chain(), ("₁ · <", "₁ + <")) == [
        ("formula", "z₁: w₁ + x gives 2.5, but it is 1")
    ]


def test_a_false_value_is_found():
    found = lies(chain(), (">0.8042<", ">0.9042<"))
    assert found == [("value", "ŷ: 0.9042 is printed, but it is 0.8042")]


def test_a_false_gradient_is_found():
    found = lies(chain(), ("₁ = −0.08471<", "₁ = 0.08471<"))
    assert found == [("gradient", "∂J/∂z₁: 0.08471 is printed, but it is -0.08471")]


def test_a_name_that_nothing_has_is_found():
    (check, text), *_ = lies(chain(), (">z</text>", ">q</text>"))
    assert (check, text) == ("name", "q₁: nothing has this name")


def test_a_false_rule_on_an_edge_is_found():
    found = lies(chain(), ("= −2 · (", "= −3 · ("))
    assert found == [
        ("edge", "∂J/∂ŷ: −3 · (t − ŷ) gives -0.5875, but −0.3917 is printed")
    ]


def test_edges_that_do_not_add_up_are_found():
    ((check, text),) = lies(
        chain(), ("= 0.7311<", "= 0.8<"), ("= σ(", "= 0.8 + 0 · σ(")
    )
    assert check == "sum"
    assert "do not add up to -0.2863" in text
    w = cr.parameter("w", 2.0)
    loss = (cr.ops.tanh(w).named("a") * cr.ops.sin(w).named("b")).named("J")
    diagram = cr.draw(loss, direction="both", level="op", values={})
    assert not diagram.proofread().wrong
    edge = group(diagram.render("svg").decode(), "backward-w-a")
    found = lies(diagram, (edge, ""))
    assert ("sum", "∂J/∂w: 2 edges are said to end here, but 1 are drawn") in found
    assert any("do not add up" in text for _, text in found)


def test_a_missing_edge_is_found():
    edge = group(chain().render("svg").decode(), "forward-x-z_1")
    found = lies(chain(), (edge, ""))
    assert found == [("link", "z₁: w₁ · x names x, but no edge comes from there")]


def test_a_false_mark_is_found():
    found = lies(chain(), ("backward between", "backward between vanishing"))
    assert found == [
        ("mark", "∂ŷ/∂z₁: drawn as vanishing, but the gradient is ordinary")
    ]
    ((check, text),) = lies(chain(), ("₁ = −0.08471<", "₁ = −0.08471 ▼<"))
    assert check == "mark"
    assert "marked '▼', but -0.08471 is ordinary" in text


class Broken(cr.Elementwise):
    """y = x², with the derivative of x³."""

    notation = "broken({0})"

    def derivatives(self, y, x):
        return (3 * x * x,)

    def expand(self, x):
        return x * x


def test_a_false_tick_is_found():
    w = cr.parameter("w", 2.0)
    loss = (Broken()((w * 3).named("z")) + 1).named("J")
    diagram = cr.draw(loss, direction="both", level="layer", values={}, check=True)
    assert not diagram.proofread().wrong
    found = lies(diagram, ("= 324 ✗<", "= 324 ✓<"))
    assert ("mark", "∂J/∂w: marked ✓, but a finite difference says otherwise") in found


def test_a_verdict_counts_the_ticks():
    found = lies(chain(check=True), (">✓ all 4", ">✓ all 5"))
    assert found == [
        ("verdict", "caption: ✓ all 5 gradients agree with finite differences, but 4 "
                    "have a ✓")
    ]  # fmt: skip


def moved(svg, part, dx, dy):
    """Move the text in a part of a picture."""
    old = group(svg, part)
    new = re.sub(
        r'<text(.*?) x="([-\d.]+)" y="([-\d.]+)"',
        lambda m: f'<text{m[1]} x="{float(m[2]) + dx}" y="{float(m[3]) + dy}"', old,
    )  # fmt: skip
    return svg.replace(old, new)


@pytest.mark.parametrize(
    ("part", "dx", "dy", "what"),
    [
        ("backward-w_2-y_hat", 0, -155, "∂ŷ/∂z₁: covers '∂ŷ/∂w₂'"),
        ("backward-w_2-y_hat", 200, -140, "∂ŷ/∂w₂: covers the node 'ŷ'"),
        ("backward-w_2-y_hat", 0, 200, "∂ŷ/∂w₂: leaves the page"),
        ("node-y_hat", 40, 0, "0.8042: leaves its node"),
    ],
)
def test_labels_that_cover_something_are_found(part, dx, dy, what):
    svg = chain().render("svg").decode()
    assert not proofread(svg).wrong
    found = [str(finding) for finding in proofread(moved(svg, part, dx, dy)).wrong]
    assert any(text.startswith(what) for text in found), found


@pytest.mark.parametrize("level", ["layer", "neuron"])
def test_an_edge_through_a_label_is_found(level):
    svg = network(level=level).render("svg").decode()
    picture = read(svg)
    assert not proofread(svg).wrong
    labelled = next(arrow for arrow in picture.arrows if arrow.said)
    other = picture.arrows[-1]
    box = around(said.box for said in labelled.said)
    (line,) = re.findall(r'<path [^>]*?d="([^"]+)"', group(svg, other.id))[:1]
    y = (box.top + box.bottom) / 2
    through = f"M{box.left},{y}C{box.left},{y} {box.right},{y} {box.right},{y}"
    found = [str(f) for f in proofread(svg.replace(line, through)).wrong]
    what = f"{labelled.lines[0]}: is crossed by {other.id}"
    assert any(text.startswith(what) for text in found), found


def test_an_edge_that_does_not_reach_its_node_is_found():
    diagram = chain()
    svg = diagram.render("svg").decode()
    edge = read(svg).arrows[0]
    drawn = group(svg, edge.id)
    below = re.sub(
        r"(-?[\d.]+),(-?[\d.]+)", lambda m: f"{m[1]},{float(m[2]) + 60}", drawn
    )
    assert not proofread(svg).wrong
    found = [str(f) for f in proofread(svg.replace(drawn, below)).wrong]
    assert any(f"{edge.id}: ends" in text for text in found)


def test_a_picture_that_lies_is_an_error():
    w = cr.parameter("w", 2.0)
    loss = (Broken()((w * 3).named("z")) + 1).named("J")
    diagram = cr.draw(loss, direction="both", level="layer", values={})
    check_picture(diagram)
    false = diagram.render("svg").decode().replace("= 324<", "= 325<")
    diagram._repr_svg_ = lambda: false
    with pytest.raises(ConformanceError, match="325 is printed, but it is 324"):
        check_picture(diagram)


def test_check_says_what_was_read_back():
    caption = [line.text.unicode() for line in chain(check=True).scene.caption]
    assert caption == [
        "✓ all 4 gradients agree with finite differences",
        "✓ read back: 3 formulas and 4 edges give the values drawn",
    ]


def test_check_without_values_is_refused():
    with pytest.raises(cr.errors.GraphError, match="give values=… too"):
        cr.draw((cr.parameter("w", 1.0) * 2).named("J"), check=True)


NAMES = {
    "x": [np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])], "w₁": [np.array(2.0)],
    "W⁽¹⁾": [np.ones((2, 3))], "t": [np.array([0, 1, 1])], "n": [np.array(3.0)],
    "∂J/∂z": [np.arange(9.0).reshape(3, 3)], "J(W)": [np.array(3.0)],
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("w₁ · (1 − w₁)", -2), ("w₁²", 4), ("−w₁²", -4), ("2^3^2", 512), ("2w₁", 4),
        ("1 / w₁ / w₁", 0.25), ("10⁻⁷", 1e-7), ("1.2·10⁻⁷", 1.2e-7),
        ("5 / 1.25·10²", 0.04), ("1 if w₁ > 3 else 0.5", 0.5), ("|−w₁|", 2),
        ("[w₁ > 1] · 3", 3), ("max(w₁, 3)", 3), ("√(w₁ + 2)", 2), ("J(W) · w₁", 6),
        ("[w₁ ≥ 2 ∧ ¬(w₁ = 3)]", 1), ("Σ [1, 2, 3]", 6), ("σ(0)", 0.5),
        ("(x · W⁽¹⁾)[0:1, 2:3]", 3), ("mean(x)", 3.5), ("‖[3, 4]‖", 5),
    ],
)  # fmt: skip
def test_formulas_are_read_as_printed(text, value):
    assert any(
        m.value.size == 1 and m.value.reshape(()) == pytest.approx(value)
        for m in meanings(text, NAMES)
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("xᵀ · ∂J/∂z", NAMES["x"][0].T @ NAMES["∂J/∂z"][0]),
        ("Σ ∂J/∂z", [9, 12, 15]),
        ("x[t]", [1, 4, 6]),
        ("onehot(t)", [[1, 0], [0, 1], [0, 1]]),
        ("[x, x]", np.concatenate([NAMES["x"][0]] * 2, 1)),
        ("softmax(x)", [[0.26894, 0.73106]] * 3),
        ("1 / n ⊙ x", NAMES["x"][0] / 3),
    ],
)
def test_a_formula_may_mean_several_arrays(text, value):
    found = [m.value for m in meanings(text, NAMES)]
    assert any(
        array.shape == np.shape(value) and np.allclose(array, value, atol=1e-5)
        for array in found
    )
    assert len(found) < 10


@pytest.mark.parametrize("text", ["", "1 +", "(1", "1)", "§", "q", "q(1)", "x · x"])
def test_what_is_no_formula_is_not_read(text):
    with pytest.raises(DataError):
        meanings(text, NAMES)


def test_what_is_cut_short_cannot_be_read():
    with pytest.raises(UnreadableError):
        meanings("w₁ + …", NAMES)


def test_printed_numbers_are_known_to_half_of_their_last_digit():
    assert literal("0.5").error is None
    assert float(literal("0.6931").error) == pytest.approx(5e-5)
    assert float(literal("1.234·10⁻⁷").error) == pytest.approx(5e-11)
    (found,) = meanings("w₁ · 0.6931", NAMES)
    assert float(found.error) == pytest.approx(1e-4)


def test_a_verdict_counts_gradients_that_a_block_leaves_out():
    dense = [cr.layers.Dense(3, activation="tanh") for _ in range(4)]
    inner = cr.Sequential(dense, input_shape=3)
    x, t = cr.input("x", (None, 3)), cr.input("t", (None, 3))
    picture = cr.draw(
        cr.losses.mse(t, inner(x)), level="model", direction="both", check=True,
        values={x: [[1, 2, 3]], t: [[0, 0, 1]]},
    )  # fmt: skip
    assert "⋮" in picture.source
    assert not picture.proofread().wrong


def test_a_title_stands_where_no_label_covers_it():
    def text(x, y, width):
        drawn = {"op": "T", "pt": [x, y], "align": "l", "width": width, "text": "name"}
        return [{"op": "F", "size": 12}, drawn]

    frame = {"name": "cluster_a", "bb": "0,0,300,100", "_ldraw_": text(8, 90, 50)}
    for labels, side in (
        ([], None), ([8], "r"), ([8, 240], "c"), ([100], None), ([8, 130, 240], None),
    ):  # fmt: skip
        edges = [{"_ldraw_": text(x, 85, 40)} for x in labels]
        moved = moved_titles({"objects": [frame], "edges": edges})
        assert moved == ({} if side is None else {"cluster_a": side})
    line = {"id": "edge", "pos": "20,95 20,80 20,60 20,40"}
    moved = moved_titles({"objects": [frame], "edges": [line]})
    assert moved == {"cluster_a": "r"}
