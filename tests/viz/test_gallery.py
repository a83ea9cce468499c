"""Every script of the gallery runs, and every picture has its place on the page."""

import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "examples" / "gallery").glob("*.py"))
PAGE = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_makes_its_picture(script, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [str(script), str(tmp_path)])
    runpy.run_path(str(script), run_name="__main__")
    assert (tmp_path / f"{script.stem}.svg").read_bytes().startswith(b"<svg")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_the_page_shows_it(script):
    assert f"](gallery/{script.stem}.svg)" in PAGE
    assert f"](../examples/gallery/{script.name})" in PAGE
    assert (ROOT / "docs" / "gallery" / f"{script.stem}.svg").exists()
