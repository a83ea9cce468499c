"""plugins, devices, doctor, plugin, draw; help, errors and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import chainrule as cr
from chainrule.cli.commands import doctor
from chainrule.cli.group import COMMANDS
from chainrule.errors import BackendError
from chainrule.kinds.backend import Backend
from chainrule.registry import KINDS, registry

Chainrule = Callable[..., Result]


def test_help_names_every_command_and_the_exit_codes(chainrule: Chainrule) -> None:
    printed = chainrule("--help").output
    for name, what in COMMANDS.items():
        assert f"{name} " in printed
        assert what in printed
    assert "130 interrupted" in printed


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_says_what_the_list_says(
    name: str, chainrule: Chainrule
) -> None:
    assert COMMANDS[name] in chainrule(name, "--help").output


def test_help_imports_neither_numpy_nor_rich() -> None:
    code = (
        "import sys\nfrom chainrule.cli import main\n"
        "main(['--help'], standalone_mode=False)\n"
        "print([n for n in ('numpy', 'rich', 'networkx') if n in sys.modules])"
    )
    environment = {**os.environ, "CHAINRULE_PLUGINS": ""}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-m", "chainrule", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"chainrule, version {cr.__version__}\n"


def test_an_unknown_command_is_helped(chainrule: Chainrule) -> None:
    result = chainrule("trian", code=2)
    assert "no command 'trian'. Did you mean 'train'?" in result.stderr


def test_an_error_is_one_message_and_a_traceback_on_request(
    chainrule: Chainrule,
) -> None:
    message = "no kind of component named 'layer'. Did you mean 'layers'?"
    result = chainrule("plugins", "--kind", "layer", code=1)
    assert result.stderr == f"error: {message}\n"
    result = chainrule("--traceback", "plugins", "--kind", "layer", code=1)
    assert str(result.exception) == message


def test_plugins_lists_components_with_where_they_come_from(
    chainrule: Chainrule,
) -> None:
    printed = chainrule("plugins", "--kind", "activations").output
    lines = [line.split() for line in printed.splitlines()]
    version = cr.__version__
    where = ["chainrule", version, "chainrule.plugins.activations.rectified"]
    assert any(line[:5] == ["activations", "relu", *where] for line in lines)
    assert not any(line[:1] == ["layers"] for line in lines)


def test_plugins_as_json_holds_everything(chainrule: Chainrule) -> None:
    listed = json.loads(chainrule("plugins", "--json").output)
    names = {(item["kind"], item["name"]) for item in listed["components"]}
    expected = {(e.kind, e.name) for kind in KINDS for e in registry.entries(kind)}
    assert names == expected
    silu = next(c for c in listed["components"] if c["name"] == "silu")
    assert silu["aliases"] == ["swish"]
    assert silu["distribution"] == "chainrule"
    assert {plugin["state"] for plugin in listed["plugins"]} == {"loaded"}


def test_a_broken_plugin_and_a_command_of_a_plugin(tmp_path: Path) -> None:
    (tmp_path / "broken_one.py").write_text("import no_such_module")
    (tmp_path / "greeting.py").write_text(
        "import click, chainrule as cr\n"
        "@click.command()\n"
        "def greet():\n"
        "    'Say hello.'\n"
        "    click.echo('hello')\n"
        "@cr.hookimpl\n"
        "def register_commands():\n"
        "    return [greet]\n"
    )
    info = tmp_path / "chainrule_extra-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: chainrule-extra\nVersion: 1.0\n"
    )
    points = "[chainrule]\nbroken = broken_one\ngreeting = greeting\n"
    (info / "entry_points.txt").write_text(points)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "chainrule", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        return subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment
        )

    reason = "ModuleNotFoundError: No module named 'no_such_module'"
    listed = run("plugins")
    assert listed.returncode == 0
    assert reason in listed.stdout
    assert run("greet").stdout == "hello\n"
    assert "Say hello." in run("--help").stdout
    checked = run("doctor")
    assert checked.returncode == 1
    assert reason in checked.stdout
    blocked = run("--block", "broken", "plugins", "--json")
    states = {p["name"]: p["state"] for p in json.loads(blocked.stdout)["plugins"]}
    assert (states["broken"], states["greeting"]) == ("blocked", "loaded")
    blocked = run("plugins", "--block", "greeting", "--json")
    states = {p["name"]: p["state"] for p in json.loads(blocked.stdout)["plugins"]}
    assert states["greeting"] == "blocked"


def test_devices_lists_every_backend(
    chainrule: Chainrule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHAINRULE_BACKEND", raising=False)
    listed = json.loads(chainrule("devices", "--json").output)
    backends = {entry.name for entry in registry.entries("backends")}
    assert {device["backend"].split(":")[0] for device in listed} <= backends
    assert any(d["backend"] == "numpy" and not d["problem"] for d in listed)
    assert "numpy" in chainrule("devices").output
    assert [d["backend"] for d in listed if d["default"]] == ["numpy"]
    assert all(isinstance(d["float64"], bool) for d in listed)


def test_devices_marks_what_is_chosen(
    chainrule: Chainrule, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyopencl")
    monkeypatch.setenv("CHAINRULE_BACKEND", "opencl")
    monkeypatch.delenv("PYOPENCL_CTX", raising=False)
    listed = json.loads(chainrule("devices", "--json").output)
    (chosen,) = (d for d in listed if d["default"])
    assert chosen["backend"].startswith("opencl")
    assert chosen["chosen"]
    assert "opencl, default" in chainrule("devices").output
    monkeypatch.setenv("PYOPENCL_CTX", "nonsense")
    listed = json.loads(chainrule("devices", "--json").output)
    assert not any(d["default"] for d in listed)
    assert any("PYOPENCL_CTX" in d["problem"] for d in listed)


def test_doctor_says_that_the_default_backend_is_not_there(
    chainrule: Chainrule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAINRULE_BACKEND", "opncl")
    result = chainrule("doctor", "--json", code=1)
    (found,) = (f for f in json.loads(result.output) if f["state"] == "broken")
    assert found["check"] == "default backend"
    assert found["detail"].startswith("CHAINRULE_BACKEND=opncl: no backend named")
    assert "Did you mean 'opencl'?" in found["detail"]
    result = chainrule("demo", code=1)
    assert result.stderr.startswith("error: CHAINRULE_BACKEND=opncl: no backend")
    result = chainrule("demo", "--backend", "opncl", code=1)
    assert result.stderr.startswith("error: no backend")


def test_the_variable_that_names_no_device_is_named(
    chainrule: Chainrule, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = registry.find("backends", "opencl").target

    def number(self: Backend) -> int:
        raise BackendError(f"no device {self.device!r}")

    monkeypatch.setattr(backend, "number", number)
    monkeypatch.setenv("CHAINRULE_BACKEND", "opencl:77")
    message = "CHAINRULE_BACKEND=opencl:77: no device '77'"
    assert chainrule("demo", code=1).stderr == f"error: {message}\n"
    assert message in chainrule("doctor", code=1).output


def test_doctor_finds_nothing_wrong(chainrule: Chainrule) -> None:
    found = json.loads(chainrule("doctor", "--json").output)
    states = {finding["check"]: finding["state"] for finding in found}
    assert "broken" not in states.values()
    assert states["derivatives"] == states["diagrams"] == states["numpy"] == "ok"
    assert states["backend numpy"] == "ok"
    assert "diagrams" in chainrule("doctor").output


def test_a_backend_without_a_device_breaks_nothing(
    chainrule: Chainrule, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = registry.find("backends", "opencl").target
    missing = [(False, "there is no driver: install one")]
    monkeypatch.setattr(backend, "diagnose", lambda self: missing)
    assert "there is no driver: install one" in chainrule("doctor").output


def test_doctor_says_what_is_wrong(
    chainrule: Chainrule, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> str:
        raise OSError("no fonts")

    monkeypatch.setattr(doctor, "_render", fails)
    printed = chainrule("doctor", code=1).output
    assert "OSError: no fonts" in printed


def test_a_new_plugin_replaces_nothing(chainrule: Chainrule) -> None:
    chainrule("plugin", "new", "snake")
    result = chainrule("plugin", "new", "snake", code=1)
    assert "chainrule-snake already exists" in result.stderr
    result = chainrule("plugin", "new", "3d", code=2)
    assert "is not a valid module name" in result.stderr


def test_plugin_check_checks_everything_registered(chainrule: Chainrule) -> None:
    name = "chainrule.plugins.activations"
    listed = json.loads(chainrule("plugin", "check", name, "--json").output)
    assert {item["name"] for item in listed} == set(cr.activations)
    assert {item["state"] for item in listed} == {"ok"}


def test_plugin_check_finds_what_is_wrong(chainrule: Chainrule) -> None:
    class Slanted(cr.ops.Sin):
        def derivatives(self, y: cr.Node, x: cr.Node) -> tuple[cr.Node]:
            return (cr.ops.sin(x),)

        def expand(self, x: cr.Node) -> cr.Node:
            return cr.ops.sin(x)

    class Wrong(cr.Activation):
        """y = sin x, with another derivative."""

        def apply(self, x: cr.Node) -> cr.Node:
            return Slanted()(x)

    class Silent(cr.Activation):
        def apply(self, x: cr.Node) -> cr.Node:
            return x

    class Plugin:
        @cr.hookimpl
        def register_activations(self) -> list[type[cr.Activation]]:
            return [Wrong, Silent]

    registry.plugins.register(Plugin(), name="wrong")
    try:
        printed = chainrule("plugin", "check", "wrong", code=1).output
    finally:
        registry.plugins.unregister("wrong")
    assert "derivative along a line is" in printed
    assert "Silent(): it has no docstring" in printed


def test_plugin_check_of_a_plugin_that_is_not_there(chainrule: Chainrule) -> None:
    result = chainrule("plugin", "check", "nope", code=1)
    assert "no plugin 'nope'" in result.stderr


def test_draw_a_configuration_a_model_and_an_object(
    chainrule: Chainrule, tmp_path: Path
) -> None:
    (tmp_path / "net.toml").write_text(
        '[data]\ndataset = "xor"\n[[layers]]\ntype = "dense"\nunits = 2\n'
        '[training]\nloss = "sparse_softmax_cross_entropy"\n'
    )
    out = chainrule("draw", "net.toml", "--direction", "backward").output
    assert out == "wrote graph.svg\n"
    assert "∂" in (tmp_path / "graph.svg").read_text()
    cr.Sequential([cr.layers.Dense(2)], input_shape=5).save("model.safetensors")
    assert chainrule("draw", "model.safetensors", "--out", "-").output.startswith(
        "digraph"
    )
    (tmp_path / "drawn_module.py").write_text(
        "import chainrule as cr\nx = cr.input('x')\ny = x * x\n"
    )
    chainrule("draw", "drawn_module:y", "--out", "y.png")
    assert (tmp_path / "y.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("none.safetensors", "there is no file none.safetensors"),
        ("none.toml", "there is no file none.toml"),
        ("no_such_module:x", "cannot import 'no_such_module'"),
        ("chainrule:dra", "has no attribute 'dra'. Did you mean 'draw'?"),
        ("chainrule:draw", "draw takes a node"),
    ],
)
def test_what_cannot_be_drawn(what: str, message: str, chainrule: Chainrule) -> None:
    code = 2 if what.endswith(".toml") else 1
    assert message in chainrule("draw", what, code=code).stderr


def test_a_picture_that_cannot_be_written(chainrule: Chainrule) -> None:
    cr.Sequential([cr.layers.Dense(2)], input_shape=5).save("model.safetensors")
    result = chainrule("draw", "model.safetensors", "--out", "a.gif", code=1)
    assert result.stderr.startswith("error: no format 'gif'")


def test_doctor_lists_few_short_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    titles = [f"{name} on a chip" for name in ("numpy", "opencl:0", "opencl:1")]
    times = {title: 1e-5 * n for n, title in enumerate(titles, start=1)}
    known = {f"{n} rows": times for n in range(20)}
    last = {"more rows": times | {titles[1]: 1e-6}, "none": {}}
    monkeypatch.setattr(doctor, "known_times", lambda: known | last)
    found = [f.detail for f in doctor.findings() if f.check == "backend auto"]
    assert found == [
        "how often each was chosen: numpy 20, opencl:0 1",
        "18 rows:", "  numpy 10.0 µs, opencl:0 20.0 µs, opencl:1 30.0 µs",
        "19 rows:", "  numpy 10.0 µs, opencl:0 20.0 µs, opencl:1 30.0 µs",
        "more rows:", "  opencl:0 1.0 µs, numpy 10.0 µs, opencl:1 30.0 µs",
    ]  # fmt: skip
