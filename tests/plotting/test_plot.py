"""Plots: formats, sizes, themes, and what is said where matplotlib is missing."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import (
    ArgumentTypeError,
    ChainRuleError,
    ConformanceError,
    GraphError,
    RenderError,
    UnknownNameError,
)
from chainrule.testing.figures import check_plot, problems, smallest_text


def draw(canvas: Any, data: Any) -> None:
    (axes,) = canvas.panels()
    axes.plot(data["x"], data["y"], **canvas.series(0).line)
    axes.set_xlabel("w₁")
    axes.set_title("η <b> & ŷ")


def some_plot(**look: Any) -> cr.Plot:
    x = np.linspace(0, 1, 20)
    return cr.Plot(draw, {"x": x, "y": x**2}, **look)


def test_it_saves_in_every_format(tmp_path: Path) -> None:
    begins = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "html": b"<!DOCTYPE"}
    assert set(begins) == set(cr.Plot.formats)
    for suffix, begin in begins.items():
        file = some_plot().save(tmp_path / "folder" / f"a.{suffix}")
        assert file.read_bytes().startswith(begin)


@pytest.mark.parametrize("format", ["svg", "png", "pdf", "html"])
def test_the_same_data_give_the_same_bytes(format: str) -> None:
    assert some_plot().render(format) == some_plot().render(format)


def test_an_svg_is_an_element_with_its_title_escaped() -> None:
    svg = some_plot(title="a <b>").render("svg").decode()
    root = ElementTree.fromstring(svg)
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "a <b>"
    words = "".join(root.itertext())
    assert "η <b> & ŷ" in words
    assert "w₁" in words
    assert "Date" not in svg
    assert "Matplotlib" not in svg


@pytest.mark.parametrize(
    ("size", "pixels", "least"),
    [
        ("slide", (1280, 720), 14),
        ("column", (600, 444.4), 8),
        ((500, 400), (500, 400), 8),
    ],
)
def test_it_fits_its_room(size: Any, pixels: tuple[float, float], least: float) -> None:
    svg = some_plot(size=size).render("svg").decode()
    root = ElementTree.fromstring(svg)
    assert float(root.get("width", "")) == pytest.approx(pixels[0])
    assert float(root.get("height", "")) == pytest.approx(pixels[1], abs=0.1)
    assert smallest_text(svg) >= least


@pytest.mark.parametrize("theme", ["light", "dark", "print", "transparent"])
def test_it_has_the_colours_of_its_theme(theme: str) -> None:
    svg = some_plot(theme=theme).render("svg").decode().lower()
    assert cr.themes[theme].parameter.lower() in svg
    if theme == "dark":
        assert cr.themes["dark"].paper.lower() in svg


def test_matplotlib_keeps_its_own_settings() -> None:
    program = (
        "import sys, matplotlib, chainrule as cr\n"
        "before = dict(matplotlib.rcParams.items())\n"
        "del sys.modules['matplotlib.pyplot']\n"  # which reading "backend" has loaded
        "cr.plot.activation('tanh', theme='dark').render('png')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert dict(matplotlib.rcParams.items()) == before\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_its_data_cannot_be_changed() -> None:
    x = np.ones(3)
    plot = cr.Plot(draw, {"x": x})
    x[0] = 5
    assert plot.data["x"].tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="read-only"):
        plot.data["x"][0] = 2
    with pytest.raises(TypeError):
        plot.data["y"] = x  # type: ignore[index]


def test_it_can_be_pickled() -> None:
    plot = some_plot(theme="dark")
    assert pickle.loads(pickle.dumps(plot)).render("svg") == plot.render("svg")


@pytest.mark.parametrize(
    ("look", "error", "said"),
    [
        ({"theme": "drak"}, UnknownNameError, "Did you mean 'dark'"),
        ({"size": "slid"}, ChainRuleError, "size must be"),
        ({"size": (1.0, 1.0)}, GraphError, "from 50 to"),
        ({"colour": "red"}, ArgumentTypeError, "has no parameter 'colour'"),
        ({"title": 3}, ArgumentTypeError, "title must be a str"),
    ],
)
def test_a_wrong_look_is_named(
    look: dict[str, Any], error: type[Exception], said: str
) -> None:
    for make in (some_plot, lambda **look: cr.plot.activation("tanh", **look)):
        with pytest.raises(error, match=said):
            make(**look)


def test_an_unknown_keyword_names_the_figure() -> None:
    with pytest.raises(ArgumentTypeError, match="activation has no parameter 'sizes'"):
        cr.plot["activation"]("tanh", sizes="slide")


def test_an_unknown_format_and_an_unknown_figure() -> None:
    with pytest.raises(RenderError, match=r"no format 'svgg'. Did you mean 'svg'"):
        some_plot().save("a.svgg")
    with pytest.raises(
        AttributeError, match=r"no figure named 'boundaries'.*'boundary'"
    ):
        _ = cr.plot.boundaries
    with pytest.raises(AttributeError, match=r"write cr.plot.boundary"):
        _ = cr.boundary  # type: ignore[attr-defined]


def test_a_drawing_without_panels() -> None:
    with pytest.raises(RenderError, match="ask its canvas for panels"):
        cr.Plot(lambda canvas, data: None, {}).render("svg")


def test_without_matplotlib_there_are_still_the_numbers() -> None:
    program = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import chainrule as cr\n"
        "plot = cr.plot.activation('tanh')\n"
        "print(plot.data['tanh(z)'].shape)\n"
        "try: plot.render('svg')\n"
        "except cr.ChainRuleError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "(401,)" in done.stdout
    assert 'pip install "chainrule[plots]"' in done.stdout


def test_the_checks_of_figures_can_fail() -> None:
    def overlapping(canvas: Any, data: Any) -> None:
        (axes,) = canvas.panels()
        axes.set_axis_off()
        axes.text(0.5, 0.5, "one")
        axes.text(0.51, 0.5, "two")

    def tiny(canvas: Any, data: Any) -> None:
        (axes,) = canvas.panels()
        axes.set_title("small", fontsize=4)

    assert list(problems(cr.Plot(overlapping, {}))) == ["'one' overlaps 'two'"]
    with pytest.raises(ConformanceError, match="text has"):
        check_plot(cr.Plot(tiny, {}))
    check_plot(some_plot())
