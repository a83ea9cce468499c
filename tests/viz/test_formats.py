"""Formats of diagrams: JSON, networkx, TikZ and the others."""

import json
import shutil
import subprocess
import xml.etree.ElementTree as ET
from importlib.resources import files

import numpy as np
import pytest

import chainrule as cr

HOSTILE = ['"q" \\', "<script>alert(1)</script>", "a\nb", "😀", "שלום", "x" * 10_000]


def diagram(name="y_hat", **options):
    x, t = cr.input("x"), cr.input("t")
    w1, w2 = cr.parameter("w_1", 0.5), cr.parameter("w_2", 1.1)
    z = (w1 * x).named("z_1")
    y = (cr.ops.sigmoid(z) * w2).named(name)
    loss = cr.ops.square(t - y).named("J")
    return cr.draw(
        loss, level="layer", direction="both", values={x: 2.0, t: 1.0}, **options
    )


def test_json_follows_its_schema():
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(
        (files("chainrule.viz.formats") / "diagram.schema.json").read_text()
    )
    jsonschema.validate(json.loads(diagram().render("json")), schema)


def test_json_holds_everything_that_is_shown():
    data = json.loads(diagram().render("json"))
    assert data["schema"] == "chainrule.diagram/1"
    assert [block["title"]["text"] for block in data["blocks"]].count("ŷ") == 1
    (edge,) = (
        link for link in data["links"]
        if link["kind"] == "backward" and link["tail"] == "z_1"
    )  # fmt: skip
    assert [line["text"] for line in edge["lines"]] == [
        "∂ŷ/∂z₁", "= w₂ · σ(z₁) · (1 − σ(z₁))", "= 0.2163",
    ]  # fmt: skip
    assert edge["lines"][0]["latex"] == (r"\frac{\partial \hat{y}}{\partial z_{1}}")


def test_networkx_on_request():
    graph = diagram().graph
    assert graph.nodes["z_1"]["title"] == "z₁"
    kinds = {data["kind"] for *_, data in graph.edges(data=True)}
    assert kinds == {"forward", "backward"}
    assert graph.has_edge("J", "y_hat")
    assert graph.has_edge("y_hat", "J")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex")
@pytest.mark.parametrize("names", [["y_hat"], [*HOSTILE, "$x$ % # {y} ~ ^ _ &"]])
def test_tikz_compiles(tmp_path, names):
    node = cr.parameter("w", 1.0)
    for name in names:
        node = (node * cr.input(name)).named(name)
    cr.draw(node, direction="both").save(tmp_path / "a.tex")
    done = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "a.tex"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.decode("latin-1")[-2000:]


def test_tikz_is_a_picture_of_its_own_for_papers():
    text = diagram().render("tikz").decode()
    assert text.startswith(r"\begin{tikzpicture}")
    assert text.count(r"\draw") == len(diagram().scene.links)


@pytest.mark.parametrize("name", HOSTILE)
def test_pages_hold_hostile_names_as_text(name):
    page = diagram(name, title=name).render("html").decode()
    assert "<script>alert" not in page
    assert page.count("<script") == 2
    assert "Content-Security-Policy" in page
    start = page.index('id="data">') + len('id="data">')
    data = json.loads(page[start : page.index("</script>", start)])
    assert data["steps"]


def test_pages_fetch_nothing():
    page = diagram().render("html").decode()
    assert "default-src &#x27;none&#x27;" in page
    for fetching in ("src=", "url(", "import(", "fetch(", 'href="http'):
        assert fetching not in page.replace("script-src=", "")


def test_the_story_runs_forward_then_back_then_updates():
    steps = json.loads(_data(diagram().render("html").decode()))["steps"]
    phases = [step["phase"] for step in steps]
    order = list(dict.fromkeys(phases))
    assert order == ["forward", "loss", "accumulate", "sweep", "update"]
    assert [p for p in phases if p == "update"] == ["update"] * 2
    said = [_text(step["said"]) for step in steps]
    assert "z₁ = w₁ · x = 1" in said
    rule, product = next(t for t in said if t.startswith("∂ŷ/∂z₁")).split("; ")
    assert rule == "∂ŷ/∂z₁ = w₂ · σ(z₁) · (1 − σ(z₁)) = 0.2163"
    assert product == "∂J/∂ŷ · ∂ŷ/∂z₁ = −0.3917 · 0.2163 = −0.08471"
    assert said[-1] == "SGD(lr=0.01): w₂ ← w₂ − η · ∂J/∂w₂; 1.1 → 1.103"


