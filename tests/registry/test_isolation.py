"""What a plugin does while it is imported stops neither the program nor the listing."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from chainrule.errors import PluginError, PluginWarning
from chainrule.registry import Registry, strictness

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


def needing(tmp_path: Path, *requirements: str) -> None:
    info = tmp_path / "site" / "chainrule_cube-1.0.dist-info" / "METADATA"
    lines = "".join(f"Requires-Dist: {each}\n" for each in requirements)
    info.write_text(info.read_text() + lines)


@pytest.mark.parametrize(
    ("requirement", "reason"),
    [
        ("chainrule>=99", "it needs chainrule>=99, and "),
        ("no-such-thing>=2", "no-such-thing, which is not installed: pip install "),
    ],
)
def test_requirements_that_are_not_met_keep_it_from_being_imported(
    requirement: str,
    reason: str,
    install: Install,
    registry: Registry,
    tmp_path: Path,
) -> None:
    module = install("chainrule-cube", GOOD)
    needing(tmp_path, "chainrule", requirement)
    plugin = registry.plugins.load()["cube"]
    assert plugin.state == "broken"
    assert reason in plugin.reason
    assert module not in sys.modules


def test_other_requirements_are_remarked_on(
    install: Install, registry: Registry, tmp_path: Path
) -> None:
    install("chainrule-cube", GOOD)
    needing(tmp_path, "numpy<1", "nothing; extra == 'test'", "pluggy>=1", "?!")
    assert registry.plugins.load()["cube"].state == "loaded"
    said = " ".join(registry.remarks)
    assert "cube: it needs numpy<1, and " in said
    assert "'?!' cannot be read" in said
    assert "pluggy" not in said
    assert "nothing" not in said


def test_what_is_printed_at_import_goes_to_stderr(
    install: Install, registry: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    loud = GOOD.replace("return [", "print('in the hook')\n    return [")
    install("chainrule-cube", f"print('hello')\n{loud}")
    before = sys.stdout
    assert registry.plugins.load()["cube"].reason == ""
    assert sys.stdout is before
    assert tuple(capsys.readouterr()) == ("", "hello\nin the hook\n")


def test_a_traceback_is_kept(install: Install, registry: Registry) -> None:
    module = install("chainrule-bad", "def f():\n    1 / 0\nf()")
    plugin = registry.plugins.load()["bad"]
    assert f"{module}.py" in plugin.traceback
    assert "ZeroDivisionError" in plugin.traceback


def test_ctrl_c_during_an_import_says_whose(
    install: Install, registry: Registry
) -> None:
    install("chainrule-bad", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt) as caught:
        registry.plugins.load()
    assert caught.value.__notes__ == ["while plugin 'bad' was imported"]


@pytest.mark.parametrize("name", ["-x", "<lambda>", "über:x"])
def test_an_entry_point_without_a_usable_name(
    name: str, install: Install, registry: Registry
) -> None:
    install("chainrule-cube", GOOD, points=f"{name} = chainrule_cube_module")
    (plugin,) = [p for p in registry.plugins if not p.built_in]
    assert plugin.state == "broken"
    assert "entry point: a name must begin with a letter" in plugin.reason


def test_a_slow_import_is_named(
    install: Install, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strictness, "SLOW", 0.01)
    install("chainrule-cube", f"import time\ntime.sleep(0.02)\n{GOOD}")
    said = r"plugin cube \(chainrule-cube\) took \d\.\d s to import"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", said, PluginWarning)
        with pytest.raises(PluginWarning, match=said):
            registry.plugins.load()


def test_loading_is_traced_on_request(
    install: Install,
    registry: Registry,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHAINRULE_TRACE_PLUGINS", "1")
    install("chainrule-cube", GOOD)
    install("chainrule-sick", "import no_such_module")
    registry.plugins.load()
    out, err = capsys.readouterr()
    assert out == ""
    assert "plugin cube (chainrule-cube 1.0): loaded in 0." in err
    assert "plugin sick (chainrule-sick 1.0): broken in 0." in err
    assert "Traceback (most recent call last):" in err


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("1 / 0", "sick: ZeroDivisionError: division by zero"),
        (GOOD.replace("Cube", "Tanh"), "activation 'tanh' of chainrule-sick is not"),
    ],
)
def test_strictness_makes_them_errors(
    code: str,
    said: str,
    install: Install,
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install("chainrule-sick", code)
    assert registry.has("activations", "tanh")
    monkeypatch.setenv("CHAINRULE_STRICT_PLUGINS", "1")
    with pytest.raises(PluginError, match="CHAINRULE_STRICT_PLUGINS is set") as caught:
        Registry().has("activations", "tanh")
    assert said in str(caught.value)


def test_a_file_is_a_plugin_too(tmp_path: Path, registry: Registry) -> None:
    file = tmp_path / "mine.py"
    file.write_text(GOOD)
    registry.plugins.add_file(file)
    entry = registry.find("activations", "cube")
    assert (entry.plugin, entry.distribution) == ("mine", "mine.py")
    with pytest.raises(PluginError, match="comes too late"):
        registry.plugins.add_file(file)


@pytest.mark.parametrize(
    ("code", "reason"),
    [(None, "there is no file"), ("1 / 0", "ZeroDivisionError")],
)
def test_a_file_that_cannot_be_used_is_an_error(
    code: str | None, reason: str, tmp_path: Path, registry: Registry
) -> None:
    file = tmp_path / "mine.py"
    if code is not None:
        file.write_text(code)
    registry.plugins.add_file(file)
    with pytest.raises(PluginError, match=f"mine.py: .*{reason}"):
        registry.has("activations", "relu")
