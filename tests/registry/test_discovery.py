"""Discovery is cheap, and imports nothing that was not asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from chainrule.registry.loading import DEFAULT_PLUGINS, DEFERRED

PLUGINS, COMPONENTS = 200, 5

MODULE = """
import chainrule as cr

def made(name):
    members = {{"__doc__": "y = x.", "apply": lambda self, x: x}}
    return type(name, (cr.Activation,), members)

MADE = [made(f"Thing{number}x{{k}}") for k in range({count})]

@cr.hookimpl
def register_activations():
    return MADE
"""

FIRST = """
import sys
import chainrule as cr
from chainrule.registry import registry
registry.find("activations", "thing7x3")
states = [plugin.state for plugin in registry.plugins.load().values()]
imported = [n for n in sys.modules if n.startswith("pl") and n[2:].isdigit()]
print(states.count("loaded") - OWN, states.count("broken"), len(imported))
"""

NEEDLESS = (
    "chainrule.viz", "chainrule.plugins.figures", "chainrule.cli", "chainrule.testing",
    "chainrule.lecture", "matplotlib", "networkx", "graphviz", "pygraphviz", "pyopencl",
    "click", "rich", "pandas",
)  # fmt: skip
"""What training needs none of."""

TRAIN = """
import sys
import chainrule as cr
model = cr.Sequential([cr.layers.Dense(2, activation="relu")])
model.fit([[1.0], [2.0]], [[1.0, 0.0], [0.0, 1.0]], loss="mse", verbose=0)
print(*sorted(sys.modules))
"""

LATER = """
import sys
import chainrule as cr
from chainrule.registry import registry
cr.layers.Dense
states = {plugin.state for plugin in registry.plugins.load().values()}
print("chainrule.viz.draw" in sys.modules, states)
print(cr.draw.__name__, cr.plot.history.__name__, registry.has("renderers", "explain"))
print({plugin.state for plugin in registry.plugins})
"""


def run(script: str, site: Path | None = None, **environment: str) -> str:
    """Run a script in a fresh process and return what it prints."""
    paths = {"PYTHONPATH": str(site)} if site else {}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **paths, **environment},
    )
    return done.stdout


def test_each_of_two_hundred_plugins_is_imported_once(tmp_path: Path) -> None:
    for number in range(PLUGINS):
        code = MODULE.format(number=number, count=COMPONENTS)
        (tmp_path / f"pl{number}.py").write_text(code)
        info = tmp_path / f"chainrule_pl{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: chainrule-pl{number}\nVersion: 1.0\n"
            "Requires-Dist: chainrule\nRequires-Dist: numpy>=2\n"
        )
        points = f"[chainrule]\npl{number} = pl{number}\n"
        (info / "entry_points.txt").write_text(points)
    own = len(DEFAULT_PLUGINS) - len(DEFERRED)
    script = FIRST.replace("OWN", str(own))
    assert run(script, tmp_path).split() == [str(PLUGINS), "0", str(PLUGINS)]
    assert run(script, tmp_path, CHAINRULE_PLUGINS="pl7").split() == ["1", "0", "1"]


def test_training_imports_nothing_that_it_does_not_need() -> None:
    imported = run(TRAIN, CHAINRULE_PLUGINS="", CHAINRULE_BACKEND="numpy").split()
    assert "chainrule.plugins.layers" in imported
    needless = [
        name
        for name in imported
        if any(name == each or name.startswith(f"{each}.") for each in NEEDLESS)
    ]
    assert needless == []


def test_what_is_deferred_is_there_when_it_is_asked_for() -> None:
    before, asked, every = run(LATER, CHAINRULE_PLUGINS="").splitlines()
    assert before.startswith("False")
    assert "deferred" in before
    assert asked == "draw history True"
    assert "deferred" not in every


def test_a_module_in_a_plugin_is_not_taken_for_a_hook(tmp_path: Path) -> None:
    code = (
        "import sys, chainrule as cr\n"
        "from chainrule.registry import registry\n"
        "registry.has('activations', 'tanh')\n"
        "from chainrule.registry.plugin import is_plugin\n"
        "calls = []\n"
        "registry.has = lambda *names: calls.append(names)\n"
        "module = type(sys)('plain')\n"
        "module.cr = cr\n"
        "print(is_plugin(module), calls)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False []\n"
