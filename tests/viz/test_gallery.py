"""Every script of the gallery makes a picture that can be read and has its place."""

import re
import runpy
import sys
from pathlib import Path

import pytest

from chainrule.plotting.rooms import ROOMS
from chainrule.viz.diagram import Diagram
from chainrule.viz.room import Measured

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "examples" / "gallery").glob("*.py"))
PAGE = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_makes_a_picture_for_the_page(script, tmp_path, monkeypatch, capsys):
    """Its text can be read in the page's column, and, drawn anew, on a slide."""
    drawn = []
    save = Diagram.save
    monkeypatch.setattr(Diagram, "save", lambda d, *a: (drawn.append(d), save(d, *a)))
    monkeypatch.setattr(sys, "argv", [str(script), str(tmp_path)])
    runpy.run_path(str(script), run_name="__main__")
    svg = (tmp_path / f"{script.stem}.svg").read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert Measured.of(svg).pixels(ROOMS["column"]) >= ROOMS["column"].least
    for name, room in ROOMS.items():
        diagram = drawn[-1].styled(size=name)
        assert diagram.measured.pixels(room) >= room.least
        assert not re.search("✗ too much", str(diagram.notes))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_the_page_shows_it(script):
    assert f"](gallery/{script.stem}.svg)" in PAGE
    assert f"](../examples/gallery/{script.name})" in PAGE
    assert (ROOT / "docs" / "gallery" / f"{script.stem}.svg").exists()
