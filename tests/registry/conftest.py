"""Real, tiny distributions: a module and a dist-info folder on sys.path."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chainrule.registry import Registry

Install = Callable[..., str]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return a function that installs a distribution and returns its module's name."""
    monkeypatch.delenv("CHAINRULE_PLUGINS", raising=False)
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(site)
    made: list[str] = []

    def make(
        name: str, code: str, *, version: str = "1.0", points: str | None = None
    ) -> str:
        module = f"{name.replace('-', '_')}_module"
        (site / f"{module}.py").write_text(textwrap.dedent(code))
        info = site / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        short = name.removeprefix("chainrule-")
        lines = points or f"{short} = {module}"
        (info / "entry_points.txt").write_text(f"[chainrule]\n{lines}\n")
        made.append(module)
        return module

    yield make
    for module in made:
        sys.modules.pop(module, None)


@pytest.fixture
def registry() -> Registry:
    """Return a registry that has loaded nothing yet."""
    return Registry()
