"""``chainrule plugin``: start a plugin, or check one."""

from __future__ import annotations

import importlib.metadata
import keyword
import os
import shlex
from pathlib import Path

import click

from chainrule.cli.built_in_commands import COMMANDS
from chainrule.cli.group import FAILED
from chainrule.cli.new_plugin import TEMPLATES, check_free, files_of
from chainrule.cli.output import (
    echo,
    json_option,
    print_json,
    print_table,
    writable_folder,
)
from chainrule.errors import OutputError, PluginError
from chainrule.files import write_file


@click.group("plugin")
def command() -> None:
    """Create a plugin, or check one."""


@command.command("new")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(list(TEMPLATES)),
    default="activation",
    show_default=True,
    help="What it registers.",
)
@click.option("--out", default=".", show_default=True, help="Folder for the package.")
def new(name: str, kind: str, out: str) -> None:
    """Write a plugin package chainrule-NAME, with a test.

    It registers one component, which works; replace it with your own.
    """
    module = name.removeprefix("chainrule-").replace("-", "_").lower()
    if not module.isidentifier() or keyword.iskeyword(module):
        raise click.BadParameter(
            f"{name!r} is not a valid module name: use letters, digits and '-'"
        )
    short = module.replace("_", "-")
    if kind == "command" and short in COMMANDS:
        raise PluginError(f"command {short!r} is built in; choose another name")
    check_free(short if kind == "command" else module, kind)
    folder = Path(out) / f"chainrule-{short}"
    if os.path.exists(folder):  # which no name makes fail
        raise OutputError(f"{folder} already exists; choose another name or --out")
    version = importlib.metadata.version("chainrule")
    for file, text in files_of(short, kind, version).items():
        writable_folder((folder / file).parent)
        write_file(folder / file, text)
        echo(f"wrote {folder / file}")
    echo()
    install, test = shlex.quote(f"{folder}[test]"), shlex.quote(str(folder))
    echo(f"next: pip install -e {install} && pytest {test}")


@command.command("check")
@click.argument("name")
@json_option
@click.pass_context
def check(ctx: click.Context, name: str, as_json: bool) -> None:
    """Check everything that an installed plugin registers.

    NAME is the name of its entry point, its distribution or its module. Everything is
    run: on all backends, in training runs, in files and pictures, as its kind demands.
    """
    from chainrule.testing.reports import report

    found = [(v.kind, v.name, v.state, v.detail) for v in report(name)]
    if as_json:
        print_json([dict(zip(COLUMNS, f, strict=True)) for f in found])
    else:
        print_table(COLUMNS, found, folded=["detail"])
    if any(state == "broken" for _, _, state, _ in found):
        ctx.exit(FAILED)


COLUMNS = ("kind", "name", "state", "detail")