def _text(parts):
    return "".join(part if isinstance(part, str) else part["was"] for part in parts)


def _data(page):
    start = page.index('id="data">') + len('id="data">')
    return page[start : page.index("</script>", start)]


def test_where_edges_meet_the_story_adds_up():
    x = cr.parameter("x", 2.0)
    loss = (cr.ops.square(x) - 5.0 * x).named("J")
    page = cr.draw(loss, level="op", direction="both", values={}).render("html")
    said = [_text(step["said"]) for step in json.loads(_data(page.decode()))["steps"]]
    assert any(text.endswith("∂J/∂x = 4 + (−5) = −1") for text in said)


def test_frames_are_numbered_and_reveal_step_by_step(tmp_path):
    made = diagram()
    paths = made.save_frames(tmp_path)
    steps = json.loads(_data(made.render("html").decode()))["steps"]
    assert [path.name for path in paths[:2]] == ["001.svg", "002.svg"]
    assert len(paths) == len(steps)
    hidden = [path.read_text().count('visibility="hidden"') for path in paths]
    assert hidden == sorted(hidden, reverse=True)
    assert hidden[0] > hidden[-1] == 0
    for path in paths:
        ET.parse(path)


def test_the_demos_network_stays_under_a_megabyte():
    rng = np.random.default_rng(0)
    x, t = cr.input("x", (None, 64)), cr.input("t", (None,), "int")
    hidden = cr.layers.Dense(32, activation="relu")(x)
    loss = cr.losses.sparse_softmax_cross_entropy(t, cr.layers.Dense(10)(hidden))
    feeds = {x: rng.normal(size=(16, 64)), t: rng.integers(0, 10, 16)}
    page = cr.draw(loss, level="layer", direction="both", values=feeds).render("html")
    assert len(page) < 1_000_000


def test_everything_a_diagram_says_has_its_latex():
    """No character falls back to its code point, in a diagram full of remarks."""
    x, t = cr.input("x", (None, 4)), cr.input("t", (None, 4))
    y = x
    for _ in range(8):
        y = cr.layers.Dense(4, activation="sigmoid")(y)
    loss = cr.losses.mse(t, y)
    feeds = {x: np.ones((8, 4)), t: np.zeros((8, 4))}
    text = cr.draw(
        loss, level="layer", direction="both", values=feeds, check=True, fold=False
    ).render("tikz").decode()  # fmt: skip
    assert "U+" not in text
    assert r"\|" in text
    assert text.isascii()


@pytest.mark.parametrize(
    ("optimizer", "rule"),
    [
        ("sgd", "SGD(lr=0.01): w ← w − η · ∂J/∂w; 0.5 → 0.54"),
        ("momentum", "w ← w + m', m' = 0.9 · m − η · ∂J/∂w; 0.5 → 0.54"),
        (cr.optimizers.SGD(clip_norm=1.0), "w ← w − η · g, g is "),
    ],
)
def test_an_update_of_a_number_shows_the_rule(optimizer, rule):
    w, x = cr.parameter("w", 0.5), cr.input("x")
    loss = cr.ops.square(w * x - 2.0).named("J")
    diagram = cr.draw(
        loss, level="op", direction="both", values={x: 2.0}, optimizer=optimizer
    )
    (said,) = (change.text for change in diagram.extras.updates)
    assert rule in said.unicode()


@pytest.mark.parametrize("suffix", ["html", "json", "dot", "tikz", "tex"])
def test_an_engine_that_would_have_no_effect_is_refused(suffix, tmp_path):
    x = cr.input("x")
    diagram = cr.draw(cr.ops.tanh(x))
    with pytest.raises(
        cr.errors.RenderError, match=f"engine must be left out for '{suffix}'"
    ):
        diagram.save(tmp_path / f"a.{suffix}", engine="dot")
