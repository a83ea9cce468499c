"""Every code block of the README and of docs/ is run; every link leads somewhere."""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import sys
import tomllib
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LANGUAGES = {"python", "pycon", "toml", "console", "sh", "text"}


@dataclass(frozen=True)
class Block:
    """A fenced code block, and the line its text starts on."""

    language: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(found[1], found[2], text.count("\n", 0, found.start()) + 2)
        for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)
    ]


@pytest.fixture
def module() -> Iterator[types.ModuleType]:
    """Return an empty module for a page's code to live in."""
    made = types.ModuleType("page")
    sys.modules["page"] = made
    yield made
    del sys.modules["page"]


def run_python(block: Block, page: Path, module: types.ModuleType) -> None:
    source = "\n" * (block.line - 1) + block.text
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, str(page), "exec"), module.__dict__)


def run_pycon(block: Block, page: Path, module: types.ModuleType) -> None:
    flags = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL * 0
    test = doctest.DocTestParser().get_doctest(
        block.text, module.__dict__, page.name, str(page), block.line - 1
    )
    report = io.StringIO()
    failed = doctest.DocTestRunner(optionflags=flags).run(
        test, out=report.write, clear_globs=False
    )
    module.__dict__.update(test.globs)
    assert failed.failed == 0, report.getvalue()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_of_a_page_runs(
    page: Path,
    module: types.ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    for block in blocks(page):
        assert block.language in LANGUAGES, f"{page.name}:{block.line}"
        if block.language == "python":
            run_python(block, page, module)
        elif block.language == "pycon":
            run_pycon(block, page, module)
        elif block.language == "toml":
            tomllib.loads(block.text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_local_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)|src=\"([^\"]+)\"", text):
        link = "".join(target)
        if "://" not in link:
            assert (page.parent / link).exists(), f"{page.name}: {link}"
