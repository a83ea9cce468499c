"""``chainrule doctor``: what works here, and how to mend what does not."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Literal

import click

from chainrule.cli.group import FAILED
from chainrule.cli.output import json_option, print_json, print_table, problem
from chainrule.cli.plugin_commands import collisions
from chainrule.errors import BackendError
from chainrule.execution import open_backend
from chainrule.execution.fastest import Times, known_times
from chainrule.registry import registry
from chainrule.registry.entry import Entry

SHOWN = 3
"""How many classes of training steps are listed: those timed last."""


@dataclass(frozen=True)
class Finding:
    """The result of one check."""

    check: str
    state: Literal["ok", "note", "broken"]
    detail: str


@click.command("doctor")
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Report what works here, and how to mend what does not.

    The exit code is 1 if something is broken.
    """
    found = list(findings())
    if as_json:
        print_json([asdict(finding) for finding in found])
    else:
        rows = [(f.check, f.state, f.detail) for f in found]
        print_table(("check", "state", "detail"), rows, folded=["detail"])
    if any(finding.state == "broken" for finding in found):
        ctx.exit(FAILED)


def findings() -> Iterator[Finding]:
    """Yield the findings, check by check."""
    yield Finding("system", "ok", platform.platform())
    yield Finding("python", "ok", platform.python_version())
    for name in ("chainrule", *dependencies()):
        yield _attempt(name, partial(importlib.metadata.version, name))
    for entry in registry.entries("backends"):
        yield from _backend(entry)
    yield _attempt("default backend", _compute)
    yield from _choices(known_times())
    yield _attempt("derivatives", _differentiate)
    yield _attempt("diagrams", _render)
    for plugin in registry.plugins:
        if plugin.state == "broken":
            yield Finding(f"plugin {plugin.name}", "broken", plugin.reason)
        elif plugin.state == "blocked":
            yield Finding(f"plugin {plugin.name}", "note", plugin.reason)
    for collision in collisions():
        yield Finding("names", "ok" if collision.intended else "note", str(collision))
    for remark in registry.remarks:
        yield Finding("plugins", "note", remark)


def dependencies() -> list[str]:
    """Return the names of the distributions that chainrule requires."""
    wanted = importlib.metadata.requires("chainrule") or []
    names = (re.match(r"[\w.-]+", text) for text in wanted if "extra ==" not in text)
    return [name[0] for name in names if name]


def _attempt(check: str, work: Callable[[], str]) -> Finding:
    try:
        return Finding(check, "ok", work())
    except Exception as error:  # any failure is a finding
        return Finding(check, "broken", problem(error))


def _backend(entry: Entry) -> Iterator[Finding]:
    """Ask a backend for its devices; a missing device is a note, not a failure."""
    try:
        found = entry.target().diagnose()
    except Exception as error:  # a broken driver is a finding
        yield Finding(f"backend {entry.name}", "broken", problem(error))
        return
    for there, detail in found:
        yield Finding(f"backend {entry.name}", "ok" if there else "note", detail)


def _choices(known: Mapping[str, Times]) -> Iterator[Finding]:
    """Say what `backend="auto"` chooses, with the times of the classes timed last."""
    ranked = {
        kind: sorted((time, title.partition(" on ")[0]) for title, time in t.items())
        for kind, t in known.items()
        if t
    }
    chosen = Counter(ranking[0][1] for ranking in ranked.values())
    if chosen:
        counts = ", ".join(f"{name} {count}" for name, count in chosen.most_common())
        yield Finding("backend auto", "ok", f"how often each was chosen: {counts}")
    for kind, ranking in list(ranked.items())[-SHOWN:]:
        times = ", ".join(f"{name} {time * 1e6:,.1f} µs" for time, name in ranking)
        yield Finding("backend auto", "ok", f"{kind}:")
        yield Finding("backend auto", "ok", f"  {times}")


def _compute() -> str:
    import chainrule as cr

    named = os.environ.get("CHAINRULE_BACKEND")
    x = cr.input("x")
    cr.evaluate([x * x], {x: 3.0})
    backend = open_backend()
    device = backend.devices()[backend.number()]
    return f"{device.name}{f', by CHAINRULE_BACKEND={named}' if named else ''}"


def _differentiate() -> str:
    import chainrule as cr

    x = cr.input("x")
    (slope,) = cr.grad(x * x, [x])
    (value,) = cr.evaluate([slope], {x: 3.0}, backend="numpy")
    if value != 6.0:
        raise BackendError(f"the derivative of x² at 3 is 6, and came out as {value}")
    return "the derivative of x² at 3 is 6"


def _render() -> str:
    import chainrule as cr

    x = cr.input("x")
    diagram = cr.draw(x * x)
    for format in ("svg", "png", "pdf"):
        diagram.render(format)
    return "SVG, PNG and PDF, rendered in this process"
