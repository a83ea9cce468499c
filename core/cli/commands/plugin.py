"""``chainrule plugin``: start a plugin, or check one."""

from __future__ import annotations

import keyword
import os
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import click

from chainrule.cli.group import FAILED
from chainrule.cli.output import (
    echo,
    json_option,
    print_json,
    print_table,
    problem,
    writable_folder,
)
from chainrule.cli.plugin_template import files_of
from chainrule.component import Component
from chainrule.errors import ConformanceError, OutputError, PluginError, did_you_mean
from chainrule.files import write_file
from chainrule.registry import KINDS, registry
from chainrule.registry.entry import Entry


@click.group("plugin")
def command() -> None:
    """Create a plugin, or check one."""


@command.command("new")
@click.argument("name")
@click.option("--out", default=".", show_default=True, help="Folder for the package.")
def new(name: str, out: str) -> None:
    """Write a plugin package chainrule-NAME, with a test.

    It registers one activation; replace it with your own.
    """
    module = name.removeprefix("chainrule-").replace("-", "_").lower()
    if not module.isidentifier() or keyword.iskeyword(module):
        raise click.BadParameter(
            f"{name!r} is not a valid module name: use letters, digits and '-'"
        )
    short = module.replace("_", "-")
    folder = Path(out) / f"chainrule-{short}"
    if os.path.exists(folder):  # which no name makes fail
        raise OutputError(f"{folder} already exists; choose another name or --out")
    writable_folder(folder)
    for file, text in files_of(short, module).items():
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

    NAME is the name of its entry point. Ops, activations, layers, losses, optimizers,
    initializers and regularizers are run and differentiated; others are only created.
    """
    known = {plugin.name: plugin for plugin in registry.plugins}
    if name not in known:
        raise PluginError(f"no plugin {name!r}.{did_you_mean(name, known)}")
    if known[name].state != "loaded":
        raise PluginError(
            f"plugin {name!r} is {known[name].state}: {known[name].reason}"
        )
    found = list(_checked(name))
    if as_json:
        print_json([dict(zip(COLUMNS, f, strict=True)) for f in found])
    else:
        print_table(COLUMNS, found, folded=["detail"])
    if any(state == "broken" for _, _, state, _ in found):
        ctx.exit(FAILED)


State = Literal["ok", "skipped", "broken"]
COLUMNS = ("kind", "name", "state", "detail")


def _checked(plugin: str) -> Iterator[tuple[str, str, State, str]]:
    for kind in KINDS:
        for entry in registry.entries(kind):
            if entry.plugin != plugin:
                continue
            state, detail = _check(entry)
            yield kind, entry.name, state, detail


def _check(entry: Entry) -> tuple[State, str]:
    cls = entry.target
    if not entry.summary:
        return "broken", "it has no docstring: say in one line what it is"
    if isinstance(cls, type) and issubclass(cls, Component):
        from chainrule.testing import example

        try:
            cls = example(cls)
        except ConformanceError as error:
            return "skipped", str(error)
    try:
        for work in _checks(entry):
            work(cls)
    except Exception as error:  # a plugin may fail in any way
        return "broken", problem(error)
    return "ok", entry.summary


def _checks(entry: Entry) -> list[Callable[[Any], None]]:
    from chainrule import testing

    if not isinstance(entry.target, type):
        return []
    special: dict[str, Callable[[Any], None]] = {
        "ops": testing.check_op,
        "activations": testing.check_activation,
        "layers": testing.check_layer,
        "losses": testing.check_loss,
        "initializers": testing.check_initializer,
        "regularizers": testing.check_regularizer,
        "optimizers": testing.check_optimizer,
    }
    if entry.kind in special:
        return [special[entry.kind]]
    return [testing.check_component] if issubclass(entry.target, Component) else []
