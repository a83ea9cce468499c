"""draw and explain: every option reaches the picture; mistakes are one sentence."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result

import chainrule as cr
from chainrule.viz.diagram import Diagram

Chainrule = Callable[..., Result]

CHAIN = """\
import chainrule as cr
x, t = cr.input("x"), cr.input("t")
w1, w2 = cr.parameter("w_1", 0.5), cr.parameter("w_2", 1.1)
z = (w1 * x).named("z_1")
y = (cr.ops.sigmoid(z) * w2).named("y_hat")
loss = cr.ops.square(t - y).named("J(W)")
s = x * 2.0
model = cr.Sequential([cr.layers.Dense(2)], input_shape=(3,))
"""
NET = (
    '[data]\ndataset = "xor"\n[[layers]]\ntype = "dense"\nunits = 2\n'
    'activation = "tanh"\n[[layers]]\ntype = "dense"\nunits = 2\n'
    '[training]\nloss = "sparse_softmax_cross_entropy"\n'
)
VALUES = '{"x": 2, "t": 1}'
EXPLAIN = ("explain", "a_chain:loss", "--wrt", "w_1", "--values", VALUES)


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    (tmp_path / "a_chain.py").write_text(CHAIN)
    (tmp_path / "net.toml").write_text(NET)


def test_explain_prints_the_chain(chainrule: Chainrule) -> None:
    lines = chainrule(*EXPLAIN).output.splitlines()
    assert lines[0] == "∂J/∂w₁ = ∂J/∂ŷ · ∂ŷ/∂z₁ · ∂z₁/∂w₁"
    assert lines[2].strip() == "= −0.1694"
    assert "✓ finite difference −0.1694" in lines[-1]


def test_explain_for_papers_and_programs(chainrule: Chainrule) -> None:
    assert chainrule(*EXPLAIN, "--latex").output.startswith(r"\begin{align*}")
    told = json.loads(chainrule(*EXPLAIN, "--json").output)
    assert told["symbol"] == "∂J/∂w₁"
    assert np.prod([f["value"] for f in told["factors"]]) == pytest.approx(
        told["value"]
    )
    assert told["check"]["agrees"] is True
    assert chainrule(*EXPLAIN, "--check").output.startswith("∂J/∂w₁: ✓ autodiff")


@pytest.mark.parametrize("name", ["w₁", "w1", "z_1", "x"])
def test_explain_finds_a_node_by_any_of_its_names(
    name: str, chainrule: Chainrule
) -> None:
    arguments = ("explain", "a_chain:loss", "--wrt", name, "--values", VALUES)
    assert "= ∂J/∂ŷ · ∂ŷ/∂z₁" in chainrule(*arguments).output


def test_explain_a_configuration_and_a_model_file(
    chainrule: Chainrule, tmp_path: Path
) -> None:
    where = ("--wrt", "dense_2/bias", "--index", "1")
    first = chainrule("explain", "net.toml", *where, "--row", "0").output
    assert first == chainrule("explain", "net.toml", *where).output
    assert first != chainrule("explain", "net.toml", *where, "--row", "1").output
    model = cr.Sequential([cr.layers.Dense(2)], input_shape=(2,))
    model.save("model.safetensors")
    where = ("--wrt", "dense_1/kernel", "--index", "0,1")
    np.savez(tmp_path / "row.npz", x=[[1.0, 2.0]], t=[[0.0, 1.0]])
    told = chainrule(
        "explain", "model.safetensors", *where, "--loss", "mse", "--values", "row.npz"
    )
    assert "∂J/∂w₁₂" in told.output
    out = chainrule(
        "explain",
        "model.safetensors",
        *where,
        "--loss",
        "sparse_softmax_cross_entropy",
        "--data",
        "xor",
        "--row",
        "1",
    )
    assert "∂J/∂w₁₂" in out.output  # fmt: skip


@pytest.mark.parametrize("suffix", [f for f in Diagram.formats if f != "webp"])
def test_both_write_every_format(
    suffix: str, chainrule: Chainrule, tmp_path: Path
) -> None:
    assert f".{suffix}" in chainrule("draw", "--help").output
    chainrule(*EXPLAIN, "--out", f"why.{suffix}")
    assert (tmp_path / f"why.{suffix}").stat().st_size > 500
    chainrule("draw", "a_chain:loss", "--direction", "both", "--values", VALUES,
              "--out", f"net.{suffix}")  # fmt: skip
    assert (tmp_path / f"net.{suffix}").stat().st_size > 500


def test_draw_with_numbers_names_and_checks(chainrule: Chainrule) -> None:
    out = chainrule("draw", "a_chain:loss", "--direction", "both", "--values", VALUES,
                    "--check", "--out", "-").output  # fmt: skip
    assert "−0.1694" in out
    assert "✓" in out
    assert "−0.1694" not in chainrule("draw", "a_chain:loss", "--out", "-").output


def test_draw_options_change_the_picture(chainrule: Chainrule) -> None:
    base = chainrule("draw", "net.toml", "--out", "-").output
    seen = {base}
    for options in (
        ["--level", "neuron", "--row", "2"], ["--rankdir", "TB"],
        ["--level", "layer"], ["--level", "layer", "--expand", "dense_1"],
        ["--level", "layer", "--no-shapes"], ["--row", "1"], ["--title", "mine"],
    ):  # fmt: skip
        seen.add(chainrule("draw", "net.toml", "--out", "-", *options).output)
    assert len(seen) == 8


def test_draw_for_a_dark_slide(chainrule: Chainrule, tmp_path: Path) -> None:
    chainrule("draw", "net.toml", "--size", "800x400", "--theme", "dark")
    svg = (tmp_path / "graph.svg").read_text("utf-8")
    assert "#16181d" in svg
    head = re.search(r'width="([\d.]+)px" height="([\d.]+)px"', svg)
    assert head
    width, height = map(float, head.groups())
    assert width <= 800
    assert height <= 400
    assert width == 800 or height == 400


def test_draw_frames(chainrule: Chainrule, tmp_path: Path) -> None:
    out = chainrule("draw", "a_chain:loss", "--direction", "both", "--values", VALUES,
                    "--frames", "steps").output  # fmt: skip
    count = len(list((tmp_path / "steps").glob("*.svg")))
    assert out == f"wrote {count} steps to steps\n"
    assert count > 5
    assert not (tmp_path / "graph.svg").exists()


def test_dpi(chainrule: Chainrule, tmp_path: Path) -> None:
    for dpi in ("50", "200"):
        chainrule("draw", "a_chain:loss", "--dpi", dpi, "--out", f"{dpi}.png")
    small, large = ((tmp_path / f"{d}.png").stat().st_size for d in (50, 200))
    assert large > 2 * small


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["explain", "a_chain:loss"], 2, "--wrt NAME; there are w_1, w_2"),
        (["explain", "a_chain:loss", "--wrt", "nope"], 1, "Known: "),
        (["explain", "a_chain:model", "--wrt", "x"], 1, "name one with --loss"),
        (["explain", "a_chain:loss", "--loss", "mse"], 1, "--loss needs a model, got"),
        (["explain", "a_chain:model", "--loss", "msee"], 1, "Did you mean 'mse'"),
        ([*EXPLAIN, "--index", "a"], 2, "such as 0,1, got 'a'"),
        ([*EXPLAIN, "--index", "3"], 1, "must be an entry of"),
        ([*EXPLAIN, "--row", "1"], 2, "--values or --row, not both"),
        ([*EXPLAIN, "--latex", "--json"], 2, "one of --latex"),
        ([*EXPLAIN, "--out", "a.gif"], 1, "no format 'gif'"),
        ([*EXPLAIN[:-1], "nope.json"], 1, "cannot read 'nope.json'"),
        ([*EXPLAIN[:-1], "{x: 2}"], 1, "is neither JSON nor NPZ"),
        ([*EXPLAIN[:-1], "[2]"], 1, "must be an object of values by input name"),
        ([*EXPLAIN[:-1], '{"q": 2}'], 1, "no input named 'q'"),
        (["draw", "a_chain:loss", "--row", "0"], 1, "--row needs a data set"),
        (["draw", "net.toml", "--row", "99"], 1, "--row must be 0 to"),
        (["draw", "net.toml", "--check"], 2, "--check needs values"),
        (["draw", "net.toml", "--level", "layr"], 1, "Did you mean 'layer'"),
        (["draw", "net.toml", "--expand", "dens_1"], 1, "Did you mean 'dense_1'"),
        (["draw", "net.toml", "--theme", "darc"], 1, "Did you mean 'dark'"),
        (["draw", "net.toml", "--size", "slid"], 1, "Did you mean 'slide'"),
        (["draw", "net.toml", "--size", "6x6"], 1, "from 50 to 20000 pixels"),
        (["draw", "net.toml", "--depth", "0"], 1, "depth must be ≥ 1, got 0"),
    ],
)  # fmt: skip
def test_mistakes_are_named(
    arguments: list[str], code: int, message: str, chainrule: Chainrule
) -> None:
    assert message in chainrule(*arguments, code=code).stderr
