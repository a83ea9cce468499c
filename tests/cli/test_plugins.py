"""plugins, plugins info, --plugin; commands of plugins and the names they claim."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import chainrule as cr
from chainrule.node import Node
from chainrule.registry import registry

Chainrule = Callable[..., Result]

SITE = {
    "bad": "def f():\n    1 / 0\nf()\n",
    "relus": '''
import chainrule as cr

class Relu(cr.Activation):
    """y = mine."""
    def apply(self, x):
        return x

def far():
    return "data"

far.__doc__ = "Far \\ud800 data."

@cr.hookimpl
def register_datasets():
    return [far]

@cr.hookimpl
def register_activations():
    print("loaded")
    return [Relu]
''',
    **{
        name: f'''
import chainrule as cr, click

@click.command()
def train():
    """Mine."""

@click.command()
def both():
    """Of {name}."""
    click.echo("{name}")
    raise ValueError("no")

@cr.hookimpl
def register_commands():
    return [train, both]
'''
        for name in ("one", "two")
    },
}


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs a command line where these plugins are installed."""
    for name, code in SITE.items():
        (tmp_path / f"site_{name}.py").write_text(code)
        info = tmp_path / f"chainrule_{name}-1.0.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: chainrule-{name}\nVersion: 1.0\n"
        (info / "METADATA").write_text(metadata)
        (info / "entry_points.txt").write_text(f"[chainrule]\n{name} = site_{name}\n")

    def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "chainrule", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
        )
        assert done.returncode == code, done
        return done

    return run


Run = Callable[..., subprocess.CompletedProcess[str]]


def test_the_listing_stands_whatever_plugins_do(run: Run) -> None:
    listed = json.loads(run("plugins", "--json").stdout)
    broken = {p["name"]: p for p in listed["plugins"] if p["state"] == "broken"}
    assert list(broken) == ["bad"], [p["reason"] for p in broken.values()]
    bad = broken["bad"]
    assert "site_bad.py" in bad["traceback"]
    said = {(c["kind"], c["name"], c["winner"]) for c in listed["collisions"]}
    assert ("activation", "relu", "chainrule") in said
    assert ("command", "train", "chainrule") in said
    assert ("command", "both", "") in said
    printed = run("plugins").stdout
    assert r"Far \ud800 data." in printed
    assert "Collisions\n" in printed
    assert "ZeroDivisionError" in printed
    assert "site_bad.py" not in printed
    assert "site_bad.py" in run("--traceback", "plugins").stdout
    assert (
        "activation 'relu' of chainrule-relus is not used"
        in run("doctor", code=1).stdout
    )


def test_commands_of_one_name_are_told_apart(run: Run) -> None:
    shown = run("--help").stdout
    assert "chainrule-one:both" in shown
    assert "chainrule-two:both" in shown
    assert "Train what a configuration file describes." in shown
    assert "chainrule-one:train" in shown
    done = run("chainrule-two:both", code=1)
    assert done.stdout == "two\n"
    said = "command 'chainrule-two:both' of chainrule-two failed: ValueError: no"
    assert f"error: {said}; " in done.stderr
    assert "site_two.py" in run("--traceback", "chainrule-two:both", code=1).stderr


def test_a_file_is_a_plugin(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(SITE["one"].replace("both", "only"))
    assert run("--plugin", str(file), "only", code=1).stdout == "one\n"
    shown = run("--plugin", str(file), "plugins", "info", "mine").stdout
    assert "commands: only" in shown
    assert "command 'train' of mine.py is not used: it is that of chainrule" in shown
    failed = run("--plugin", "nowhere.py", "plugins", code=1)
    assert "there is no file nowhere.py" in failed.stderr


class Cubed(cr.Activation):
    """y = x³."""

    scale: float = 1.0

    def apply(self, x: Node) -> Node:
        return x * x * x * self.scale


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tanh", ["∂y/∂x            1 − tanh(x)²", "activations", "ops"]),
        ("losses.mse", ["L = mean((p − t)²)", "chainrule:mse", "mean_squared_error"]),
        ("sgd", ["new p            p − lr · g", "lr: a float, default 0.01"]),
        ("dense", ["units: ", "required"]),
        ("cubed", ["scale: a float, default 1.0", "x · x · x", "∂y/∂x"]),
        ("chainrule.plugins.losses", ["losses: mse", "imported in", "register_losses"]),
    ],
)
def test_info_says_all_there_is_to_say(
    name: str, said: list[str], chainrule: Chainrule
) -> None:
    cr.register(Cubed)
    try:
        printed = chainrule("plugins", "info", name).output
        for text in said:
            assert text in printed
        assert json.loads(chainrule("plugins", "info", name, "--json").output)
    finally:
        registry.plugins.unregister(f"{Cubed.__module__}.Cubed")


def test_info_on_nothing(chainrule: Chainrule) -> None:
    failed = chainrule("plugins", "info", "tahn", code=1)
    assert "no component or plugin named 'tahn'. Did you mean 'tanh'?" in failed.stderr
