"""``chainrule devices``: what programs can run on."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from chainrule.cli.output import json_option, print_json, print_table, problem
from chainrule.registry import registry


@click.command("devices")
@json_option
def command(as_json: bool) -> None:
    """List what programs can run on.

    Choose one with --backend NAME, --backend NAME:NUMBER or CHAINRULE_BACKEND.
    """
    found = devices()
    if as_json:
        print_json(found)
        return
    rows = []
    for device in found:
        memory = device["memory"]
        rows.append(
            (
                device["backend"],
                device["name"],
                device["kind"],
                f"{memory / 2**30:.1f} GiB" if memory else "",
                device["problem"],
            )
        )
    print_table(("backend", "device", "kind", "memory", "problem"), rows)


def devices() -> list[dict[str, Any]]:
    """Return every device of every backend; a backend that fails says why."""
    found: list[dict[str, Any]] = []
    for entry in registry.entries("backends"):
        try:
            listed = entry.target().devices()
        except Exception as error:  # a broken driver must not hide the other devices
            empty = {"name": "", "kind": "", "memory": None, "float64": False}
            found.append({"backend": entry.name, **empty, "problem": problem(error)})
            continue
        for number, device in enumerate(listed):
            name = entry.name if len(listed) == 1 else f"{entry.name}:{number}"
            found.append({"backend": name, **dataclasses.asdict(device), "problem": ""})
    return found
