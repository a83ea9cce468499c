"""The page's script: modules that are put together in the order of their imports."""

import re
from importlib.resources import files

import pytest

from chainrule.viz.page.javascript import PAGE, asset, script

SOURCES = {m: asset(f"{m}.js") for m in PAGE if m != "scalars"}
IMPORT = re.compile(r'^import \{ ([^}]*) \} from "\./(\w+)\.js";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?:const|function|class) (\w+|\{[^}]*\})", re.MULTILINE)


def test_every_module_is_on_the_page():
    there = {f.name for f in (files("chainrule.viz.page") / "assets").iterdir()}
    assert there == {f"{module}.js" for module in SOURCES} | {"page.css", "page.html"}


@pytest.mark.parametrize("module", SOURCES)
def test_a_module_imports_what_modules_before_it_export(module):
    source = SOURCES[module]
    imports = IMPORT.findall(source)
    assert len(imports) == len(re.findall(r"^import", source, re.MULTILINE))
    for names, other in imports:
        assert PAGE.index(other) < PAGE.index(module)
        text = script((other,)) if other == "scalars" else SOURCES[other]
        exported = EXPORT.findall(text) if other != "scalars" else ["scalars"]
        assert set(names.split(", ")) <= set(exported)
        for name in names.split(", "):
            assert len(re.findall(rf"\b{name}\b", source)) > 1  # and uses it


@pytest.mark.parametrize("module", SOURCES)
def test_modules_are_made_to_be_read(module):
    lines = SOURCES[module].splitlines()
    assert lines[0].startswith("// ")
    assert len(lines) < 200
    assert max(map(len, lines)) <= 100


def test_no_two_modules_give_one_name_two_meanings():
    declared = re.compile(
        r"^(?:export )?(?:const|let|function|class) (\[.*?\]|\w+)", re.M
    )
    names = [
        name
        for source in SOURCES.values()
        for found in declared.findall(source)
        for name in re.findall(r"\w+", found)
    ]
    assert len(names) == len(set(names))


def test_nothing_on_a_page_is_evaluated():
    text = script(PAGE)
    assert not re.search(r"\beval\(|\bFunction\(|innerHTML|import\(", text)
    assert not re.search(r"^(import|export) ", text, re.MULTILINE)
