"""Topics of the lecture, each run once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from chainrule.lecture.example import Example
from chainrule.lecture.running import Told, tell
from chainrule.lecture.topic import read_topic


@functools.cache
def run(name: str) -> Told:
    return tell(read_topic(name), Example().code)


@pytest.fixture(scope="session")
def told() -> Callable[[str], Any]:
    """Return what runs a topic and gives its variables by name."""
    return lambda name: run(name).names
