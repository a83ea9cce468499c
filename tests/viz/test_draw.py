"""Diagrams of graphs: blocks, edges, formats and hostile names."""

import base64
import gzip
import os
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainRuleError, GraphError, OutputError, RenderError


def lecture():
    """x → z₁ → ŷ → J(W), with w₁ and w₂."""
    x, t = cr.input("x"), cr.input("t")
    w1, w2 = cr.parameter("w_1", 0.5), cr.parameter("w_2", 1.1)
    z = (w1 * x).named("z_1")
    y = (cr.ops.sigmoid(z) * w2).named("y_hat")
    return cr.ops.square(t - y).named("J(W)"), {x: 2.0, t: 1.0}


def network():
    x, t = cr.input("x", (None, 64)), cr.input("t", (None,), "int")
    a = cr.layers.Dense(32, activation="relu")(x)
    return cr.losses.sparse_softmax_cross_entropy(t, cr.layers.Dense(10)(a))


def labels(diagram, kind="backward"):
    return {
        (link.tail, link.head): [line.text.unicode() for line in link.lines]
        for link in diagram.scene.links
        if link.kind == kind
    }


def test_named_results_are_the_blocks_at_layer_level():
    loss, _ = lecture()
    diagram = cr.draw(loss, level="layer")
    titles = [block.title.unicode() for block in diagram.scene.blocks]
    assert sorted(titles) == sorted(["x", "t", "w₁", "w₂", "z₁", "ŷ", "J(W)"])


def test_backward_edges_carry_the_derivative_and_its_number():
    loss, values = lecture()
    edges = labels(cr.draw(loss, level="layer", direction="both", values=values))
    assert edges["y_hat", "J_W_"] == ["∂J/∂ŷ", "= −2 · (t − ŷ)", "= −0.3917"]
    assert edges["z_1", "y_hat"] == [
        "∂ŷ/∂z₁", "= w₂ · σ(z₁) · (1 − σ(z₁))", "= 0.2163",
    ]  # fmt: skip
    assert edges["w_1", "z_1"] == ["∂z₁/∂w₁", "= x", "= 2"]
    assert ("x", "z_1") not in edges  # nobody asked for the gradient of the data


def test_the_lectures_colours():
    loss, values = lecture()
    scene = cr.draw(loss, level="layer", direction="backward", values=values).scene
    roles = {link.tail: link.role for link in scene.links if link.kind == "backward"}
    assert roles == {
        "y_hat": "loss", "z_1": "between", "w_1": "parameter", "w_2": "parameter",
    }  # fmt: skip


def test_rules_of_layers_are_printed_from_what_is_computed():
    diagram = cr.draw(network(), level="layer", direction="both")
    first = diagram.scene.block("dense_1")
    lines = [line.text.unicode() for line in first.lines]
    assert "z⁽¹⁾ = x · W⁽¹⁾ + b⁽¹⁾" in lines
    assert "∂J/∂W⁽¹⁾ = xᵀ · ∂J/∂z⁽¹⁾" in lines
    assert "∂J/∂z⁽¹⁾ = ∂J/∂a⁽¹⁾ ⊙ [z⁽¹⁾ > 0]" in lines
    assert labels(diagram)["dense_1", "dense_2"] == [
        "∂J/∂a⁽¹⁾", "= ∂J/∂z⁽²⁾ · W⁽²⁾ᵀ",
    ]  # fmt: skip


def test_scopes_are_clusters_at_op_level():
    diagram = cr.draw(network(), level="op")
    assert "subgraph cluster_dense_1" in diagram.source
    assert "subgraph cluster_dense_1_relu_1" in diagram.source


def test_expand_opens_one_layer_of_several():
    scene = cr.draw(network(), level="layer", expand="dense_2").scene
    ids = [block.id for block in scene.blocks]
    assert "dense_1" in ids
    assert "dense_2" not in ids
    assert "dense_2_z" in ids


def test_an_operand_used_twice_has_two_edges():
    x = cr.parameter("x", 3.0)
    edges = [
        [line.text.unicode() for line in link.lines]
        for link in cr.draw(x * x, direction="backward").scene.links
    ]
    assert edges == [["∂J/∂x", "= x"], ["∂J/∂x", "= x"]]


def test_a_diagram_without_a_loss_says_that_there_is_no_gradient_yet():
    y = cr.layers.Dense(3)(cr.input("x", (None, 2)))
    diagram = cr.draw(y, direction="both")
    assert "no gradient yet" in diagram.scene.caption[0].text.unicode()
    assert not labels(diagram)


