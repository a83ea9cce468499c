"""What is installed: one package called chainrule, all of it, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
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
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel from a copy, so that nothing is left in the source tree."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for top in TOP:
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / top, copy / top, ignore=ignore)
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q"]
    command += ["--no-build-isolation", "--no-index", "-w", str(out), str(copy)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return zipfile.ZipFile(next(out.glob("chainrule-*.whl")))


def test_the_wheel_holds_one_top_level_package(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {t for t in tops if not t.endswith(".dist-info")} == {"chainrule"}


def test_the_wheel_holds_every_module_and_data_file(wheel: zipfile.ZipFile) -> None:
    expected = set()
    for top in TOP:
        for file in (ROOT / top).rglob("*"):
            skipped = "__pycache__" in file.parts or file.name.startswith(".")
            if file.is_file() and not skipped:
                base = "chainrule" if top == "core" else f"chainrule/{top}"
                expected.add(f"{base}/{file.relative_to(ROOT / top).as_posix()}")
    held = {name for name in wheel.namelist() if name.startswith("chainrule/")}
    assert held == expected
    assert {"chainrule/py.typed", "chainrule/__init__.pyi"} <= held


def test_the_wheel_has_licence_and_command(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    info = next(n.split("/")[0] for n in names if n.endswith(".dist-info/METADATA"))
    assert f"{info}/licenses/LICENSE" in names
    points = wheel.read(f"{info}/entry_points.txt").decode()
    assert "chainrule = chainrule.cli:main" in points
