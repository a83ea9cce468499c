"""The wheel and the sdist: built without a warning, with the package and no more."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOP = ("core", "plugins", "backends", "viz")
"""The top-level folders that make up the package."""


def source_packages() -> set[str]:
    found = set()
    for top in TOP:
        for init in (ROOT / top).rglob("__init__.py"):
            inner = init.parent.relative_to(ROOT / top).parts
            base = [] if top == "core" else [top]
            found.add(".".join(["chainrule", *base, *inner]))
    return found


def test_every_package_folder_is_listed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(settings["tool"]["setuptools"]["packages"]) == source_packages()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build wheel and sdist from a copy, so that the source tree stays as it is."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for top in TOP:
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / top, copy / top, ignore=ignore)
    out = tmp_path_factory.mktemp("built")
    build = (
        "import sys; from setuptools import build_meta; out = sys.argv[1]\n"
        "build_meta.build_wheel(out); build_meta.build_sdist(out)"
    )
    command = [sys.executable, "-W", "error", "-c", build, str(out)]
    done = subprocess.run(
        command, cwd=copy, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> Iterator[zipfile.ZipFile]:
    with zipfile.ZipFile(next(built.glob("chainrule-*.whl"))) as opened:
        yield opened


def test_the_wheel_holds_one_top_level_package(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {t for t in tops if not t.endswith(".dist-info")} == {"chainrule"}


def source_files() -> set[str]:
    """Return every file of the package, by its path in the source tree."""
    return {
        file.relative_to(ROOT).as_posix()
        for top in TOP
        for file in (ROOT / top).rglob("*")
        if file.is_file()
        and "__pycache__" not in file.parts
        and not file.name.startswith(".")
    }


def test_the_wheel_holds_every_module_and_data_file(wheel: zipfile.ZipFile) -> None:
    expected = {f"chainrule/{file.removeprefix('core/')}" for file in source_files()}
    held = {name for name in wheel.namelist() if name.startswith("chainrule/")}
    assert held == expected
    assert {"chainrule/py.typed", "chainrule/__init__.pyi"} <= held


def test_the_sdist_holds_every_module_and_data_file(built: Path) -> None:
    with tarfile.open(next(built.glob("chainrule-*.tar.gz"))) as sdist:
        held = {name.partition("/")[2] for name in sdist.getnames()}
    assert source_files() <= held


def test_the_wheel_has_licence_and_command(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    info = next(n.split("/")[0] for n in names if n.endswith(".dist-info/METADATA"))
    assert f"{info}/licenses/LICENSE" in names
    points = wheel.read(f"{info}/entry_points.txt").decode()
    assert "chainrule = chainrule.__main__:run" in points
