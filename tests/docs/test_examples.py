"""The examples run, and the sample plugins pass their own tests."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

import chainrule as cr
from chainrule.cli.new_plugin import files_of
from chainrule.config import read

EXAMPLES = Path(__file__).parents[2] / "examples"
PLUGINS = sorted((EXAMPLES / "plugins").glob("chainrule-*"))
PLUGIN = EXAMPLES / "plugins" / "chainrule-snake"


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
    settings = ["data.folder=x"] if config.name.startswith("mnist") else []
    assert read(config, settings).layers


def as_installed(folder: Path) -> str:
    """Return the path on which all sample plugins are found as if installed."""
    for plugin in PLUGINS:
        settings = tomllib.loads((plugin / "pyproject.toml").read_text("utf-8"))
        project = settings["project"]
        info = folder / f"{project['name'].replace('-', '_')}-0.1.0.dist-info"
        info.mkdir()
        head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 0.1.0\n"
        (info / "METADATA").write_text(head)
        points = project["entry-points"]["chainrule"].items()
        lines = ["[chainrule]", *(f"{name} = {value}" for name, value in points)]
        (info / "entry_points.txt").write_text("\n".join(lines))
    return os.pathsep.join(map(str, [folder, *PLUGINS]))


def test_the_sample_plugins_pass_their_own_tests(tmp_path: Path) -> None:
    arguments = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull]
    folders = map(str, PLUGINS)
    printed = python(*arguments, *folders, cwd=tmp_path, path=as_installed(tmp_path))
    assert "failed" not in printed
    assert " passed" in printed


def test_the_sample_plugin_is_what_plugin_new_writes() -> None:
    files = files_of("snake", "activation", cr.__version__)
    for name, text in files.items():
        if name != "chainrule_snake.py":  # which has the formula of the paper
            assert (PLUGIN / name).read_text(encoding="utf-8") == text


def test_what_sample_plugins_register_is_found(tmp_path: Path) -> None:
    code = """
        import chainrule as cr
        print(cr.activations.Snake(a=2.0), cr.optimizers.Lion(), cr.ops.Hypot())
        print(cr.layers.SpectralDense(3), cr.regularizers.GaussianDropout())
        print(cr.mermaid(cr.ops.hypot(3.0, 4.0)))
        print(cr.evaluate([cr.ops.hypot(3.0, 4.0)], backend="numexpr"))
    """
    path = as_installed(tmp_path)
    printed = python("-c", textwrap.dedent(code), cwd=tmp_path, path=path)
    assert printed.startswith("Snake(a=2.0) Lion(")
    assert printed.endswith("[array(5., dtype=float32)]\n")
    said = python("-m", "chainrule", "weights", "--help", cwd=tmp_path, path=path)
    assert "norm of each parameter" in said
