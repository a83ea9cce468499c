"""The files of a new plugin package, from the template of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

from chainrule.errors import PluginError
from chainrule.registry import KINDS, registry
from chainrule.registry.kinds import singular

TEMPLATES: Mapping[str, str] = {singular(kind): kind for kind in KINDS}
"""What ``--kind`` takes → the kind in the registry."""

CHECKS = {"backend": "check_backend(MyThing())", "figure": "assert my_thing.__doc__"}
"""The line that checks a component, where it is not ``check_KIND(MyThing())``."""
FUNCTIONS = ("dataset", "renderer", "command", "figure")
"""The kinds whose components are functions."""

PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "chainrule-SHORT"
version = "0.1.0"
description = "The KIND SHORT for chainrule"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["chainrule>=VERSION"]

[project.optional-dependencies]
test = ["pytest", "ruff", "mypy"]

[project.entry-points.chainrule]
SHORT = "chainrule_MODULE"

[tool.setuptools]
py-modules = ["chainrule_MODULE"]

[tool.mypy]
strict = true
files = ["chainrule_MODULE.py", "test_MODULE.py"]
"""

TEST = '''\
"""The KIND keeps the contract of its kind."""

from __future__ import annotations

import pytest
IMPORTS
from chainrule_MODULE import THING


def test_MODULE() -> None:
    CHECK


@pytest.mark.chainrule_plugin("SHORT")
def test_contract(chainrule_component: Checkable) -> None:
    chainrule_component.check()
'''

README = """\
# chainrule-SHORT

The KIND `NAME` for [chainrule](https://pypi.org/project/chainrule/).

```sh
pip install -e ".[test]"
pytest                            # the checks of chainrule.testing
chainrule plugin check SHORT      # the same, as a report card
chainrule plugins info NAME       # what users see of it
```

To publish it: `python -m build && twine upload dist/*`.
"""

CI = """\
name: test
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        python: ["3.11", "3.14"]
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: ${{ matrix.python }}
      - run: pip install -e ".[test]"
      - run: ruff check .
      - run: mypy
      - run: pytest
      - run: chainrule plugin check SHORT
"""


def files_of(short: str, kind: str, version: str) -> dict[str, str]:
    """Return the files of a plugin: file name → text.

    Args:
        short: its name, with hyphens.
        kind: what it registers, one of `TEMPLATES`.
        version: the version of chainrule that it needs.
    """
    module = short.replace("-", "_")
    title = "".join(part.title() for part in module.split("_"))
    template = resources.files("chainrule.cli.templates") / f"{kind}.py"
    thing = "my_thing" if kind in FUNCTIONS else "MyThing"
    check = CHECKS.get(kind) or (
        f"check_{'component' if kind == 'theme' else kind}"
        f"({thing if kind in (*FUNCTIONS, 'op') else 'MyThing()'})"
    )
    imports = [
        "from chainrule.pytest_plugin import Checkable",
        *([f"from chainrule.testing import {check.partition('(')[0]}"]
          if check.startswith("check_") else []),
    ]  # fmt: skip
    texts = {
        "pyproject.toml": PYPROJECT,
        f"chainrule_{module}.py": template.read_text(encoding="utf-8"),
        f"test_{module}.py": TEST,
        "README.md": README,
        ".github/workflows/test.yml": CI,
    }
    words = {
        "IMPORTS": "\n".join(imports) + "\n", "CHECK": check, "THING": thing,
        "VERSION": version, "KIND": kind, "SHORT": short, "MODULE": module,
        "NAME": short if kind == "command" else module,
        "MyThing": title, "my_thing": module, "my-thing": short,
    }  # fmt: skip
    return {file: _filled(text, words) for file, text in texts.items()}


def _filled(text: str, words: Mapping[str, str]) -> str:
    for word, meant in words.items():
        text = text.replace(word, meant)
    return text


def check_free(name: str, kind: str) -> None:
    """Reject a name that a component of this kind has already.

    Raises:
        PluginError: it is taken; says by what.
    """
    if registry.has(TEMPLATES[kind], name):
        entry = registry.find(TEMPLATES[kind], name)
        raise PluginError(
            f"{kind} {name!r} is taken by {entry.python_name} of {entry.distribution}, "
            "which stays what the name means; choose another name"
        )
