"""Names from outside are shown on a terminal, and not obeyed."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

import chainrule as cr
from chainrule.cli import main
from chainrule.cli.output import print_json, print_table
from chainrule.errors import ChainRuleError, UnknownNameError
from chainrule.terminal import visible, visible_json, visible_line

EVIL = "\x1b]0;owned\x07\x1b[31m\x9b2J\r\x08\u202e"
SHOWN = r"\x1b]0;owned\x07\x1b[31m\x9b2J\r\x08\u202e"
OBEYED = [chr(i) for i in (*range(9), *range(11, 32), *range(0x7F, 0xA0), 0x202E)]


def test_everything_that_is_obeyed_is_escaped() -> None:
    for character in OBEYED:
        assert visible(f"a{character}b") in (
            f"a\\x{ord(character):02x}b", f"a\\u{ord(character):04x}b", "a\\rb",
        )  # fmt: skip
    assert visible(EVIL) == SHOWN
    assert visible(SHOWN) == SHOWN


def test_what_is_no_command_stays() -> None:
    text = "größe ∂J/∂W⁽¹⁾ 🙂 日本\n\tα = 1 \\n [red] e\u0301"
    assert visible(text) == text
    assert visible_line("a\n\tb") == r"a\n\tb"


def test_bytes_that_are_not_utf_8_are_shown() -> None:
    assert visible(os.fsdecode(b"a\xff")) == r"a\udcff"


def test_json_stays_json() -> None:
    text = visible_json(json.dumps(EVIL, ensure_ascii=False))
    assert json.loads(text) == EVIL
    assert not set(text) & set(OBEYED)


def test_errors_are_safe_to_print() -> None:
    for error in (ChainRuleError(EVIL), UnknownNameError(EVIL)):
        assert str(error) == SHOWN
    with pytest.raises(ChainRuleError) as caught:
        cr.load(f"{EVIL}.safetensors")
    assert SHOWN in str(caught.value)


CONFIG = f"""
[data]
dataset = "spirals"
n = 20
[[layers]]
type = "dense"
units = 3
name = {json.dumps("[red]" + "x")}
[training]
loss = "sparse_softmax_cross_entropy"
epochs = 1
"""

COMMANDS = [
    ["train", "{0}.toml"], ["train", "a.toml", "--set", "{0}=1"],
    ["train", "a.toml", "--set", "training.{0}=1"],
    ["train", "a.toml", "--set", "layers.0.{0}=1"],
    ["train", "a.toml", "--set", "layers.0.activation={0}"],
    ["train", "a.toml", "--set", "training.loss={0}"],
    ["train", "a.toml", "--set", "data.dataset={0}"],
    ["train", "a.toml", "--set", "{0}"], ["train", "a.toml", "--backend", "{0}"],
    ["train", "a.toml", "--out", "file/{0}"], ["train", "a.toml", "--out", "{0}"],
    ["train", "a.toml", "--{0}"], ["train", "a.toml", "{0}"], ["train", "{0}"],
    ["{0}"], ["--{0}"], ["--block", "{0}", "doctor"],
    ["predict", "{0}", "a.csv"], ["predict", "m.safetensors", "{0}"],
    ["predict", "m.safetensors", "{0}.csv"], ["predict", "m.safetensors", "{0}.npz"],
    ["predict", "m.safetensors", "evil.csv", "--target", "{0}"],
    ["predict", "m.safetensors", "evil.csv"],
    ["draw", "{0}"], ["draw", "{0}.toml"], ["draw", "{0}:x"], ["draw", "json:{0}"],
    ["draw", "a.toml", "--out", "{0}.svg"], ["draw", "a.toml", "--out", "a.{0}"],
    ["draw", "a.toml", "--level", "{0}"], ["draw", "a.toml", "--direction", "{0}"],
    ["draw", "a.toml", "--rankdir", "{0}"], ["draw", "a.toml", "--values", "{0}"],
    ["draw", "a.toml", "--values", '{{"{0}": 1}}'], ["draw", "a.toml", "--loss", "{0}"],
    ["draw", "a.toml", "--dpi", "{0}"], ["draw", "a.toml", "--title", "{0}"],
    ["draw", "a.toml", "--title", "{0}", "--out", "-"],
    ["draw", "a.toml", "--frames", "{0}"], ["draw", "a.toml", "--expand", "{0}"],
    ["draw", "m.safetensors", "--out", "-"], ["explain", "m.safetensors"],
    ["explain", "m.safetensors", "--loss", "mse"],
    ["explain", "a.toml", "--wrt", "{0}"], ["explain", "a.toml", "--index", "{0}"],
    ["explain", "{0}"], ["plugins", "--kind", "{0}"], ["plugin", "check", "{0}"],
    ["plugin", "new", "{0}"], ["plugin", "new", "x", "--out", "{0}"], ["plugin", "{0}"],
    ["demo", "--out", "file/{0}"], ["demo", "--backend", "{0}"],
    ["demo", "--seed", "{0}"], ["devices", "{0}"], ["doctor", "--json", "{0}"],
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.toml").write_text(CONFIG.replace('name = "[red]x"\n', ""))
    (tmp_path / "file").write_text("")
    (tmp_path / "evil.csv").write_text(f"{EVIL},b\n1,2\n")
    layer = cr.layers.Dense(1, name=EVIL)
    cr.Sequential([layer], input_shape=1, name=EVIL).save("m.safetensors")
    return tmp_path


NASTY = ["", ":x", "[" * 3000, "x" * 5000, "\udc80", '{"x": [[1%s]]}' % ("0" * 400)]


@pytest.mark.parametrize("text", NASTY, ids=lambda text: ascii(text[:9]))
def test_nothing_fails_without_a_message(text: str, folder: Path) -> None:
    for command in COMMANDS:
        if "--block" not in command:  # once for a process
            result = CliRunner().invoke(main, [part.format(text) for part in command])
            assert isinstance(result.exception, (SystemExit, type(None))), command


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_nothing_is_obeyed(command: list[str], folder: Path) -> None:
    result = CliRunner().invoke(main, [part.format(EVIL) for part in command])
    assert not set(result.output + result.stderr) & set(OBEYED)


HOSTILE = f"zq[red]zq[bold]zq:smile:zq\nINJECTED\u2028INJECTED\t\u2066{EVIL}"
"""A name with markup, emoji, breaks of lines, and everything that is obeyed."""

WITH_NAMES = [
    ["train", "named.toml", "--out", "a"],
    ["predict", "a/model.safetensors", "evil.csv"],
    ["predict", "a/model.safetensors", "evil.csv", "--target", "b"],
    ["train", "named.toml", "--profile"], ["draw", "named.toml", "--out", "-"],
    ["explain", "named.toml"], ["draw", "named.toml"],
    ["train", "labels.toml", "--out", "b"],
    ["predict", "b/model.safetensors", "labels.csv", "--target", "b"],
    ["train", "{0}/a.toml", "--out", "{0}/out"],
    ["predict", "{0}/out/model.safetensors", "evil.csv", "--target", "b"],
    ["draw", "{0}/a.toml", "--out", "{0}/a.svg"],
    ["explain", "{0}/a.toml", "--wrt", "dense_1/kernel", "--out", "{0}/a.html"],
    ["explain", "m.safetensors", "--loss", "mse", "--json"],
]  # fmt: skip


def files_named(text: str) -> None:
    """Write files in which a name, a column, a label and a folder have this text."""
    model = cr.Sequential([cr.layers.Dense(1, name=text)], input_shape=1, name=text)
    model.save("m.safetensors")
    Path("named.toml").write_text(CONFIG.replace('"[red]x"', json.dumps(text)))
    labels = [[str(i), ("n", text)[i % 2]] for i in range(6)]
    evil = [[text, "b"], ["1", "2"]]
    for name, rows in {"evil": evil, "labels": labels}.items():
        with Path(f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    data = 'dataset = "load_csv"\npath = "labels.csv"'
    config = CONFIG.replace('dataset = "spirals"\nn = 20', data)
    Path("labels.toml").write_text(config.replace("units = 3", "units = 2"))
    folder = Path(text)
    folder.mkdir()
    (folder / "a.toml").write_text(Path("a.toml").read_text())


def test_no_name_changes_what_is_printed(folder: Path) -> None:
    files_named(HOSTILE)
    wrong = []
    for command in [*COMMANDS, *WITH_NAMES]:
        if "--block" in command:  # once for a process
            continue
        result = CliRunner().invoke(main, [part.format(HOSTILE) for part in command])
        printed = result.output + result.stderr
        if (
            set(printed) & set(OBEYED)
            or not isinstance(result.exception, (SystemExit, type(None)))
            or any(line.startswith("INJECTED") for line in printed.splitlines())
            or "zqzq" in printed  # the markup between was obeyed
            or "\U0001f604" in printed
        ):
            wrong.append(f"{command}: {printed!r} {result.exception!r}")
    assert not wrong, "\n".join(wrong)


def test_the_profile_and_the_summary(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = cr.load("m.safetensors")
    model.summary()
    x = np.ones((4, 1))
    model.fit(x, x, loss="mse", profile=True, backend="numpy")
    printed = capsys.readouterr().out
    assert not set(printed) & set(OBEYED)
    assert r"\x1b[31m" in printed


def test_markup_is_printed_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    cr.Sequential([cr.layers.Dense(2, name="[red]x")], input_shape=2).summary()
    print_table(["a"], [["[blue]y[/]"]], folded=[])
    printed = click.unstyle(capsys.readouterr().out)
    for text in ("[red]x (Dense)", "[blue]y[/]"):
        assert text in printed


def test_a_cell_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["a", "b"], [["x\ny", EVIL]], folded=[])
    _, row = capsys.readouterr().out.splitlines()
    assert row.split() == [r"x\ny", SHOWN]


def test_printed_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({EVIL: "größe\x7f"})
    printed = capsys.readouterr().out
    assert json.loads(printed) == {EVIL: "größe\x7f"}
    assert "größe" in printed
    assert not set(printed) & set(OBEYED)


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    """A path may be any bytes; the message must not fail over that."""
    done = subprocess.run(
        [sys.executable, "-m", "chainrule", "train", b"\xff\x1b.toml"],
        capture_output=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.stderr == b"error: there is no file \\udcff\\x1b.toml\n"
    assert done.returncode == 2
