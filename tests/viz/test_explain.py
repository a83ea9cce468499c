"""Explanations of one derivative: the chain, its paths, its sums and its checks."""

import shutil
import subprocess

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainRuleError, GradientError, GraphError
from chainrule.notation.numbers import number
from chainrule.viz.chain.explanation import Summand


def lecture():
    x, t = cr.input("x"), cr.input("t")
    w1, w2 = cr.parameter("w_1", 0.5), cr.parameter("w_2", 1.1)
    z = (w1 * x).named("z_1")
    y = (cr.ops.sigmoid(z) * w2).named("y_hat")
    return cr.ops.square(t - y).named("J(W)"), w1, {x: 2.0, t: 1.0}


def network(batch, seed=0):
    rng = np.random.default_rng(seed)
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    hidden = cr.layers.Dense(3, activation="tanh")(x)
    hidden = cr.layers.Dense(3, activation="sigmoid")(hidden)
    loss = cr.losses.mse(t, cr.layers.Dense(1)(hidden))
    kernel = next(p for p in cr.Graph([loss]).parameters if p.shape == (2, 3))
    feeds = {x: rng.normal(size=(batch, 2)), t: rng.normal(size=(batch, 1))}
    return loss, kernel, feeds


def test_the_lectures_chain():
    loss, w, feeds = lecture()
    e = cr.explain(loss, w, values=feeds)
    lines = e.text.splitlines()
    assert lines[0] == "∂J/∂w₁ = ∂J/∂ŷ · ∂ŷ/∂z₁ · ∂z₁/∂w₁"
    assert lines[1].strip() == "= −0.3917 · 0.2163 · 2"
    assert lines[2].strip() == "= −0.1694"
    rules = [factor.rule.unicode() for factor in e.factors]
    assert rules == ["−2 · (t − ŷ)", "w₂ · σ(z₁) · (1 − σ(z₁))", "x"]
    assert [factor.role for factor in e.factors] == ["loss", "between", "parameter"]
    assert e.check().agrees
    assert e.count == 1
    assert "✓ autodiff −0.1694" in e.text


def test_the_diagram_shows_the_chain_and_what_was_checked():
    loss, w, feeds = lecture()
    scene = cr.explain(loss, w, values=feeds).diagram.scene
    edges = [
        [line.text.unicode() for line in link.lines]
        for link in scene.links
        if link.kind == "backward"
    ]
    assert ["∂J/∂ŷ", "= −2 · (t − ŷ)", "= −0.3917"] in edges
    caption = [line.text.unicode() for line in scene.caption]
    assert "∂J/∂w₁" in caption[0]
    assert caption[2].startswith("✓ autodiff −0.1694     ✓ finite difference −0.1694")
    titles = {block.title.unicode() for block in scene.blocks}
    assert titles == {"w₁", "z₁", "ŷ", "J(W)", "x", "t", "w₂"}


def test_entries_of_matrices_have_indices_and_branches_are_summed():
    loss, kernel, feeds = network(batch=1)
    e = cr.explain(loss, kernel, (0, 1), values=feeds)
    assert e.symbol.unicode() == "∂J/∂w₁₂⁽¹⁾"
    symbols = [factor.symbol.unicode() for factor in e.factors]
    assert symbols[-1] == "∂z₂⁽¹⁾/∂w₁₂⁽¹⁾"
    assert e.factors[-1].rule.unicode() == "x₁"
    assert e.count == 3
    assert sum(path.contribution for path in e.paths) == pytest.approx(e.value)
    assert e.check().agrees


def test_paths_are_ranked_and_cut():
    loss, kernel, feeds = network(batch=6)
    e = cr.explain(loss, kernel, (1, 2), values=feeds, top=4)
    assert e.count == 18
    assert len(e.parts) == 6
    sizes = [abs(path.contribution) for path in e.paths]
    assert len(sizes) == 4
    assert sizes == sorted(sizes, reverse=True)
    every = cr.explain(loss, kernel, (1, 2), values=feeds, top=18)
    assert sum(p.contribution for p in every.paths) == pytest.approx(e.value)
    assert [p.contribution for p in every.paths[:4]] == pytest.approx(
        [p.contribution for p in e.paths]
    )


def penalized(batch):
    loss, kernel, feeds = network(batch)
    squares = 0.01 * cr.ops.sum(cr.ops.square(kernel))
    return loss + squares + 0.02 * cr.ops.sum(cr.ops.abs(kernel)), kernel, feeds


