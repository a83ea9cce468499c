"""What the code of a topic has computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.lecture.topics import run


@pytest.fixture(scope="session")
def told() -> Callable[[str], Any]:
    """Return what runs a topic and gives its variables by name."""
    return lambda name: run(name).names
