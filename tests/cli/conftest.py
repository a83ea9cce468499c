"""Run ``chainrule`` in this process, in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chainrule.cli import main

Chainrule = Callable[..., Result]


@pytest.fixture
def chainrule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Chainrule:
    """Return a function that runs a command line and checks the exit code."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == code, result.output + repr(result.exception)
        return result

    return run
