"""Plugins are loaded on first use, one at a time; a broken one breaks nothing else."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import types
from collections.abc import Callable
from pathlib import Path

import pytest

import chainrule as cr
from chainrule import hookimpl
from chainrule.errors import PluginError, UnknownNameError
from chainrule.registry import Registry
from chainrule.registry import registry as everything
from chainrule.registry.loading import DEFAULT_PLUGINS
from chainrule.registry.plugin import Plugin, is_plugin

Install = Callable[..., str]

GOOD = '''
import chainrule as cr

class Cube(cr.Activation):
    """y = x³."""
    def apply(self, x):
        return x * x * x

@cr.hookimpl
def register_activations():
    return [Cube]
'''

BROKEN = {
    "import": ("import no_such_module_at_all", "ModuleNotFoundError: No module named"),
    "syntax": ("def f(:", "SyntaxError"),
    "exit": ("raise SystemExit(3)", "SystemExit: 3"),
    "misspelt": (
        GOOD.replace("register_activations", "register_activation"),
        "register_activation is not a hook. Did you mean 'register_activations'?",
    ),
    "unmarked": (
        GOOD.replace("@cr.hookimpl\n", ""),
        "register_activations lacks its @hookimpl",
    ),
    "empty": ("x = 1", "implements no hook: write @chainrule.hookimpl"),
    "arguments": (
        GOOD.replace("register_activations()", "register_activations(model)"),
        "hooks take no arguments",
    ),
    "foreign class": (
        GOOD.replace("return [Cube]", "return [dict]"),
        "register_activations: <class 'dict'> is not a subclass of Activation",
    ),
    "instance": (GOOD.replace("[Cube]", "[Cube()]"), "is not a subclass of Activation"),
    "abstract": (
        GOOD.replace("def apply", "def aply"),
        "register_activations: Cube is abstract, define apply",
    ),
    "no list": (GOOD.replace("[Cube]", "Cube"), "must return a list, got <class"),
    "none": (GOOD.replace("return [Cube]", "pass"), "must return a list, got None"),
    "hook fails": (
        GOOD.replace("return [Cube]", "return [1 / 0]"),
        "ZeroDivisionError: division by zero",
    ),
    "wrapper": (
        GOOD.replace("hookimpl", "hookimpl(wrapper=True)").replace("return", "yield"),
        "register_activations is a hook wrapper",
    ),
    "no exception": ("raise BaseException('no')", "BaseException: no"),
    "generator exit": ("raise GeneratorExit", "GeneratorExit: "),
    "unprintable": (
        "class E(Exception):\n    def __str__(self): raise self\nraise E",
        "E: ?",
    ),
    "api": (f"CHAINRULE_API = 99\n{GOOD}", "written for version 99 of the hooks"),
    "newline in a name": (
        GOOD.replace("def apply", "type_name = 'a\\nb'\n    def apply"),
        r"a name must begin with a letter and have only letters, digits, '_', '-' and "
        r"'.', got 'a\nb'",
    ),
    "option as a name": (
        GOOD.replace("def apply", "type_name = '-x'\n    def apply"),
        "got '-x'",
    ),
    "surrogate in a name": (
        GOOD.replace("def apply", "type_name = '\\udcff'\n    def apply"),
        r"got '\udcff'",
    ),
    "alias is a text": (
        GOOD.replace("def apply", "aliases = 'cube'\n    def apply"),
        "aliases of Cube must be a tuple of names, got 'cube'",
    ),
    "lambda": (
        GOOD.replace("activations", "datasets").replace("[Cube]", "[lambda: 1]"),
        "got '<lambda>'",
    ),
    "no command": (
        GOOD.replace("activations", "commands").replace("[Cube]", "[len]"),
        "<built-in function len> is not a click command",
    ),
    "one name twice": (
        GOOD.replace("[Cube]", "[Cube, type('Cube', (Cube,), {})]"),
        "Cube and Cube are both named 'cube': write type_name",
    ),
    "no function": (
        GOOD.replace("activations", "datasets").replace("[Cube]", "['digits']"),
        "register_datasets: 'digits' is not a function",
    ),
}


def plugin_of(registry: Registry, name: str) -> Plugin:
    return {plugin.name: plugin for plugin in registry.plugins}[name]


def test_importing_chainrule_loads_no_plugin_and_no_dependency() -> None:
    code = (
        "import sys, chainrule\n"
        "late = ['networkx', 'pluggy', 'pyopencl', 'pygraphviz', 'graphviz', 'click',"
        " 'rich', 'numpy', 'chainrule.registry']\n"
        "print([name for name in late if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_every_built_in_plugin_loads(registry: Registry) -> None:
    built_in = list(registry.plugins)[: len(DEFAULT_PLUGINS)]
    assert [plugin.name for plugin in built_in] == list(DEFAULT_PLUGINS)
    assert [p for p in built_in if p.state != "loaded"] == []


def test_an_entry_point_is_imported_on_the_first_look_up(
    install: Install, registry: Registry
) -> None:
    module = install("chainrule-cube", GOOD, version="2.3")
    assert module not in sys.modules
    entry = registry.find("activations", "cube")
    assert module in sys.modules
    assert (entry.distribution, entry.version) == ("chainrule-cube", "2.3")
    assert (entry.plugin, entry.module) == ("cube", module)
    assert entry.summary == "y = x³."
    assert plugin_of(registry, "cube").state == "loaded"


def test_an_entry_point_may_name_an_object_in_a_module(
    install: Install, registry: Registry
) -> None:
    code = GOOD.replace("@cr.hookimpl\ndef register_activations():\n    return [Cube]",
        "class Plugin:\n"
        "    @cr.hookimpl\n"
        "    def register_activations(self):\n"
        "        return [Cube]\n"
        "plugin = Plugin()",
    )  # fmt: skip
    install("chainrule-cube", code, points="cube = chainrule_cube_module:plugin")
    assert registry.find("activations", "cube").distribution == "chainrule-cube"


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_plugin_is_quarantined_with_the_reason(
    fault: str, install: Install, registry: Registry
) -> None:
    code, reason = BROKEN[fault]
    install("chainrule-bad", code)
    install("chainrule-good", GOOD.replace("Cube", "Fourth"))
    bad = plugin_of(registry, "bad")
    assert bad.state == "broken"
    assert bad.distribution == "chainrule-bad"
    assert reason in bad.reason
    assert registry.find("activations", "fourth").distribution == "chainrule-good"
    assert not registry.has("activations", "cube")
    assert registry.has("activations", "relu")


def test_a_plugin_with_one_bad_hook_registers_nothing(
    install: Install, registry: Registry
) -> None:
    late = "\n@cr.hookimpl\ndef register_losses():\n    return [Cube]\n"
    install("chainrule-half", GOOD + late)
    assert "is not a subclass of Loss" in plugin_of(registry, "half").reason
    assert not registry.has("activations", "cube")


def test_an_unknown_name_mentions_plugins_that_could_not_be_used(
    install: Install, registry: Registry
) -> None:
    install("chainrule-bad", "import no_such_module_at_all")
    with pytest.raises(UnknownNameError, match=r"bad: ModuleNotFoundError"):
        registry.find("activations", "cube")


def test_two_entry_points_of_one_name_are_both_named(
    install: Install, registry: Registry
) -> None:
    install("chainrule-a", GOOD, points="cube = chainrule_a_module")
    install("chainrule-b", GOOD, points="cube = chainrule_b_module")
    first, second = (
        plugin_of(registry, "cube"),
        plugin_of(registry, "cube (chainrule-b)"),
    )
    assert (first.state, first.distribution) == ("loaded", "chainrule-a")
    assert second.state == "broken"
    assert second.reason == "its name is taken by the plugin of chainrule-a"


def test_a_blocked_plugin_is_not_imported(install: Install, registry: Registry) -> None:
    module = install("chainrule-cube", GOOD)
    registry.plugins.block("cube")
    assert plugin_of(registry, "cube").state == "blocked"
    assert module not in sys.modules
    assert not registry.has("activations", "cube")


def test_blocking_comes_too_late_once_plugins_are_loaded(registry: Registry) -> None:
    registry.plugins.load()
    with pytest.raises(PluginError, match="cannot be blocked any more"):
        registry.plugins.block("cube")


def test_blocking_a_plugin_that_is_not_there_is_reported(
    install: Install, registry: Registry
) -> None:
    install("chainrule-cube", GOOD)
    registry.plugins.block("cub")
    assert "Did you mean 'cube'?" in plugin_of(registry, "cub").reason


@pytest.mark.parametrize(
    ("listed", "loaded"),
    [("", []), ("cube", ["cube"]), ("cube, quad", ["cube", "quad"])],
)
def test_chainrule_plugins_chooses_what_is_imported(
    listed: str,
    loaded: list[str],
    install: Install,
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    modules = {
        "cube": install("chainrule-cube", GOOD),
        "quad": install("chainrule-quad", GOOD.replace("Cube", "Quad")),
    }
    monkeypatch.setenv("CHAINRULE_PLUGINS", listed)
    for name, module in modules.items():
        expected = "loaded" if name in loaded else "blocked"
        assert plugin_of(registry, name).state == expected
        assert (module in sys.modules) == (name in loaded)


def test_chainrule_plugins_with_a_name_that_is_not_installed(
    install: Install, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("chainrule-cube", GOOD)
    monkeypatch.setenv("CHAINRULE_PLUGINS", "cubes")
    plugin = plugin_of(registry, "cubes")
    assert plugin.state == "broken"
    assert plugin.reason == "no entry point of this name. Did you mean 'cube'?"


class Plain:
    @hookimpl
    def register_datasets(self) -> list[object]:
        return [one]


def one() -> int:
    return 1


def test_a_plugin_can_be_registered_and_taken_out_by_hand(registry: Registry) -> None:
    registry.plugins.register(Plain(), name="plain", version="0.1")
    assert registry.find("datasets", "one").target is one
    assert plugin_of(registry, "plain").version == "0.1"
    registry.plugins.unregister("plain")
    assert not registry.has("datasets", "one")
    with pytest.raises(PluginError, match="no plugin 'plain'"):
        registry.plugins.unregister("plain")


def test_registering_by_hand_fails_at_once(registry: Registry) -> None:
    registry.plugins.register(Plain(), name="plain")
    with pytest.raises(PluginError, match="'plain' is registered already"):
        registry.plugins.register(Plain(), name="plain")
    with pytest.raises(PluginError, match="implements no hook"):
        registry.plugins.register(types.ModuleType("hollow"))
    assert not any(plugin.name == "hollow" for plugin in registry.plugins)


RENDERER = """
import chainrule as cr

