"""Training curves."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

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
    svg = curve(history, title="a <b>")
    shown = texts(svg)
    assert len(lines(svg)) == 3
    assert {"loss", "top k", "training", "held out", "0.5", "0.9", "0.75"} <= set(shown)
    assert ElementTree.fromstring(svg).findtext(f"{NAMESPACE}title") == "a <b>"
    assert "loss from 2 to 0.5 in 3 epochs" in svg


def test_lines_go_down_when_the_loss_does() -> None:
    (path,) = lines(curve({"loss": [3.0, 2.0, 1.0]}))
    heights = [float(y) for y in re.findall(r" ([\d.]+)", path)]
    assert heights == sorted(heights)
    assert len(set(heights)) == 3


def test_numbers_that_are_not_finite_leave_a_gap() -> None:
    (path,) = lines(curve({"loss": [3.0, math.nan, 1.0, 0.5]}))
    assert path.count("M") == 2
    assert "nan" not in curve({"loss": [3.0, math.nan, 1.0]}).split("<desc>")[0]


@pytest.mark.parametrize("history", [{}, {"loss": []}, {"loss": [math.inf]}])
def test_nothing_to_draw_is_a_picture_too(history: dict[str, list[float]]) -> None:
    ElementTree.fromstring(curve(history))


def test_one_epoch_and_one_value() -> None:
    (path,) = lines(curve({"loss": [3.0]}))
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