def test_a_batch_is_the_mean_over_its_examples():
    loss, kernel, feeds = network(batch=3)
    e = cr.explain(loss, kernel, (0, 1), values=feeds)
    lines = e.text.splitlines()
    terms = " + ".join(f"∂J⟨{i}⟩/∂w₁₂⁽¹⁾" for i in (1, 2, 3))
    assert lines[0] == f"∂J/∂w₁₂⁽¹⁾ = 1/3 · ({terms})"
    alone = [
        cr.explain(
            loss, kernel, (0, 1), values={x: v[[i]] for x, v in feeds.items()}
        ).value
        for i in range(3)
    ]
    assert [part.value for part in e.parts] == pytest.approx(alone)
    assert [part.factor for part in e.parts] == pytest.approx([1 / 3] * 3)
    assert e.value == pytest.approx(np.mean(alone))
    assert e.check().agrees
    assert e.count == 9
    most = int(np.argmax(np.abs(alone)))
    assert f"example {most + 1} of 3, which contributes most:" in lines


@pytest.mark.parametrize("example", [0, 2, -1])
def test_one_example_of_a_batch(example):
    loss, kernel, feeds = network(batch=3)
    e = cr.explain(loss, kernel, (0, 1), values=feeds, example=example)
    number = (1, 2, 3)[example]
    assert e.symbol.unicode() == f"∂J⟨{number}⟩/∂w₁₂⁽¹⁾"
    whole = cr.explain(loss, kernel, (0, 1), values=feeds)
    assert e.value == pytest.approx(whole.parts[example].value)
    assert np.prod([f.value for f in e.factors]) == pytest.approx(e.value)
    assert e.check().agrees


def test_what_is_summed_over_examples_is_a_sum():
    x = cr.input("x", (None,))
    w = cr.parameter("w", 0.5)
    loss = cr.ops.sum(cr.ops.square(w * x)).named("J")
    e = cr.explain(loss, w, values={x: [1.0, 2.0]})
    assert e.text.startswith("∂J/∂w = ∂J⟨1⟩/∂w + ∂J⟨2⟩/∂w\n      = 1 + 4\n      = 5\n")


def test_examples_that_depend_on_each_other_have_no_chain_of_their_own():
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    hidden = cr.layers.BatchNorm()(cr.layers.Dense(2)(x))
    loss = cr.losses.mse(t, cr.layers.Dense(1)(hidden))
    kernel = next(p for p in cr.Graph([loss]).parameters if p.name == "kernel")
    feeds = {x: np.arange(6.0).reshape(3, 2) ** 2, t: np.ones((3, 1))}
    e = cr.explain(loss, kernel, (0, 0), values=feeds, training=True)
    assert not e.parts
    assert e.check().agrees


@pytest.mark.parametrize("batch", [1, 3])
def test_each_penalty_is_a_term_of_its_own(batch):
    loss, kernel, feeds = penalized(batch)
    e = cr.explain(loss, kernel, (1, 2), values=feeds)
    w = float(kernel.value[1, 2])
    assert [p.value for p in e.parts[-2:]] == pytest.approx([0.02 * w, np.sign(w) / 50])
    assert "penalty 1 of 2, R₁ = 0.01 · (Σ (W⁽¹⁾)²):" in e.text
    assert "∂R₁/∂w₂₃⁽¹⁾ = 0.01 · (2 · W⁽¹⁾)" in e.text
    (data,) = (n for n in loss.inputs[0].inputs if "mse" in repr(n.scope))
    assert e.value - 0.02 * w - np.sign(w) / 50 == pytest.approx(
        cr.explain(data, kernel, (1, 2), values=feeds).value
    )
    assert e.check().agrees
    bias = next(p for p in cr.Graph([loss]).parameters if p.name == "bias")
    assert "R" not in cr.explain(loss, bias, 0, values=feeds).text


def test_a_model_is_explained_with_its_regularizers():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 2)), rng.normal(size=(8, 1))
    layers = [cr.layers.Dense(3, activation="tanh"), cr.layers.Dense(1)]
    model = cr.Sequential(layers)
    given = {"regularizers": ["l2", cr.regularizers.Dropout(0.5)], "seed": 0}
    model.fit(x, y, loss="mse", optimizer="sgd", epochs=1, **given)
    feeds = {model.inputs[0]: x, "t": y}
    e = cr.explain(model, "dense_1/kernel", (0, 1), values=feeds)
    assert "the penalty, R = 0.01 · (Σ (W⁽¹⁾)²):" in e.text
    assert e.check().agrees
    kernel = model.parameters["dense_1/kernel"]
    plain = cr.explain(model, kernel, (0, 1), values=feeds, loss="mse")
    assert e.value - plain.value == pytest.approx(0.02 * kernel.value[0, 1], rel=1e-5)
    active = cr.explain(model, kernel, (0, 1), values=feeds, training=True, seed=3)
    assert active.value != pytest.approx(e.value)
    assert active.check().agrees
    one = cr.explain(
        model, kernel, (0, 1), values=feeds, training=True, seed=3, example=4
    )
    number = next(part.value for part in active.parts if part.number == 5)
    data = next(part.value for part in one.parts if part.number == 5)
    assert data == pytest.approx(number)
    assert one.check().agrees


