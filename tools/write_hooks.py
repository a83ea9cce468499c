"""Write docs/hooks.md: every hook with its signature, what it returns, and an example.

The examples are the templates that ``chainrule plugin new`` fills, which are tested as
packages. Run ``python tools/write_hooks.py`` after changing a hook or a template; a
test compares the page.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

from chainrule.cli.new_plugin import TEMPLATES
from chainrule.ops import Elementwise
from chainrule.registry import hooks
from chainrule.registry.kinds import KINDS, singular

TARGET = Path(__file__).parents[1] / "docs" / "hooks.md"

HEAD = """\
# Hooks

Every hook that a plugin may implement: its signature, what it returns, what is called
of what it returns, and an example. A hook takes nothing. The examples are what
`chainrule plugin new NAME --kind KIND` writes; [Writing a plugin](plugins.md) says how
they become packages.

Written by `tools/write_hooks.py`; do not edit.
"""

METHODS = {
    "activations": ("apply",),
    "layers": ("apply",),
    "losses": ("per_example",),
    "optimizers": ("update", "slot_start"),
    "regularizers": ("penalty", "transform", "constrain", "watch"),
    "initializers": ("draw",),
    "schedules": ("rate",),
    "metrics": ("totals", "result"),
    "callbacks": ("begin", "epoch_begin", "step_end", "epoch_end", "end"),
    "ops": ("infer", "derivatives", "vjp", "expand"),
    "backends": ("devices", "compile", "check_kernel"),
}
"""Kind → the methods that a subclass defines."""

LIKE = {"kernels": "ops"}
"""A hook whose example is that of another kind."""


def page() -> str:
    """Return the text of the page."""
    return "\n".join([HEAD, *(section(hook) for hook in hooks.NAMES)])


def section(hook: str) -> str:
    """Return what the page says of one hook."""
    function = getattr(hooks, hook)
    signature = f"{hook}{inspect.signature(function)}".replace("'", "")
    kind = hook.removeprefix("register_")
    parts = [
        f"## `{hook}`",
        "",
        f"`{signature}`",
        "",
        str(inspect.getdoc(function)).split("\n\n", 1)[0].replace("``", "`"),
        "",
        *methods(kind),
        *example(LIKE.get(kind, kind)),
    ]
    return "\n".join(parts)


def methods(kind: str) -> Iterator[str]:
    """Yield a table of the methods that a subclass defines."""
    if kind not in METHODS:
        return
    yield "| method | what it does |"
    yield "|---|---|"
    for name in METHODS[kind]:
        function = _method(kind, name)
        names = [*inspect.signature(function).parameters][1:]
        said = str(inspect.getdoc(function)).split("\n\n", 1)[0].replace("\n", " ")
        required = getattr(function, "__isabstractmethod__", False)
        call = f"{name}({', '.join(_starred(function, each) for each in names)})"
        text = said.replace("``", "`").replace("|", r"\|")
        yield f"| `{call}`{'' if required else ', if it is needed'} | {text} |"
    yield ""


def _method(kind: str, name: str) -> Callable[..., object]:
    base = KINDS[kind]
    home = base if hasattr(base, name) else Elementwise
    found = inspect.getattr_static(home, name)
    method: Callable[..., object] = getattr(found, "__func__", found)
    return method


def _starred(function: Callable[..., object], name: str) -> str:
    parameter = inspect.signature(function).parameters[name]
    stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}
    return f"{stars.get(parameter.kind, '')}{name}"


def example(kind: str) -> Iterator[str]:
    """Yield the template of a kind, as a block of code."""
    assert set(TEMPLATES.values()) == set(KINDS)
    file = resources.files("chainrule.cli.templates") / f"{singular(kind)}.py"
    code = file.read_text(encoding="utf-8")
    code = re.sub(r'^""".*?"""\n\n', "", code, flags=re.S)
    yield "```python"
    yield code.rstrip()
    yield "```"
    yield ""


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
    print(f"wrote {TARGET}")