class Erfinvish(cr.Elementwise):
    '''y = x.'''
    def derivatives(self, y, x):
        return (1.0,)

class Powered(cr.Elementwise):
    '''y = xᵏ.'''
    k: int

def mermaid(what):
    return "graph TD"

@cr.hookimpl
def register_ops():
    return [Erfinvish, Powered]

@cr.hookimpl
def register_renderers():
    return [mermaid]
"""


def test_what_a_plugin_registers_is_where_it_is_looked_for(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RENDERER)
    code = (
        "import chainrule as cr, pathlib\n"
        "from chainrule.registry import registry\n"
        f"registry.plugins.add_file(pathlib.Path({str(tmp_path / 'mine.py')!r}))\n"
        "print(cr.mermaid(1), cr.ops.erfinvish(cr.input('x', ())).op.type_name)\n"
        "print(cr.ops.Erfinvish.__name__)\n"
        "from chainrule.ops import Powered\n"
        "try:\n"
        "    cr.ops.powered\n"
        "except cr.ChainRuleError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == [
        "graph TD erfinvish",
        "Erfinvish",
        "powered needs k: write cr.ops.Powered(k=…)(…)",
    ], done.stderr


def test_a_plugin_given_as_an_object_is_replaced_when_it_is_registered_again() -> None:
    try:
        for _ in range(2):
            assert cr.register(Plain()).register_datasets() == [one]
            assert cr.datasets.one() == 1
    finally:
        everything.plugins.unregister("Plain")


def test_what_a_plugin_imports_is_not_asked_for_hooks() -> None:
    asked = []

    class Module(types.ModuleType):
        def __getattr__(self, name: str) -> None:
            asked.append(name)
            raise AttributeError(name)

    @hookimpl
    def register_activations() -> list[type[cr.Activation]]:
        return []

    plugin = types.ModuleType("plugin")
    plugin.cr = Module("chainrule")  # type: ignore[attr-defined]
    plugin.register_activations = register_activations  # type: ignore[attr-defined]
    assert is_plugin(plugin)
    assert asked == []


def test_a_fit_does_without_networkx_and_matplotlib() -> None:
    code = """
        import sys
        import chainrule as cr
        model = cr.Sequential([cr.layers.Dense(1)], input_shape=1)
        model.fit([[1.0]], [[2.0]], loss="mse", verbose=0, backend="numpy")
        print({"networkx", "matplotlib", "numba", "pyopencl"} & {*sys.modules})
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "set()\n"