def test_training_is_that_of_draw():
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    hidden = cr.layers.Dropout(0.5)(cr.layers.Dense(4, activation="tanh")(x))
    loss = cr.losses.mse(t, cr.layers.Dense(1)(hidden))
    kernel = cr.Graph([loss]).parameters[0]
    feeds = {x: [[1.0, 2.0], [0.5, -1.0]], t: [[1.0], [0.0]]}
    for training in (False, True):
        drawn = cr.draw(
            loss, level="op", direction="both", values=feeds, training=training, seed=1
        )
        block = next(b for b in drawn.scene.blocks if b.nodes == (kernel,))
        (written,) = (k.text.unicode() for k in block.lines if k.kind == "gradient")
        entries = [
            cr.explain(
                loss, kernel, (i, j), values=feeds, training=training, seed=1
            ).value
            for i in range(2)
            for j in range(4)
        ]
        assert written == f"‖∂J/∂W⁽¹⁾‖ = {number(float(np.linalg.norm(entries)))}"


def test_the_picture_of_a_batch_and_its_latex():
    loss, kernel, feeds = penalized(8)
    e = cr.explain(loss, kernel, (0, 1), values=feeds, top=3)
    titles = [block.title.unicode() for block in e.diagram.scene.blocks]
    assert titles[0] == "w₁₂⁽¹⁾"
    assert titles[-3:] == ["R₁", "R₂", "J"]
    assert len(titles) == 1 + 3 + 2 + 1
    caption = [line.text.unicode() for line in e.diagram.scene.caption]
    assert caption[0].startswith("∂J/∂w₁₂⁽¹⁾  =  1/8 · (∂L⟨1⟩/∂w₁₂⁽¹⁾ + ")
    assert caption[3].startswith("not drawn: 5 more examples, together ")
    assert caption[4].startswith("✓ autodiff")
    assert e.latex.count(r"\begin{align*}") == 1
    assert r"\text{(}" not in e.latex


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"example": 3}, "example must be one of the 3 in the batch, 0 to 2, got 3"),
        ({"example": "1"}, "example must be an int"),
        ({"top": 0}, "top must be ≥ 1, got 0"),
        ({"rankdir": "XX"}, "rankdir must be one of"),
        ({"values": [1]}, "values must be a mapping"),
    ],
)
def test_what_cannot_be_explained_is_refused(options, message):
    loss, kernel, feeds = network(batch=3)
    with pytest.raises(ChainRuleError, match=message):
        cr.explain(loss, kernel, (0, 1), **{"values": feeds, **options})


def test_paths_are_counted_and_not_listed():
    w = cr.parameter("w", 0.01)
    node = w
    for _ in range(70):
        node = cr.ops.sin(node) + node
    e = cr.explain(node, w, top=3)
    assert e.count == 2**70
    assert len(e.paths) == 3
    assert e.check().agrees


