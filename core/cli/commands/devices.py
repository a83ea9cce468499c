"""``chainrule devices``: the devices that programs can run on."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from chainrule.cli.output import json_option, print_json, print_table, problem
from chainrule.execution import open_backend
from chainrule.kinds.backend import Device
from chainrule.registry import registry


@click.command("devices")
@json_option
def command(as_json: bool) -> None:
    """List the devices that programs can run on.

    Choose one with --backend NAME, --backend NAME:NUMBER or CHAINRULE_BACKEND, or let
    chainrule train find the fastest one with --backend auto. The column "chosen" marks
    the device that NAME alone stands for, and the default.
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
                ("yes" if device["float64"] else "no") if device["kind"] else "",
                _mark(device),
                device["problem"],
            )
        )
    heads = ("backend", "device", "kind", "memory", "float64", "chosen", "problem")
    print_table(heads, rows, folded=("device", "problem"))


def _mark(device: dict[str, Any]) -> str:
    """Return the mark of a device: what chooses it."""
    name = device["backend"].partition(":")[0] if device["chosen"] else ""
    return ", ".join(filter(None, [name, "default" if device["default"] else ""]))


def devices() -> list[dict[str, Any]]:
    """Return every device of every backend, and why a backend has none."""
    default = _default()
    found: list[dict[str, Any]] = []
    for entry in registry.entries("backends"):
        backend, chosen, said = entry.target(), None, ""
        try:
            listed = backend.devices()
        except Exception as error:  # a broken driver must not hide the other devices
            nothing = Device(name="", kind="", float64=False)
            found.append(_row(entry.name, nothing, False, False, problem(error)))
            continue
        try:
            chosen = backend.number()
        except Exception as error:  # what an environment variable names is not there
            said = problem(error)
        for number, device in enumerate(listed):
            name = entry.name if len(listed) == 1 else f"{entry.name}:{number}"
            used = (entry.name, number) == default
            found.append(_row(name, device, number == chosen, used, said))
            said = ""
    return found


def _row(
    name: str, device: Device, chosen: bool, default: bool, said: str
) -> dict[str, Any]:
    marks = {"chosen": chosen, "default": default, "problem": said}
    return {"backend": name, **dataclasses.asdict(device), **marks}


def _default() -> tuple[str, int] | None:
    """Return the default backend and device number, or None if there is none."""
    try:
        backend = open_backend()
        return backend.type_name, backend.number()
    except Exception:  # `chainrule doctor` says what is wrong
        return None
