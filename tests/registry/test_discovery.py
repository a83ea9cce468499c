"""Discovery is cheap, and imports nothing that was not asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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

MEASURE = """
import importlib, time
from chainrule.registry import Registry
for number in range(PLUGINS):
    importlib.import_module(f"pl{number}")
Registry().plugins.load()
best = float("inf")
for _ in range(3):
    began = time.process_time()
    registry = Registry()
    registry.find("activations", "thing7x3")
    best = min(best, time.process_time() - began)
states = [plugin.state for plugin in registry.plugins if not plugin.built_in]
print(states.count("loaded"), best)
"""


def test_two_hundred_plugins_cost_little_beside_their_imports(tmp_path: Path) -> None:
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
    done = subprocess.run(
        [sys.executable, "-c", MEASURE.replace("PLUGINS", str(PLUGINS))],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    loaded, seconds = done.stdout.split()
    assert int(loaded) == PLUGINS
    assert float(seconds) < 0.5, "seconds of processor time, without imports"


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
