"""`backend="auto"`: the fastest device, timed once, and nothing else is different."""

from __future__ import annotations

import json
import time
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import chainrule as cr
from chainrule.backends.numpy import NumpyBackend
from chainrule.cli import main
from chainrule.errors import BackendError, ExecutionError
from chainrule.execution import open_backend
from chainrule.execution.opening import is_auto
from chainrule.kinds.backend import Executable
from chainrule.kinds.callback import Run
from chainrule.training import choosing
from chainrule.training.choosing import Candidate

random = np.random.default_rng(0)
X = random.normal(size=(70, 4)).astype(np.float32)
Y = random.normal(size=(70, 1)).astype(np.float32)


class Waiting(NumpyBackend):
    """NumPy, but every step takes some seconds more."""

    def __init__(self, seconds: float) -> None:
        super().__init__("")
        self.seconds = seconds
        self.compiled = 0

    def compile(self, program: Any) -> Executable:
        self.compiled += 1
        made = super().compile(program)
        run = made.run

        def slowly(**numbers: Any) -> None:
            time.sleep(self.seconds)
            run(**numbers)

        made.run = slowly  # type: ignore[method-assign]
        return made


class Broken(NumpyBackend):
    """A backend that cannot compile."""

    error: type[BaseException] = BackendError

    def compile(self, program: Any) -> Executable:
        raise self.error("broken")


class Seen(cr.Callback):
    """Notes what was chosen."""

    def begin(self, run: Run) -> None:
        self.backend = run.backend
        self.step = run.step


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "cache" / "backends.json"
    monkeypatch.setattr(choosing, "_file", lambda: path)
    return path


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch, file: Path) -> Any:
    """Return a function that says which backends there are."""

    def offer(**backends: Any) -> None:
        found = [Candidate(n, f"{n} on a chip", b) for n, b in backends.items()]
        monkeypatch.setattr(choosing, "candidates", lambda: found)

    return offer


def fit(backend: Any = "auto", **options: Any) -> tuple[cr.Model, Seen]:
    model = cr.Sequential(
        [cr.layers.Dense(3), cr.layers.Dropout(0.2), cr.layers.Dense(1)]
    )
    seen = Seen()
    model.fit(X, Y, loss="mse", optimizer="adam", epochs=2, batch_size=16,
              backend=backend, callbacks=[seen], verbose=0, **options)  # fmt: skip
    return model, seen


def same(model: cr.Model, other: cr.Model) -> None:
    pairs = zip(model.session.changing, other.session.changing, strict=True)
    for got, expected in pairs:
        np.testing.assert_array_equal(got.value, expected.value, str(got))


@pytest.mark.parametrize(("here", "there"), [(0.0, 0.003), (0.003, 0.0)])
def test_the_fastest_backend_trains_as_if_it_had_been_named(
    here: float, there: float, offered: Any, file: Path
) -> None:
    offered(numpy=Waiting(here), chip=Waiting(there))
    model, seen = fit()
    assert seen.backend == ("numpy" if here < there else "chip")
    assert seen.step == 0
    named, unseen = fit("numpy")
    assert not unseen.backend
    same(model, named)
    ((kind, times),) = json.loads(file.read_text()).items()
    assert kind.startswith("4 steps an epoch, 16 rows of 4 numbers, ")
    assert times["numpy on a chip"] < times["chip on a chip"] or here > there


def test_steps_of_a_class_are_timed_once(offered: Any) -> None:
    slow, fast = Waiting(0.003), Waiting(0.0)
    offered(numpy=slow, chip=fast)
    fit()
    slow.compiled = fast.compiled = 0
    _, seen = fit()
    assert seen.backend == "chip"
    assert slow.compiled == 0
    fit(metrics=["mae"], dtype="float64")  # another class
    assert slow.compiled
    slow.compiled = 0
    offered(numpy=slow, chip=fast, other=Waiting(0.001))  # another machine
    fit()
    assert slow.compiled


def test_a_backend_that_fails_is_not_chosen_nor_remembered(
    offered: Any, file: Path
) -> None:
    offered(numpy=Waiting(0.003), chip=Broken(""))
    model, seen = fit()
    assert seen.backend == "numpy"
    assert not file.exists()
    same(model, fit("numpy")[0])


def test_where_there_is_only_numpy_nothing_is_timed(offered: Any, file: Path) -> None:
    only = Waiting(0.0)
    offered(numpy=only)
    assert fit()[1].backend == "numpy"
    assert not file.exists()


