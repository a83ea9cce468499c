"""The files of a new plugin package."""

from __future__ import annotations

PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "chainrule-{short}"
version = "0.1.0"
description = "The {short} activation for chainrule"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["chainrule"]

[project.optional-dependencies]
test = ["pytest"]

[project.entry-points.chainrule]
{short} = "chainrule_{module}"

[tool.setuptools]
py-modules = ["chainrule_{module}"]
"""

MODULE = '''\
"""A chainrule plugin: the {short} activation."""

import chainrule as cr
from chainrule.annotations import Positive


class {title}(cr.Activation):
    """y = x + sin²(a x) / a: replace this with your own formula.

    Args:
        a: frequency.
    """

    a: Positive = 1.0

    def apply(self, x):
        return x + cr.ops.square(cr.ops.sin(self.a * x)) / self.a


@cr.hookimpl
def register_activations():
    return [{title}]
'''

TEST = """\
from chainrule.testing import check_activation

from chainrule_{module} import {title}


def test_{module}():
    check_activation({title}())
    check_activation({title}(a=2.0))
"""

README = """\
# chainrule-{short}

A plugin for chainrule. `chainrule plugins --kind activations` lists it once it is
installed, and `chainrule plugin check {short}` checks it.
"""


def files_of(short: str, module: str) -> dict[str, str]:
    """Return the files of a plugin with this name: file name → text."""
    title = "".join(part.title() for part in module.split("_"))
    templates = {
        "pyproject.toml": PYPROJECT,
        f"chainrule_{module}.py": MODULE,
        f"test_{module}.py": TEST,
        "README.md": README,
    }
    return {
        file: text.format(short=short, module=module, title=title)
        for file, text in templates.items()
    }
