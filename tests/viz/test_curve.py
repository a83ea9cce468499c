"""Training curves."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import OutputError
from chainrule.viz.curve import curve, ticks

NAMESPACE = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [element.text or "" for element in root.iter(f"{NAMESPACE}text")]


def lines(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    paths = root.iter(f"{NAMESPACE}path")
    return [p.get("d", "") for p in paths if p.get("stroke-width") == "2"]


def test_a_panel_for_each_measure_and_a_line_for_each_part() -> None:
    history = {
        "loss": [2.0, 1.0, 0.5],
        "val_loss": [2.2, 1.2, 0.9],
        "top_k": [0.1, 0.5, 0.75],
    }
    svg = curve(history, title="a <b>").svg
    shown = texts(svg)
    assert len(lines(svg)) == 3
    assert {"loss", "top k", "training", "held out", "0.5", "0.9", "0.75"} <= set(shown)
    assert ElementTree.fromstring(svg).findtext(f"{NAMESPACE}title") == "a <b>"
    assert "loss from 2 to 0.5 in 3 epochs" in svg


def test_lines_go_down_when_the_loss_does() -> None:
    (path,) = lines(curve({"loss": [3.0, 2.0, 1.0]}).svg)
    heights = [float(y) for y in re.findall(r" ([\d.]+)", path)]
    assert heights == sorted(heights)
    assert len(set(heights)) == 3


def test_numbers_that_are_not_finite_leave_a_gap() -> None:
    (path,) = lines(curve({"loss": [3.0, math.nan, 1.0, 0.5]}).svg)
    assert path.count("M") == 2
    assert "nan" not in curve({"loss": [3.0, math.nan, 1.0]}).svg.split("<desc>")[0]


@pytest.mark.parametrize("history", [{}, {"loss": []}, {"loss": [math.inf]}])
def test_nothing_to_draw_is_a_picture_too(history: dict[str, list[float]]) -> None:
    ElementTree.fromstring(curve(history).svg)


def test_one_epoch_and_one_value() -> None:
    (path,) = lines(curve({"loss": [3.0]}).svg)
    assert path.endswith("h0.1")


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (-3.0, 17.0), (1e-9, 2e-9), (5.0, 5.0), (0.0, 0.0)]
)
def test_ticks_are_few_and_reach_around(low: float, high: float) -> None:
    found = ticks(low, high)
    assert 2 <= len(found) <= 8
    assert found == sorted(set(found))
    assert found[0] <= low
    assert found[-1] >= high


def test_whoever_points_at_an_epoch_reads_its_number() -> None:
    svg = curve({"loss": [3.0, math.inf, 0.125], "val_loss": [1.0]}).svg
    root = ElementTree.fromstring(svg)
    circles = root.iter(f"{NAMESPACE}circle")
    said = [circle.findtext(f"{NAMESPACE}title") for circle in circles]
    assert said == [
        "training, epoch 1: 3", "training, epoch 3: 0.125", "held out, epoch 1: 1"
    ]  # fmt: skip


def test_long_runs_have_a_bounded_number_of_them() -> None:
    svg = curve({"loss": [1.0] * 5000}).svg
    assert 100 < svg.count("<circle") <= 200


def test_it_saves_itself(tmp_path: Path) -> None:
    plotted = curve({"loss": [3.0, 2.0, 1.0]})
    assert plotted._repr_html_().startswith("<svg")
    plotted.save(tmp_path / "curve.svg")
    assert (tmp_path / "curve.svg").read_text() == plotted.svg
    with pytest.raises(OutputError, match=r"must end in .svg"):
        plotted.save(tmp_path / "curve.png")


def test_a_history_is_a_table() -> None:
    pandas = pytest.importorskip("pandas")
    model = cr.Sequential([cr.layers.Dense(1)], input_shape=1)
    x = np.ones((4, 1))
    history = model.fit(
        x, x, loss="mse", epochs=3, validation=(x, x), metrics=["mae"], verbose=0
    )
    table = pandas.DataFrame(history)
    assert list(table.columns) == ["loss", "mae", "val_loss", "val_mae"]
    assert table["val_mae"].tolist() == history["val_mae"]
    assert json.loads(json.dumps(history)) == dict(history)
    with pytest.raises(TypeError, match=r"write \['loss'\] for one of them"):
        _, _, *_ = history
