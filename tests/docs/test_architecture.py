"""The architecture page names files that exist, and its picture shows the imports."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def drawing() -> ModuleType:
    pytest.importorskip("grimp")
    spec = importlib.util.spec_from_file_location(
        "draw_architecture", ROOT / "tools" / "draw_architecture.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_shows_who_imports_whom(drawing: ModuleType) -> None:
    shown = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    fresh = drawing.diagram().render("svg").decode()
    ids = re.compile(r'id="((?:node|forward)-[^"]+)"')
    assert sorted(ids.findall(shown)) == sorted(ids.findall(fresh)), (
        "run python tools/draw_architecture.py"
    )


def test_the_table_has_every_room_of_the_core() -> None:
    folders = {f"core/{f.parent.name}/" for f in (ROOT / "core").glob("*/__init__.py")}
    assert folders <= set(re.findall(r"`(core/\w+/)`", PAGE))


def test_every_file_it_names_exists() -> None:
    for file in re.findall(r"`((?:core|plugins|backends|viz)/[\w/]+\.py)`", PAGE):
        assert (ROOT / file).exists(), file
