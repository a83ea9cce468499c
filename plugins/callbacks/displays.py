"""Where progress is shown: a terminal, a notebook, or a log."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from html import escape
from importlib import import_module
from typing import Any

from chainrule.plugins.callbacks.line import GAP, Column, Standing, fitting


class Display(ABC):
    """Something that shows how far a training run has come.

    Attributes:
        interval: the least seconds between updates.
        every_epoch: whether there is an update after each epoch besides.
    """

    interval = 0.1
    every_epoch = True

    @abstractmethod
    def show(self, standing: Standing) -> None:
        """Show how far it has come."""

    def close(self) -> None:  # noqa: B027 (most have nothing to do)
        """Leave what was shown last."""


class Terminal(Display):
    """A line of a terminal that is renewed."""

    def __init__(self) -> None:
        from rich.console import Console  # slow to import, and often not needed
        from rich.live import Live

        self._live = Live(console=Console(), auto_refresh=False)
        self._live.start()

    def show(self, standing: Standing) -> None:
        room = self._live.console.width - GAP - 1
        columns = fitting(standing.columns(), room)
        self._live.update(_table(columns, standing), refresh=True)

    def close(self) -> None:
        self._live.stop()


class Notebook(Display):
    """A bar and a line below a cell of a notebook that are renewed."""

    interval = 0.25

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, standing: Standing) -> None:
        text = standing.text()
        bar = f'<progress value="{standing.done}" max="{standing.total}"></progress>'
        bundle = {"text/plain": text, "text/html": f"{bar} {escape(text)}"}
        if self._handle is None:
            display: Any = import_module("IPython.display")
            self._handle = display.display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)


class Log(Display):
    """Lines of standard error, as those of logs are, after an epoch at the earliest."""

    interval = 5.0
    every_epoch = False

    def __init__(self) -> None:
        self._done = -1

    def show(self, standing: Standing) -> None:
        if standing.done != self._done:  # or the last line might be there twice
            self._done = standing.done
            with suppress(OSError, ValueError):  # nobody reads it any more
                sys.stderr.write(f"{standing.text()}\n")
                sys.stderr.flush()


class EpochLog(Log):
    """A line of standard error for each epoch."""

    every_epoch = True


def display_here() -> type[Display]:
    """Return the display that suits where the program runs."""
    if sys.stdout.isatty():
        return Terminal
    return Notebook if _in_a_notebook() else Log


def _in_a_notebook() -> bool:
    module = sys.modules.get("IPython")
    shell = None if module is None else module.get_ipython()
    return getattr(shell, "kernel", None) is not None


def _table(columns: Sequence[Column], standing: Standing) -> Any:
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    line = Table.grid(padding=(0, GAP, 0, 0), pad_edge=False)
    for _ in columns:
        line.add_column(no_wrap=True, overflow="crop")
    line.add_row(
        *(
            Text(column.text)
            if column.text
            else ProgressBar(standing.total, standing.done, width=column.width)
            for column in columns
        )
    )
    return line
