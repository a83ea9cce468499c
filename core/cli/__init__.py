"""The ``chainrule`` program; each command is in a module imported when it is used."""

from __future__ import annotations

from chainrule.cli.group import main

__all__ = ["main"]
