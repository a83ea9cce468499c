"""Commands of plugins: found by name; the names they claim against each other."""

from __future__ import annotations

from collections.abc import Mapping

from chainrule.cli.built_in_commands import COMMANDS
from chainrule.errors import PluginError
from chainrule.registry import registry
from chainrule.registry.collision import Collision
from chainrule.registry.entry import Entry


def plugin_commands() -> Mapping[str, Entry]:
    """Return the commands of plugins, by name.

    Those that share a name with each other, or with a built-in one, have the name of
    their distribution before it.
    """
    found: dict[str, Entry] = {}
    for entry in registry.entries("commands"):
        try:
            preferred = registry.find("commands", entry.name) is entry
        except PluginError:
            preferred = False
        plain = preferred and entry.name not in COMMANDS
        found[entry.name if plain else entry.qualified_name] = entry
    return found


def collisions() -> list[Collision]:
    """List all names that several components claim, commands among them."""
    claimed = [
        Collision(
            "command",
            entry.name,
            "chainrule",
            (entry.distribution,),
            intended=False,
        )
        for entry in registry.entries("commands")
        if entry.name in COMMANDS
    ]
    return [*registry.collisions, *claimed]