def test_drawing_changes_nothing():
    loss, values = lecture()
    (w,) = [p for p in cr.Graph([loss]).parameters if p.name == "w_1"]
    before, state = w.value.copy(), np.random.get_state()[1].copy()
    cr.draw(loss, direction="both", values=values).render("svg")
    assert np.array_equal(w.value, before)
    assert np.array_equal(np.random.get_state()[1], state)


@pytest.mark.parametrize("format", ["svg", "svgz", "png", "pdf", "eps", "dot"])
def test_formats(tmp_path, format):
    loss, _ = lecture()
    file = cr.draw(loss).save(tmp_path / "deep" / f"a.{format}")
    head = {
        "svg": b"<svg", "svgz": b"\x1f\x8b", "png": b"\x89PNG", "pdf": b"%PDF",
        "eps": b"%!PS", "dot": b"digraph",
    }  # fmt: skip
    assert file.read_bytes().startswith(head[format])


def test_a_compressed_svg_is_the_svg():
    diagram = cr.draw(lecture()[0])
    assert gzip.decompress(diagram.render("svgz")) == diagram.render("svg")


def test_webp_is_written_or_refused():
    try:
        written = cr.draw(lecture()[0]).render("webp")
    except RenderError as error:
        written = str(error).encode()
    assert written.startswith((b"RIFF", b"Graphviz cannot write 'webp'"))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"dpi": 0}, r"dpi must be in \[10, 1200\], got 0"),
        ({"dpi": 10**9}, r"dpi must be in \[10, 1200\], got 1000000000"),
        ({"dpi": "144"}, "dpi must be an int, got '144'"),
        ({"engine": "neato"}, "engine must be one of 'pygraphviz', 'dot', got 'neato'"),
    ],
)
@pytest.mark.parametrize("format", ["png", "svgz", "dot"])
def test_what_cannot_be_rendered_is_refused(format, option, message):
    with pytest.raises(ChainRuleError, match=message):
        cr.draw(lecture()[0]).render(format, **option)


@pytest.mark.parametrize("format", ["svg", "svgz", "pdf", "eps", "dot", "html"])
def test_a_resolution_is_for_pixels(format):
    with pytest.raises(RenderError, match=f"dpi must be left out for '{format}', got"):
        cr.draw(lecture()[0]).render(format, dpi=300)


def test_dpi_changes_the_size_of_a_png():
    diagram = cr.draw(lecture()[0])
    sizes = [diagram.render("png", dpi=dpi)[16:20] for dpi in (72, 144)]
    small, large = (int.from_bytes(size, "big") for size in sizes)
    assert abs(large - 2 * small) <= 3


