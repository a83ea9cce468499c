"""``chainrule``, and ``python -m chainrule``."""

from __future__ import annotations

from typing import NoReturn

from chainrule.interrupts import run_program


def _commands() -> None:
    from chainrule.cli import main  # imported where a signal has its exit code already

    main(prog_name="chainrule")


def run() -> NoReturn:
    """Run the command line."""
    run_program(_commands)


if __name__ == "__main__":
    run()
