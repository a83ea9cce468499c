"""The page's script: modules of JavaScript, and Python's scalar expressions.

The modules import each other as in any other program, and are put together when a page
is written. `chainrule.program.scalars` means the same in JavaScript as in Python and
in C, so the page needs no table of its own of what an elementwise op computes.
"""

from __future__ import annotations

import re
from importlib.resources import files

from chainrule import ops
from chainrule.ops import Op
from chainrule.program.flat import Pack
from chainrule.program.scalars import EXPRESSIONS

SHAPED: frozenset[type[Op]] = frozenset(
    {
        ops.Matmul, ops.Sum, ops.Max, ops.Min, ops.Prod, ops.Argmax, ops.OneHot,
        ops.Take, ops.Pick, ops.ScatterAdd, ops.Concatenate, ops.Slice, ops.Unslice,
        ops.Transpose, ops.BroadcastTo, ops.Reshape, ops.ExpandDims, ops.Squeeze,
        ops.Uniform, Pack,
    }
)  # fmt: skip
"""The ops that ``kernels.js`` computes: those that are not elementwise."""
KERNELS = SHAPED | frozenset(EXPRESSIONS)
"""The ops that a page can compute; others it can if they have an `expand`."""

INTERPRETER = (
    "functions", "scalars", "arrays", "philox", "kernels", "interpreter",
)  # fmt: skip
"""The modules that compute a program, each after those that it imports."""
PAGE = (
    *INTERPRETER, "machine", "numbers", "elements", "flight", "marks", "checks",
    "picture", "explanations", "film", "controls", "curve", "training", "maps",
    "details", "view", "main",
)  # fmt: skip
"""All modules of a page."""

_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def script(modules: tuple[str, ...]) -> str:
    """Return modules as one script, in which each sees what the others define."""
    return "\n".join(_bare(_source(module)) for module in modules)


def _source(module: str) -> str:
    return _scalars() if module == "scalars" else asset(f"{module}.js")


def asset(name: str) -> str:
    """Return the text of a file that pages are made of."""
    return (files("chainrule.viz.page") / "assets" / name).read_text(encoding="utf-8")


def _bare(source: str) -> str:
    return _EXPORT.sub("", _IMPORT.sub("", source))


def _scalars() -> str:
    """Return the module of elementwise ops: ``add: (a, b) => a + b,``."""
    lines = [
        f"  {op.type_name}: ({', '.join(_names(op))}) => {text.format(*_names(op))},"
        for op, text in EXPRESSIONS.items()
    ]
    return "\n".join(["export const scalars = {", *lines, "};", ""])


def _names(op: type[Op]) -> tuple[str, ...]:
    operands = max(map(int, re.findall(r"\{(\d)", EXPRESSIONS[op]))) + 1
    return ("a", "b", "c")[:operands]
