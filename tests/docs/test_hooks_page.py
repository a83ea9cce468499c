"""The page of hooks is what the hooks and the templates say."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from chainrule.registry import hooks

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location(
        "write_hooks", ROOT / "tools" / "write_hooks.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
    assert written == module.page(), "run python tools/write_hooks.py"
    for hook in hooks.NAMES:
        assert f"## `{hook}`" in written
