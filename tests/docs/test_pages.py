"""Every code block of the README and of docs/ is run; every link leads somewhere."""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import shlex
import sys
import tomllib
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from chainrule import errors
from chainrule.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = [*sorted(ROOT.glob("*.md")), *PAGES[1:]]
"""Every page, those included whose code is not run."""
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
def module(registrations_end: None) -> Iterator[types.ModuleType]:
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
    test = doctest.DocTestParser().get_doctest(
        block.text, module.__dict__, page.name, str(page), block.line - 1
    )
    report = io.StringIO()
    failed = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(
        test, out=report.write, clear_globs=False
    )
    module.__dict__.update(test.globs)
    assert failed.failed == 0, report.getvalue()


def run_toml(block: Block) -> None:
    """Parse it; if it describes a training, check it and train for an epoch."""
    tables = tomllib.loads(block.text)
    if "training" in tables:
        Path("page.toml").write_text(block.text, encoding="utf-8")
        command = ["train", "page.toml", "--set", "training.epochs=1"]
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 0, result.output


def run_console(block: Block) -> None:
    for line in block.text.splitlines():
        prompt, program, *arguments = shlex.split(line)
        assert (prompt, program) == ("$", "chainrule")
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0, f"{line}\n{result.output}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_code_of_a_page_runs(
    page: Path,
    module: types.ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for block in blocks(page):
        assert block.language in LANGUAGES, f"{page.name}:{block.line}"
        if block.language == "python":
            run_python(block, page, module)
        elif block.language == "pycon":
            run_pycon(block, page, module)
        elif block.language == "toml":
            run_toml(block)
        elif block.language == "console":
            run_console(block)


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.name)
def test_local_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)|src=\"([^\"]+)\"", text):
        link = "".join(target)
        if "://" not in link:
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_index_lists_every_page() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"\]\(([\w.]+)\)", index))
    assert listed == {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}


def test_every_error_is_documented() -> None:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    for name, error in vars(errors).items():
        if isinstance(error, type) and name not in ("ChainRuleError", "Iterable"):
            base = next(b for b in error.__mro__ if b.__module__ == "builtins")
            if name != "UnknownAttributeError":
                assert f"| `{name}` | `{base.__name__}` |" in text


def test_the_readme_is_short_and_has_its_commands() -> None:
    page = ROOT / "README.md"
    commands = [block for block in blocks(page) if block.language == "sh"]
    assert commands[0].text.endswith("chainrule demo\n")
    assert ".venv/bin/pytest" in commands[1].text
    scripts = [block.text for block in blocks(page) if block.language == "python"]
    assert all(len(text.split("\n\n")) <= 3 for text in scripts)
