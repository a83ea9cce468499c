"""The first look-up loads everything, for all threads and after any interruption."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Install = Callable[..., str]


def run(script: str, site: Path | None = None) -> str:
    """Run a script in a fresh process and return what it prints."""
    paths = [str(site)] if site else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    environment.pop("CHAINRULE_PLUGINS", None)
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", script],
        capture_output=True, text=True, timeout=60, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


AT_ONCE = """
import sys, threading
sys.setswitchinterval(1e-6)
import chainrule as cr

def field():
    from chainrule.plugins.layers.dense import Dense
    return Dense(3, activation="relu").activation.type_name

QUESTIONS = [
    lambda: cr.layers.Dense.__name__,
    lambda: cr.activations.tanh.type_name,
    lambda: cr.Layer.__name__,
    lambda: cr.draw.__name__,
    lambda: str(len(cr.losses) > 5),
    lambda: cr.ops.relu.type_name,
    lambda: str(cr.evaluate([cr.input("x") + 1], {"x": 2.0})[0]),
    field,
]
barrier = threading.Barrier(2 * len(QUESTIONS))
answers = []

def ask(question):
    barrier.wait()
    try:
        answers.append(question())
    except BaseException as error:
        answers.append(f"{type(error).__name__}: {error}")

threads = [threading.Thread(target=ask, args=[q], daemon=True) for q in QUESTIONS * 2]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(30)
print(*sorted(answers), sep="|")
"""


@pytest.mark.parametrize("attempt", range(3))
def test_threads_that_ask_at_the_same_time_are_all_answered(attempt: int) -> None:
    words = ["3.0", "Dense", "Layer", "True", "draw", "relu", "relu", "tanh"]
    assert run(AT_ONCE) == "|".join(sorted(words * 2))


USES_NAMES = '''
import chainrule as cr

hidden = cr.layers.Dense(3, activation="relu")

class Cube(cr.Activation):
    """y = x³."""
    inner = type(hidden.activation).type_name
    def apply(self, x):
        return x * x * x

@cr.hookimpl
def register_activations():
    assert type(cr.activations.tanh).type_name == "tanh"
    return [Cube]
'''

BUILDS_ON_IT = (
    USES_NAMES.replace("cr.Activation", "chainrule_cube_module.Cube")
    .replace("import chainrule as cr", "import chainrule_cube_module, chainrule as cr")
    .replace("class Cube", "class Power")
    .replace("[Cube]", "[Power]")
)

REPORT = """
from chainrule.registry import registry
print([(p.name, p.state, p.reason) for p in registry.plugins if "." not in p.name])
print(cr.activations.Cube.inner, cr.activations.Power.inner)
"""
LOADED = "[('cube', 'loaded', ''), ('power', 'loaded', '')]\nrelu relu"


@pytest.mark.parametrize("first", ["cr.layers.Dense", "import chainrule_cube_module"])
def test_a_plugin_may_look_names_up_while_it_is_imported(
    first: str, install: Install, tmp_path: Path
) -> None:
    install("chainrule-cube", USES_NAMES)
    install("chainrule-power", BUILDS_ON_IT)
    script = f"import chainrule as cr\n{first}\n{REPORT}"
    assert run(script, tmp_path / "site") == LOADED


IN_TWO_THREADS = """
import threading
import chainrule as cr

def import_it():
    import chainrule_cube_module

def look_up():
    chainrule_pause.importing.wait()
    cr.layers.Dense

import chainrule_pause
threads = [threading.Thread(target=f, daemon=True) for f in (import_it, look_up)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(20)
print(*(thread.is_alive() for thread in threads))
"""


def test_a_module_that_is_imported_may_look_up_while_another_thread_loads(
    install: Install, tmp_path: Path
) -> None:
    pause = "import chainrule_pause\nchainrule_pause.importing.set()\n"
    pause += "import time\ntime.sleep(1)  # until the other thread waits for this\n"
    install("chainrule-cube", pause + USES_NAMES)
    install("chainrule-power", BUILDS_ON_IT)
    site = tmp_path / "site"
    (site / "chainrule_pause.py").write_text(
        "import threading\nimporting = threading.Event()\n"
    )
    assert run(IN_TWO_THREADS + REPORT, site) == f"False False\n{LOADED}"


INTERRUPTED = """
import sys
from importlib.abc import MetaPathFinder
from chainrule.registry import KINDS, Registry
from chainrule.registry.loading import DEFAULT_PLUGINS

class Interrupt(MetaPathFinder):
    name = ""
    def find_spec(self, name, path, target=None):
        if name == self.name:
            self.name = ""
            raise KeyboardInterrupt

def listed(registry):
    return {(kind, entry.name) for kind in KINDS for entry in registry.entries(kind)}

everything = listed(Registry())
interrupt = Interrupt()
sys.meta_path.insert(0, interrupt)
for package in DEFAULT_PLUGINS:
    inside = [name for name in sys.modules if name.startswith(package)]
    for name in inside[:3]:
        for module in inside:
            sys.modules.pop(module, None)
        interrupt.name = name
        registry = Registry()
        try:
            list(registry.plugins)  # the deferred ones, too
        except KeyboardInterrupt:
            assert listed(registry) == everything, name
            assert {p.state for p in registry.plugins} == {"loaded"}, name
        else:
            raise AssertionError(name)
print("done")
"""


def test_a_keyboard_interrupt_during_any_import_leaves_nothing_half_loaded() -> None:
    assert run(INTERRUPTED) == "done"
