"""Whatever an option or argument is given, the command line answers it in one message.

The cases are read from click's own parameters, so a new option is tested without being
named here.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result

import chainrule as cr
from chainrule.cli import main

ANY = {
    "empty": "", "text": "nonsense", "number": "-7", "fraction": "0.5",
    "huge": "9" * 400, "not UTF-8": "\udcff", "folder": ".",
    "braces": "{x", "markup": "[red]", "escape": "\x1b[31mred",
}  # fmt: skip
"""Texts that few options take, by a name."""
REFUSED_BY_TYPE = {
    click.types.IntParamType: ("empty", "text", "fraction", "not UTF-8"),
    click.types.FloatParamType: ("empty", "text"),
    click.Choice: tuple(ANY),
    click.types.BoolParamType: ("text"),
}
"""The type of a parameter → those of them that click must refuse."""

CONFIG = """
[data]
dataset = "xor"
[[layers]]
type = "dense"
units = 2
[training]
loss = "sparse_softmax_cross_entropy"
epochs = 1
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Work in a folder with a configuration and a model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("chainrule.cli.commands.demo.EPOCHS", 1)
    monkeypatch.setattr("chainrule.lecture.topic.NAMES", ())
    Path("config.toml").write_text(CONFIG)
    model = cr.Sequential([cr.layers.Dense(2)], input_shape=2)
    loss = "sparse_softmax_cross_entropy"
    model.fit(*cr.datasets.xor(), loss=loss, verbose=0)
    model.save("model")
    np.savez("data.npz", x=np.ones((3, 2)), y=np.zeros(3, int))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


RIGHT = {
    "config": "config.toml", "model": "model", "data": "xor", "what": "config.toml",
    "name": "chainrule-hello",
}  # fmt: skip
"""A value for each argument that a command needs."""


def commands(
    group: click.Group = main, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def arguments(command: click.Command, wrong: dict[str, str] | None = None) -> list[str]:
    """Return values for the arguments that a command needs."""
    given = RIGHT | (wrong or {})
    return [
        given.get(p.name or "", "nonsense")
        for p in command.params
        if isinstance(p, click.Argument) and p.required
    ]


def lines() -> Iterator[tuple[list[str], bool]]:
    """Yield command lines with one wrong part, and whether click must refuse it."""
    for path, command in commands():
        yield [*path, *arguments(command), "--nonsense"], True
        yield (
            [*path, *arguments(command), *["superfluous"] * 9],
            not any(p.nargs < 0 for p in command.params),
        )
        if arguments(command):
            yield [*path], True
        for parameter in command.params:
            name = parameter.name or ""
            refused = next(
                (REFUSED_BY_TYPE[kind] for kind in REFUSED_BY_TYPE
                 if isinstance(parameter.type, kind)), (),
            )  # fmt: skip
            flag = isinstance(parameter, click.Option) and parameter.is_flag
            for label, text in ANY.items():
                if isinstance(parameter, click.Option):
                    written = f"{parameter.opts[0]}={text}"
                    yield (
                        [*path, *arguments(command), written],
                        (flag or label in refused),
                    )
                else:
                    rest = arguments(command, {name: text})
                    yield [*path, "--", *rest], label in refused


def run(line: list[str]) -> Result:
    return CliRunner().invoke(main, line)


def test_every_wrong_command_line_is_answered() -> None:
    count, wrong = 0, []
    for line, refused in lines():
        count += 1
        result = run(line)
        bare = result.exception is not None and not isinstance(
            result.exception, SystemExit
        )
        allowed = (2,) if refused else (0, 1, 2, 3)
        if bare or result.exit_code not in allowed or "Traceback" in result.output:
            wrong.append(f"{line}: {result.exit_code} {result.exception!r}")
    assert not wrong, "\n".join(wrong)
    assert count > 400
