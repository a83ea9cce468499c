"""The ``chainrule`` program; a command's module is imported when it is run."""

from __future__ import annotations

from chainrule.cli.group import main

__all__ = ["main"]