def test_ctrl_c_while_backends_are_timed(offered: Any) -> None:
    chip = Broken("")
    chip.error = KeyboardInterrupt
    offered(numpy=Waiting(0.0), chip=chip)
    model = cr.Sequential([cr.layers.Dense(1)])
    model.fit(X, Y, loss="mse", verbose=0, epochs=1)
    before = model.get_weights()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y, loss="mse", verbose=0, backend="auto")
    for path, value in model.get_weights().items():
        np.testing.assert_array_equal(value, before[path])


def test_faults_in_the_data_are_those_of_the_training_run(offered: Any) -> None:
    offered(numpy=Waiting(0.0), chip=Waiting(0.0))
    x, at = cr.input("x", (None, 4)), cr.input("at", (None,), "int")
    picked = cr.ops.expand_dims(cr.ops.pick(cr.layers.Dense(3)(x), at), 1)
    model = cr.Model([x, at], picked)
    with pytest.raises(ExecutionError, match=r"epoch 1: .*indices must lie in 0 … 2"):
        model.fit([X, np.full(70, 3)], Y, loss="mse", verbose=0, backend="auto")


@pytest.mark.parametrize("text", ["", "[1, 2]", "{", '{"a": 1, "b": {"c": "d"}}'])
def test_a_damaged_file_is_measured_again(text: str, offered: Any, file: Path) -> None:
    offered(numpy=Waiting(0.0), chip=Waiting(0.003))
    file.parent.mkdir()
    file.write_text(text)
    assert choosing.known_times() == {}
    assert fit()[1].backend == "numpy"
    assert len(choosing.known_times()) == 1
    assert len(json.loads(file.read_text())) == 1


def test_the_devices_of_this_machine(file: Path) -> None:
    found = choosing.candidates()
    assert found[0].name == "numpy"
    assert found[0].backend is open_backend("numpy")
    assert len({one.title for one in found}) == len(found)
    release = version("chainrule")  # another one is timed anew
    assert all(one.title.endswith(f", chainrule {release}") for one in found)
    model, seen = fit()
    assert seen.backend in [one.name for one in found]
    same(model, fit(seen.backend)[0])


def test_auto_is_numpy_where_nothing_is_trained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert open_backend("auto") is open_backend("numpy")
    monkeypatch.setenv("CHAINRULE_BACKEND", "auto")
    assert open_backend() is open_backend("numpy")
    assert is_auto(None)
    assert is_auto("auto")
    assert not is_auto("numpy")
    with pytest.raises(BackendError, match=r"write 'auto', got 'auto:1'"):
        open_backend("auto:1")


def test_what_was_trained_is_measured_where_it_was_trained(offered: Any) -> None:
    slow, fast = Waiting(0.003), Waiting(0.0)
    offered(numpy=slow, chip=fast)
    model, _ = fit()
    used = fast.compiled
    measured = model.evaluate(X, Y, backend="auto")
    model.predict(X, backend="auto")
    assert fast.compiled == used + 2
    assert measured == model.evaluate(X, Y, backend="numpy")


def test_times_of_more_and_of_fewer_steps_are_not_mixed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, taken = 0.0, iter([9.0, 0.03, 0.02, 0.04])  # the first run compiles

    def epoch(order: Any) -> None:
        nonlocal now
        now += next(taken)

    monkeypatch.setattr(choosing.time, "perf_counter", lambda: now)
    loop: Any = SimpleNamespace(feeds=[(None, X)], size=1, epoch=epoch)
    assert choosing._timed(loop) == pytest.approx(0.02)  # 0.04 s for two steps


def test_the_environment_asks_for_it(
    offered: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered(numpy=Waiting(0.003), chip=Waiting(0.0))
    monkeypatch.setenv("CHAINRULE_BACKEND", "auto")
    assert fit(None)[1].backend == "chip"
    assert fit("numpy")[1].backend == ""


CONFIG = """
[data]
dataset = "digits"
[[layers]]
type = "Dense"
units = 10
[training]
loss = "sparse_softmax_cross_entropy"
epochs = 1
backend = "auto"
"""


def test_progress_and_doctor_say_what_was_chosen(
    offered: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered(numpy=Waiting(0.001), chip=Waiting(0.0))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.toml").write_text(CONFIG)
    result = CliRunner().invoke(main, ["train", "run.toml"])
    assert result.exit_code == 0, result.output
    assert "  on chip" in result.output
    result = CliRunner().invoke(main, ["doctor", "--json"])
    (found,) = [f for f in json.loads(result.stdout) if f["check"] == "backend auto"]
    assert "rows of 64 numbers" in found["detail"]
    assert ": numpy " in found["detail"]
    assert ", chip " in found["detail"]
