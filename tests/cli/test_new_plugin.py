"""What ``plugin new`` writes passes its tests, the linter and the type checker."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from chainrule.cli.new_plugin import TEMPLATES
from chainrule.registry import KINDS

Chainrule = Callable[..., Result]


def run(*command: str, path: str = "", cwd: Path | None = None) -> str:
    environment = {**os.environ, "PYTHONPATH": path, "MYPYPATH": path}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        capture_output=True, text=True, check=False, env=environment,
        cwd=cwd,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def packages(chainrule: Chainrule, tmp_path: Path) -> list[Path]:
    """Return a new package for each kind, with the metadata of an installed one."""
    for kind in TEMPLATES:
        printed = chainrule("plugin", "new", f"my-{kind}", "--kind", kind).output
        assert f"pip install -e 'chainrule-my-{kind}[test]'" in printed
        folder = tmp_path / f"chainrule-my-{kind}"
        project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
        info = folder / f"chainrule_my_{kind}-0.1.0.dist-info"
        info.mkdir()
        name = project["project"]["name"]
        needs = "".join(
            f"Requires-Dist: {each}\n" for each in project["project"]["dependencies"]
        )
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n{needs}"
        )
        ((point, module),) = project["project"]["entry-points"]["chainrule"].items()
        (info / "entry_points.txt").write_text(f"[chainrule]\n{point} = {module}\n")
    return sorted(tmp_path.glob("chainrule-*"))


def test_packages_of_all_kinds_are_right_as_written(packages: list[Path]) -> None:
    folders = [str(package) for package in packages]
    path = os.pathsep.join(folders)
    printed = run("pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, *folders,
                  path=path)  # fmt: skip
    assert "failed" not in printed
    assert f"{2 * len(TEMPLATES)} passed" in printed
    files = [str(file) for package in packages for file in package.glob("*.py")]
    run("mypy", "--strict", "--config-file", os.devnull, *files, path=path)
    for package in packages:
        run("ruff", "check", ".", cwd=package)
        run("ruff", "format", "--check", ".", cwd=package)


def test_there_is_a_template_for_every_kind() -> None:
    assert set(TEMPLATES.values()) == set(KINDS)


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("relu", "activation", "activation 'relu' is taken by Relu of chainrule"),
        ("swish", "activation", "is taken by"),
        ("Dense", "layer", "layer 'dense' is taken by Dense of chainrule"),
        ("numpy", "backend", "backend 'numpy' is taken"),
        ("train", "command", "command 'train' is built in; choose another name"),
    ],
)
def test_a_name_that_is_taken_is_refused(
    name: str, kind: str, said: str, chainrule: Chainrule
) -> None:
    result = chainrule("plugin", "new", name, "--kind", kind, code=1)
    assert said in result.stderr
