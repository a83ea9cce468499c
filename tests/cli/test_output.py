"""Output on terminals: narrow ones, and those without Unicode."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

import chainrule as cr
from chainrule.cli.output import print_table

NAME = "pthread-Intel(R) Xeon(R) Processor (Portable Computing Language, OpenCL 3.0)"
HEADS = ("backend", "device", "kind", "module")
ROW = ("opencl:0", NAME, "cpu", "chainrule.backends.opencl")
POSIX = {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}

Terminal = Callable[[int], None]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Return a function that makes stdout a terminal of a width."""

    def make(width: int) -> None:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("TERM", "xterm")

    return make


def printed(capsys: pytest.CaptureFixture[str]) -> list[str]:
    print_table(HEADS, [ROW], folded=["device"], wide=["module"])
    return click.unstyle(capsys.readouterr().out).splitlines()


def test_a_narrow_terminal_folds_what_may_be_folded_and_drops_what_may_be_dropped(
    capsys: pytest.CaptureFixture[str], terminal: Terminal
) -> None:
    terminal(60)
    head, first, *others = printed(capsys)
    assert head.split() == ["backend", "device", "kind"]
    assert first.startswith("opencl:0  pthread-Intel(R)")
    assert first.endswith(" cpu")
    assert all(line.startswith(" " * 10) for line in others)
    assert "".join("".join([first[10:-5], *others]).split()) == NAME.replace(" ", "")
    assert max(map(len, [head, first, *others])) <= 60


@pytest.mark.parametrize("width", [None, 140])
def test_where_there_is_room_nothing_is_left_out(
    width: int | None, capsys: pytest.CaptureFixture[str], terminal: Terminal
) -> None:
    if width:
        terminal(width)
    head, row = printed(capsys)
    assert head.split() == list(HEADS)
    assert NAME in row


def test_a_profile_fits_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], terminal: Terminal
) -> None:
    terminal(72)
    x, y = cr.datasets.spirals(n=20)
    model = cr.Sequential([cr.layers.Dense(2)])
    loss = "sparse_softmax_cross_entropy"
    model.fit(x, y, loss=loss, profile=True, backend="numpy", verbose=0)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 72
    (head,) = (line for line in lines if line.startswith("training step"))
    assert "of copy" in head
    assert "GFLOP/s" not in head
    assert any(line.startswith("sparse_soft") and "…" in line for line in lines)
    assert any(line.startswith("dense_1/matmul ") for line in lines)


def test_the_columns_of_a_profile_go_one_by_one(tmp_path: Path) -> None:
    x, y = cr.datasets.spirals(n=20)
    model = cr.Sequential([cr.layers.Dense(2)])
    loss = "sparse_softmax_cross_entropy"
    with open(os.devnull, "w") as nowhere, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", nowhere)
        history = model.fit(x, y, loss=loss, profile=True, backend="numpy")
    profile = history.profile
    assert profile is not None
    wide = profile.table()
    assert profile.table(width=len(max(wide.splitlines(), key=len))) == wide
    counts = []
    for width in (120, 80, 60, 40, 30):
        lines = profile.table(width=width).splitlines()
        assert max(map(len, lines)) <= width
        (head,) = (line for line in lines if line.startswith("tr"))
        counts.append(len(head.split("  ")))
        assert " ms" in head
    assert counts == sorted(counts, reverse=True)


def run(code: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, *(["-c", code] if code else ["-m", "chainrule"]), *arguments],
        capture_output=True, check=False, cwd=folder, env={**os.environ, **POSIX},
    )  # fmt: skip


FIT = """
import chainrule as cr, sys
x, y = cr.datasets.xor()
model = cr.Sequential([cr.layers.Dense(2)])
%s
model.fit(x, y, loss="sparse_softmax_cross_entropy", profile=True, backend="numpy")
model.save("model.safetensors")
"""


def test_a_profile_is_printed_where_there_is_no_unicode(tmp_path: Path) -> None:
    done = run(FIT % "", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert b"us each" in done.stdout
    assert b"dJ/d(kernel)" in done.stdout
    config = Path(__file__).parents[2] / "examples" / "spirals.toml"
    options = ("--profile", "--set", "training.epochs=1", "--out", "out")
    done = run("", "train", str(config), *options, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "model.safetensors").exists()


def test_what_was_trained_is_not_lost_where_nothing_can_be_printed(
    tmp_path: Path,
) -> None:
    broken = "import io\nclass Broken(io.StringIO):\n    "
    broken += "def write(self, text): raise BrokenPipeError\nsys.stdout = Broken()"
    done = run(FIT % broken, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "model.safetensors").exists()
