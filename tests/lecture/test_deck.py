"""The deck: its files, its pages in a browser's terms, notebooks, and the command."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from chainrule.cli import main
from chainrule.errors import ConfigError, UnknownNameError
from chainrule.lecture.example import Example, read_example
from chainrule.lecture.notebook import notebook
from chainrule.lecture.topic import NAMES, read_topic

LONGEST = 72
"""Characters of a line of code that fits its column of a page."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("lecture")
    result = CliRunner().invoke(main, ["lecture", "perceptron", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "What a perceptron computes" in result.output
    return out


def test_a_topic_is_a_page_with_pictures_and_a_notebook(folder: Path) -> None:
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
    pictures = {f"perceptron-{i}.{s}" for i in (1, 2, 3) for s in ("svg", "png")}
    pages = {"index.html", "perceptron.html", "notebook/perceptron.ipynb"}
    assert names == pictures | pages
    for name in pictures:
        begin = b"<svg" if name.endswith("svg") else b"\x89PNG"
        assert (folder / name).read_bytes().startswith(begin)


class Reader(HTMLParser):
    """Collects what a page refers to, and whether its elements are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "hr", "img"):
            self.open.append(tag)
        links = [value for name, value in attrs if name in ("href", "src")]
        self.links += [link for link in links if link and link[0] != "#"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_page_is_well_formed_and_needs_no_network(folder: Path) -> None:
    for page in folder.glob("*.html"):
        reader = Reader()
        text = page.read_text(encoding="utf-8")
        reader.feed(text)
        assert reader.open == []
        for link in reader.links:
            assert (folder / link).exists(), f"{page.name}: {link}"
        assert not re.search(r"(src|href|url)\W{1,3}https?:", text)


def test_the_same_command_writes_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    command = ["lecture", "perceptron", "--out", str(tmp_path)]
    assert CliRunner().invoke(main, command).exit_code == 0
    for file in folder.rglob("*.*"):
        again = tmp_path / file.relative_to(folder)
        assert again.read_bytes() == file.read_bytes(), file.name


@pytest.mark.parametrize("name", NAMES)
def test_a_topic_fits_its_page_and_says_what_to_notice(name: str) -> None:
    topic = read_topic(name)
    assert topic.slides[-1].title == "What to notice"
    assert any(p.kind == "formula" for s in topic.slides for p in s.parts)
    for slide in topic.slides:
        for part in slide.parts:
            if part.kind in ("python", "elsewhere"):
                assert max(map(len, part.text.splitlines())) <= LONGEST, part.text


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_valid_and_has_the_code_of_the_page(name: str) -> None:
    nbformat = pytest.importorskip("nbformat")
    text = notebook(read_topic(name), Example().code)
    nbformat.validate(nbformat.reads(text, as_version=4))
    cells = json.loads(text)["cells"]
    code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    parts = [p for s in read_topic(name).slides for p in s.parts]
    shown = [part.text for part in parts if part.kind == "python"]
    assert code == [Example().code.rstrip(), *shown]


def test_the_example_may_be_changed(tmp_path: Path) -> None:
    file = tmp_path / "lecture.toml"
    file.write_text('x = [1.0, 1.0]\ndata = "circles"\n', encoding="utf-8")
    example = read_example(file)
    assert (example.x, example.lr) == ((1.0, 1.0), 0.1)
    assert "cr.datasets.circles(200" in example.code


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = [1.0]", r"lecture.toml:1: .*x"),
        ("lr = 0.1\nwaights = [1.0, 2.0]", r"lecture.toml:2: .*Did you mean 'weights'"),
        ('data = "moon"', r"lecture.toml.*'moons'"),
        ('data = "digits"', "must have two features"),
        ("hidden = []", r"lecture.toml:1: .*at least one number of units"),
    ],
)
def test_a_wrong_example_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "lecture.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        read_example(file)


def test_an_unknown_topic() -> None:
    with pytest.raises(UnknownNameError, match=r"no topic named 'perceptrn'.*'percep"):
        read_topic("perceptrn")
    result = CliRunner().invoke(main, ["lecture", "nothing"])
    assert result.exit_code == 1
    assert "perceptron" in result.output
