"""Printed output: tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, TypeVar

import click

from chainrule.errors import ChainRuleError, OutputError
from chainrule.files import check_writable, make_folder
from chainrule.terminal import visible, visible_json, visible_line

UNLIMITED = 1000
"""Characters per line where the output is not a terminal."""

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def echo(line: str = "", *, err: bool = False) -> None:
    """Print one line, escaping what a terminal would obey and what would begin another.

    If stderr cannot be written to, the line is dropped.
    """
    with suppress(OSError) if err else nullcontext():
        click.echo(visible_line(line), err=err)


def echo_text(text: str, *, nl: bool = True) -> None:
    """Print a text of several lines, escaping what a terminal would obey."""
    click.echo(visible(text), nl=nl)


def json_option(command: Decorated) -> Decorated:
    """Add ``--json``."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON instead of a table."
    )(command)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(visible_json(json.dumps(value, indent=2, ensure_ascii=False)))


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    title: str = "",
    *,
    folded: Sequence[str],
    wide: Sequence[str] = (),
) -> None:
    """Print a table; in a pipe it is as wide as it needs to be.

    Args:
        columns: the headings.
        rows: a text for each column.
        title: a line above the table.
        folded: columns that wrap in a narrow terminal; no other column does.
        wide: columns that are left out where something would have to wrap.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    def made(left_out: Sequence[str]) -> Table:
        made = Table(
            title=title or None, title_justify="left", box=None, pad_edge=False
        )
        shown = [i for i, column in enumerate(columns) if column not in left_out]
        for i in shown:
            made.add_column(
                columns[i], no_wrap=columns[i] not in folded, overflow="fold"
            )
        for row in rows:
            made.add_row(*(Text(visible_line(row[i])) for i in shown))
        return made

    rows = list(rows)
    table = made(())
    console = Console(width=None if sys.stdout.isatty() else UNLIMITED, highlight=False)
    unlimited = console.options.update(width=UNLIMITED)
    if console.measure(table, options=unlimited).maximum > console.width:
        table = made(wide)
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().splitlines():
        click.echo(line.rstrip())


def problem(error: Exception) -> str:
    """Return an error as text; one that is not chainrule's own starts with its type."""
    if isinstance(error, ChainRuleError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def writable_folder(folder: str | Path) -> Path:
    """Create a folder and check that files can be created in it.

    Raises:
        OutputError: the folder cannot be created or written to.
    """
    try:
        path = make_folder(folder)
        check_writable(path)
    except OutputError as error:
        raise OutputError(f"{error}; choose another folder with --out") from error
    return path
