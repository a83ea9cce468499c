"""The examples run, and the sample plugin passes its own tests."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from chainrule.cli.plugin_template import files_of
from chainrule.config import read

EXAMPLES = Path(__file__).parents[2] / "examples"
PLUGIN = EXAMPLES / "chainrule-snake"


def python(*arguments: str, cwd: Path, path: str = "") -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "script", sorted(EXAMPLES.glob("*.py")), ids=lambda file: file.name
)
def test_a_script_runs(script: Path, tmp_path: Path) -> None:
    assert python(str(script), cwd=tmp_path)


def test_gradient_descent_learns_exclusive_or(tmp_path: Path) -> None:
    printed = python(str(EXAMPLES / "gradient_descent.py"), cwd=tmp_path)
    answers = [float(line.split("= ")[1]) for line in printed.splitlines()[-4:]]
    assert [round(answer) for answer in answers] == [0, 1, 1, 0]


@pytest.mark.parametrize(
    "config", sorted(EXAMPLES.glob("*.toml")), ids=lambda file: file.name
)
def test_a_configuration_is_right(config: Path) -> None:
    settings = ["data.folder=x"] if config.name == "mnist.toml" else []
    assert read(config, settings).layers


def test_the_sample_plugin_passes_its_own_tests(tmp_path: Path) -> None:
    arguments = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull]
    assert "1 passed" in python(*arguments, str(PLUGIN), cwd=tmp_path, path=str(PLUGIN))


def test_the_sample_plugin_is_what_plugin_new_writes() -> None:
    files = files_of("snake", "snake")
    assert {file.name for file in PLUGIN.iterdir() if file.is_file()} == set(files)
    for name in ("pyproject.toml", "test_snake.py", "README.md"):
        assert (PLUGIN / name).read_text(encoding="utf-8") == files[name]


def test_the_sample_plugin_is_found_by_its_entry_point(tmp_path: Path) -> None:
    settings = tomllib.loads((PLUGIN / "pyproject.toml").read_text(encoding="utf-8"))
    points = settings["project"]["entry-points"]["chainrule"]
    info = tmp_path / "chainrule_snake-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: chainrule-snake\nVersion: 0.1.0\n"
    )
    lines = [f"{name} = {value}" for name, value in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[chainrule]", *lines]))
    code = "import chainrule as cr; print(cr.activations.Snake(a=2.0))"
    path = os.pathsep.join([str(tmp_path), str(PLUGIN)])
    assert python("-c", code, cwd=tmp_path, path=path) == "Snake(a=2.0)\n"
