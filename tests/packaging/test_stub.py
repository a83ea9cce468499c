"""The type stub agrees with the package."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

import chainrule as cr

ROOT = Path(__file__).parents[2]
STUB = ROOT / "core" / "__init__.pyi"


def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "write_stub", ROOT / "tools" / "write_stub.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_stub_is_up_to_date() -> None:
    fresh = writer().stub()
    assert STUB.read_text(encoding="utf-8") == fresh, "run python tools/write_stub.py"


def test_the_stub_names_everything_public() -> None:
    tree = ast.parse(STUB.read_text(encoding="utf-8"))
    named = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            named |= {alias.asname for alias in node.names}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            named.add(node.target.id)
        elif isinstance(node, ast.ClassDef):
            named.add(node.name)
    assert set(cr.__all__) <= named


def test_every_public_name_can_be_had() -> None:
    for name in dir(cr):
        assert getattr(cr, name) is not None