@pytest.mark.parametrize("seed", range(100))
def test_paths_autodiff_and_finite_differences_agree(seed):
    """A random expression of scalars and vectors, explained at a random entry."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 4))
    w = cr.parameter("w", rng.normal(size=size))
    x = cr.input("x", (size,))
    nodes = [w, x]
    for _ in range(int(rng.integers(3, 9))):
        a, b = (nodes[int(rng.integers(len(nodes)))] for _ in range(2))
        made = {
            0: lambda a=a, b=b: a + b, 1: lambda a=a, b=b: a * b,
            2: lambda a=a, b=b: a - 0.5 * b, 3: lambda a=a: cr.ops.tanh(a),
            4: lambda a=a: cr.ops.sigmoid(a) * 2, 5: lambda a=a: cr.ops.sin(a),
            6: lambda a=a: cr.ops.softmax(a), 7: lambda a=a: a * cr.ops.mean(a),
            8: lambda a=a: cr.ops.exp(-cr.ops.square(a)),
        }[int(rng.integers(9))]()  # fmt: skip
        nodes.append(made)
    loss = cr.ops.sum(cr.ops.tanh(nodes[-1]) * w) + cr.ops.mean(nodes[-2])
    e = cr.explain(loss, w, int(rng.integers(size)), values={x: rng.normal(size=size)})
    check = e.check()
    assert check.exact, check
    assert check.near, check
    chains = e.parts or [Summand(1.0, e.symbol.of, "", e.value, lambda: e)]
    for part in chains:
        factors = [factor.value for factor in part.explanation.factors]
        assert np.prod(factors) == pytest.approx(part.value, abs=1e-12)
    assert sum(p.contribution for p in chains) == pytest.approx(e.value, abs=1e-12)


def test_explaining_changes_no_parameter():
    loss, w, feeds = lecture()
    before = w.value.copy()
    cr.explain(loss, w, values=feeds).check()
    assert np.array_equal(w.value, before)


def test_a_wrong_derivative_is_flagged_and_named():
    class Broken(cr.Elementwise):
        """y = x², with the derivative of x³."""

        notation = "broken({0})"

        def derivatives(self, y, x):
            return (3 * x * x,)

        def expand(self, x):
            return x * x

    w = cr.parameter("w", 2.0)
    e = cr.explain(Broken()(w), w)
    assert e.check().exact
    assert not e.check().near
    assert "✗ finite difference 4" in e.text
    assert "✗ finite difference 4" in e.diagram.source


def test_questions_that_have_no_answer():
    loss, w, feeds = lecture()
    with pytest.raises(GradientError, match="does not depend on"):
        cr.explain(loss, cr.parameter("other", 1.0), values=feeds)
    with pytest.raises(GraphError, match=r"must be an entry of .* w_1 of shape \(\)"):
        cr.explain(loss, w, (3,), values=feeds)
    loss, kernel, feeds = network(batch=1)
    with pytest.raises(GraphError, match=r"write e.g. index=\(0, 0\)"):
        cr.explain(loss, kernel, values=feeds)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")
def test_latex_compiles(tmp_path):
    loss, w, feeds = lecture()
    wide, kernel, more = network(batch=1)
    named = (cr.parameter("a_b%$#{}\\~^", 1.0) * 2).named('"<q>" & שלום é')
    odd = cr.explain(cr.ops.square(named), cr.Graph([named]).parameters[0])
    texts = [
        cr.explain(loss, w, values=feeds).latex,
        cr.explain(wide, kernel, (0, 0), values=more).latex,
        odd.latex,
    ]
    (tmp_path / "a.tex").write_text(
        "\\documentclass{article}\\usepackage[T1]{fontenc}"
        "\\usepackage{amsmath,xcolor}\\begin{document}\n"
        + "\n".join(texts)
        + "\n\\end{document}\n"
    )
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "a.tex"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.decode("latin-1")[-2000:]


def test_an_accumulated_derivative_has_no_colour_of_an_edge():
    x, t = cr.input("x"), cr.input("t")
    w = cr.parameter("w_1", 0.5)
    z = (w * x).named("z_1")
    y = cr.ops.sigmoid(z).named("y_hat")
    J = cr.ops.square(t - y).named("J")
    values = {x: 2.0, t: 1.0}
    for scene in (
        cr.explain(J, w, values=values).diagram.scene,
        cr.draw(J, level="layer", direction="both", values=values).scene,
    ):
        lines = [
            line
            for block in scene.blocks
            for line in block.lines
            if line.kind == "gradient"
        ]
        written = " ".join(line.text.unicode() for line in lines)
        assert all(name in written for name in ("∂J/∂ŷ", "∂J/∂z₁", "∂J/∂w₁"))
        assert {line.role for line in lines} == {None}
        assert all(line.role for link in scene.links for line in link.lines)


@pytest.mark.parametrize("top", [1, 2, 5])
def test_unfolded_branches_add_up_to_the_factor(top):
    loss, kernel, feeds = network(batch=1)
    explanation = cr.explain(loss, kernel, (0, 1), values=feeds, unfold=True, top=top)
    (branching,) = (f for f in explanation.factors if f.count > 1)
    scene = explanation.diagram.scene
    drawn = min(top, branching.count)
    assert sum(b.id.startswith("b") for b in scene.blocks) == 2 * drawn  # z and a
    said = [ln.text.unicode() for k in scene.links for ln in k.lines]
    rest = branching.value - sum(p.contribution for p in explanation.paths) / (
        explanation.value / branching.value
    )
    together = [text for text in said if text.startswith("together")]
    if drawn < branching.count:
        assert together == [f"together {number(rest)}"]
        assert any("more path" in text for text in said)
    else:
        assert together == []
        assert rest == pytest.approx(0, abs=1e-12)
    total = scene.caption[-1].text.unicode()
    assert total.startswith(f"{branching.symbol.unicode()}  =  ")
    assert total.endswith(f"=  {number(branching.value)}")
    assert ("…" in total) == bool(together)