def test_svg_scales_and_describes_itself():
    svg = ET.fromstring(cr.draw(lecture()[0], title="the lecture").render("svg"))
    *_, width, height = svg.get("viewBox").split()
    assert (svg.get("width"), svg.get("height")) == tuple(
        f"{float(size):.0f}pt" for size in (width, height)
    )
    assert svg.get("style") == "max-width:100%;height:auto"
    space = "{http://www.w3.org/2000/svg}"
    assert svg.find(f"{space}title").text == "the lecture"
    assert "7 blocks" in cr.draw(lecture()[0], level="layer").render("svg").decode()
    ids = [e.get("id") for e in svg.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    assert "node-y_hat" in ids


def test_notebooks_get_the_svg():
    loss, feeds = lecture()
    explanation = cr.explain(loss, "w_1", values=feeds)
    for shown in (cr.draw(loss), explanation):
        bundle = shown._repr_mimebundle_()
        assert bundle["image/svg+xml"].startswith("<svg")
        assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert bundle["text/plain"] == explanation.text


def test_the_same_input_gives_the_same_bytes_whatever_the_hash_seed():
    script = (
        "import chainrule as cr\n"
        "x, t = cr.input('x', (None, 4)), cr.input('t', (None, 2))\n"
        "y = cr.layers.Dense(2, activation='tanh')(x)\n"
        "J = cr.losses.mse(t, y)\n"
        "d = cr.draw(J, direction='both')\n"
        "import sys; sys.stdout.buffer.write(d.source.encode() + d.render('svg'))"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", script], check=True, capture_output=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "77")
    }  # fmt: skip
    assert len(seen) == 1


def test_pictures_need_no_dot_on_the_path(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert cr.draw(lecture()[0]).render("svg").startswith(b"<svg")
    with pytest.raises(RenderError, match="leave engine='dot' out"):
        cr.draw(lecture()[0]).render("svg", engine="dot")


def test_a_machine_without_fonts_still_shows_letters(tmp_path):
    """Without any font, text is as wide as so many empty boxes, whatever it says."""
    script = (
        "import sys, chainrule as cr, chainrule.viz.formats.fonts as fonts\n"
        "fonts._SYSTEM = ()\n"
        "wide, narrow = (cr.draw(cr.input(c * 30)).render('png') for c in 'WI')\n"
        "size = lambda png: int.from_bytes(png[16:20], 'big')\n"
        "assert size(wide) > 2 * size(narrow), (size(wide), size(narrow))"
    )
    environment = {k: v for k, v in os.environ.items() if k != "FONTCONFIG_FILE"}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_rendering_leaves_the_environment_alone(monkeypatch):
    monkeypatch.delenv("FONTCONFIG_FILE", raising=False)
    cr.draw(lecture()[0]).render("png")
    assert "FONTCONFIG_FILE" not in os.environ


def test_rendering_prints_nothing(capfd):
    cr.draw(lecture()[0]).render("png")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"level": "ops"}, "Did you mean 'op'"),
        ({"direction": "backwards"}, "Did you mean 'backward'"),
        ({"rankdir": "XX"}, "rankdir must be one of"),
        ({"depth": "1"}, "depth must be an int, got '1'"),
        ({"depth": True}, "depth must be an int, got True"),
        ({"depth": 0}, "depth must be ≥ 1, got 0"),
        ({"seed": -1}, "seed must be in"),
        ({"fold": "no"}, "fold must be a bool, got 'no'"),
        ({"title": 3}, "title must be a str, got 3"),
        ({"values": [1.0]}, "values must be a mapping, got"),
        ({"expand": "typo"}, "expand='typo' opens nothing"),
        ({"expand": "typo", "level": "op"}, "level='op' opens every layer"),
        ({"expand": "typo", "level": "neuron"}, "level='neuron' opens every layer"),
        ({"depth": 1, "level": "neuron"}, "depth=… has no effect here"),
        ({"example": 1}, "only level='neuron' shows one example"),
    ],
)
def test_what_cannot_be_drawn_is_refused(option, message):
    with pytest.raises(ChainRuleError, match=message):
        cr.draw(lecture()[0], **option)


def test_unknown_formats_and_places(tmp_path):
    diagram = cr.draw(lecture()[0])
    with pytest.raises(RenderError, match=r"no format 'pgn'. Did you mean 'png'"):
        diagram.save(tmp_path / "a.pgn")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        diagram.save(tmp_path / "file" / "a.dot")


def test_only_nodes_and_models_can_be_drawn():
    with pytest.raises(GraphError, match="draw takes a node"):
        cr.draw(3)


@pytest.mark.parametrize(
    "name",
    ['"q" \\', "<script>alert(1)</script>", "a\nb", "😀", "שלום", "x" * 10_000, "a:b"],
)
def test_hostile_names_are_only_text(name):
    x, w = cr.input(name), cr.parameter(name, 1.0)
    with cr.scope(name):
        loss = cr.ops.square(x * w).named(name)
    diagram = cr.draw(loss, direction="both", title=name)
    svg = diagram.render("svg").decode()
    ET.fromstring(svg)
    assert "<script" not in svg
    assert diagram.source.count("->") == len(diagram.scene.links)


def test_no_label_covers_the_title_of_a_frame_in_a_large_picture():
    t, x = (cr.input(name, (None, 3)) for name in "tx")
    y = x
    for _ in range(6):
        gate = cr.layers.Dense(3, activation="sigmoid")(y)
        y = y * gate + cr.layers.Dense(3)(y)
    diagram = cr.draw(cr.losses.mse(t, y), level="op", direction="both", fold=False)
    assert 60 < len(diagram.scene.blocks) < 120
    assert not diagram.proofread().wrong


def test_what_replaces_a_parameter_has_a_formula():
    x, mean = cr.input("x"), cr.parameter("mean", 0.0, trainable=False)
    y = cr.ops.also_update(x * 2.0, mean, mean * 0.9 + x * 0.1)
    assert [x.text.unicode() for x in cr.draw(y).scene.blocks[-1].lines] == ["v₁"]
