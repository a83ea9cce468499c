"""``chainrule plugins``: every component and plugin, and where it comes from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from chainrule.cli.card import card
from chainrule.cli.group import block_option
from chainrule.cli.output import (
    echo,
    echo_text,
    json_option,
    print_json,
    print_table,
)
from chainrule.cli.plugin_commands import collisions
from chainrule.errors import UnknownNameError, did_you_mean
from chainrule.registry import KINDS, registry
from chainrule.registry.entry import Entry
from chainrule.registry.plugin import Plugin


@click.group("plugins", invoke_without_command=True)
@click.option("--kind", help=f"List only this kind: {', '.join(KINDS)}.")
@json_option
@block_option
@click.pass_context
def command(ctx: click.Context, kind: str | None, as_json: bool) -> None:
    """List components and plugins, and where they come from.

    Plugins that are not in use are listed with the reason; chainrule --traceback
    plugins shows where their errors were raised.
    """
    if ctx.invoked_subcommand:
        return
    kinds = [kind] if kind else list(KINDS)
    entries = [entry for each in kinds for entry in registry.entries(each)]
    plugins = list(registry.plugins)
    if as_json:
        print_json(
            {
                "components": [described(entry) for entry in entries],
                "plugins": [described_plugin(plugin) for plugin in plugins],
                "collisions": [asdict(collision) for collision in collisions()],
                "remarks": list(registry.remarks),
            }
        )
        return
    rows = [(e.kind, e.name, origin(e), e.module, e.summary) for e in entries]
    heads = ("kind", "name", "from", "module", "what it is")
    print_table(heads, rows, folded=["what it is"], wide=["module"])
    print_unused(plugins)
    _print_lines("Collisions", [str(collision) for collision in collisions()])
    _print_lines("Remarks", list(registry.remarks))
    if ctx.find_root().params.get("traceback"):
        for plugin in plugins:
            if plugin.traceback:
                echo()
                echo_text(f"{plugin.name}:\n{plugin.traceback}", nl=False)


@command.command("info")
@click.argument("name")
@json_option
def info(name: str, as_json: bool) -> None:
    """Show all there is to say about a component or a plugin.

    NAME is that of a component, such as tanh, losses.mse or chainrule-x:snake, or of
    a plugin.
    """
    entries = _named(name)
    plugins = [plugin for plugin in registry.plugins if plugin.name == name]
    if not (entries or plugins):
        known = {e.name for kind in KINDS for e in registry.entries(kind)}
        known |= {plugin.name for plugin in registry.plugins}
        raise UnknownNameError(
            f"no component or plugin named {name!r}.{did_you_mean(name, known)}"
        )
    found = [
        *({"plugin": plugin.name} | _plugin_card(plugin) for plugin in plugins),
        *({"name": entry.name} | card(entry) for entry in entries),
    ]
    if as_json:
        print_json(found)
        return
    for number, each in enumerate(found):
        if number:
            echo()
        for head, text in each.items():
            lines = text.splitlines() or [""]
            for k, line in enumerate(lines):
                echo(f"{head if k == 0 else '':<16} {line}".rstrip())


def _named(name: str) -> list[Entry]:
    """Return the components that a name means: one of each kind that has it."""
    kind, dot, rest = name.partition(".")
    if dot and kind in KINDS:
        return [registry.find(kind, rest)]
    return [registry.find(kind, name) for kind in KINDS if registry.has(kind, name)]


def _plugin_card(plugin: Plugin) -> dict[str, str]:
    names = [f"{entry.kind}: {entry.name}" for entry in plugin.entries]
    names += [f"kernel: {kernel.name}" for kernel in plugin.kernels]
    concerned = [
        str(c) for c in collisions() if plugin.distribution in (c.winner, *c.others)
    ]
    said = {
        "from": origin(plugin),
        "module": plugin.module,
        "state": plugin.state,
        "reason": plugin.reason,
        "hooks": ", ".join(plugin.hooks),
        "components": "\n".join(names),
        "collisions": "" if plugin.built_in else "\n".join(concerned),
        "remarks": "\n".join(plugin.remarks),
        "imported in": f"{plugin.seconds:.3f} s",
        "traceback": plugin.traceback,
    }
    return {head: text for head, text in said.items() if text}


def described(entry: Entry) -> dict[str, Any]:
    """Return an entry as a JSON object."""
    return {
        "kind": entry.kind,
        "name": entry.name,
        "class": getattr(entry.target, "__name__", entry.name),
        "aliases": sorted(entry.aliases),
        "module": entry.module,
        "plugin": entry.plugin,
        "distribution": entry.distribution,
        "version": entry.version,
        "overrides": entry.overrides,
        "summary": entry.summary,
    }


def described_plugin(plugin: Plugin) -> dict[str, Any]:
    """Return a plugin as a JSON object."""
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "module": plugin.module,
        "state": plugin.state,
        "reason": plugin.reason,
        "traceback": plugin.traceback,
        "hooks": list(plugin.hooks),
        "seconds": round(plugin.seconds, 4),
    }


def _print_lines(title: str, lines: list[str]) -> None:
    if lines:
        echo()
        echo(title)
        for line in lines:
            echo(line)


def origin(entry: Entry | Plugin) -> str:
    """Return distribution and version as one text."""
    return f"{entry.distribution} {entry.version}".strip()


def print_unused(plugins: list[Plugin]) -> None:
    """Print the plugins that are not in use, and why."""
    unused = [plugin for plugin in plugins if plugin.state != "loaded"]
    if unused:
        echo()
        rows = [(p.name, origin(p), p.state, p.reason) for p in unused]
        heads = ("plugin", "from", "state", "reason")
        print_table(heads, rows, "Not in use", folded=["reason"])
