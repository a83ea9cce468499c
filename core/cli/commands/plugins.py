"""``chainrule plugins``: every component and plugin, and where it comes from."""

from __future__ import annotations

from typing import Any

import click

from chainrule.cli.group import block_option
from chainrule.cli.output import echo, json_option, print_json, print_table
from chainrule.registry import KINDS, registry
from chainrule.registry.entry import Entry
from chainrule.registry.plugin import Plugin


@click.command("plugins")
@click.option("--kind", help=f"List only this kind: {', '.join(KINDS)}.")
@json_option
@block_option
def command(kind: str | None, as_json: bool) -> None:
    """List components and plugins, and where they come from.

    Plugins that are not in use are listed with the reason.
    """
    kinds = [kind] if kind else list(KINDS)
    entries = [entry for each in kinds for entry in registry.entries(each)]
    plugins = list(registry.plugins)
    if as_json:
        print_json(
            {
                "components": [described(entry) for entry in entries],
                "plugins": [described_plugin(plugin) for plugin in plugins],
            }
        )
        return
    rows = [(e.kind, e.name, origin(e), e.module, e.summary) for e in entries]
    heads = ("kind", "name", "from", "module", "what it is")
    print_table(heads, rows, folded=["what it is"], wide=["module"])
    print_unused(plugins)


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
        "summary": entry.summary,
    }


def described_plugin(plugin: Plugin) -> dict[str, str]:
    """Return a plugin as a JSON object."""
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "module": plugin.module,
        "state": plugin.state,
        "reason": plugin.reason,
    }


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
