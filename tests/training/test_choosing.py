"""`backend="auto"`: the fastest device, timed once, and nothing else is different."""

from __future__ import annotations

import copy
import json
import pickle
import re
import time
from concurrent.futures import ThreadPoolExecutor
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
from chainrule.errors import BackendError, BackendWarning, ExecutionError
from chainrule.execution import fastest, open_backend
from chainrule.execution.fastest import Candidate
from chainrule.execution.opening import is_auto
from chainrule.kinds.backend import Executable
from chainrule.kinds.callback import Run
from chainrule.registry import registry
from chainrule.training import choosing

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

    compiled = 0

    def compile(self, program: Any) -> Executable:
        self.compiled += 1
        raise self.error("broken")


class Seen(cr.Callback):
    """Notes what was chosen."""

    def begin(self, run: Run) -> None:
        self.backend = run.backend
        self.step = run.step


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "cache" / "backends.json"
    monkeypatch.setattr(fastest, "_file", lambda: path)
    monkeypatch.setattr(fastest, "_timed_here", {})
    return path


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch, file: Path) -> Any:
    """Return a function that says which backends there are."""

    def offer(**backends: Any) -> None:
        found = [Candidate(n, f"{n} on a chip", b) for n, b in backends.items()]
        monkeypatch.setattr(fastest, "candidates", lambda: found)

    return offer


def fit(backend: Any = "auto", **options: Any) -> tuple[cr.Model, Seen]:
    model = cr.Sequential(
        [cr.layers.Dense(3), cr.layers.Dropout(0.2), cr.layers.Dense(1)]
    )
    seen = Seen()
    train(model, callbacks=[seen], backend=backend, **options)
    return model, seen


def train(model: cr.Model, backend: Any = "auto", **options: Any) -> None:
    model.fit(X, Y, loss="mse", optimizer="adam", epochs=2, batch_size=16,
              backend=backend, verbose=0, **options)  # fmt: skip


def same(model: cr.Model, other: cr.Model) -> None:
    pairs = zip(model.session.changing, other.session.changing, strict=True)
    for got, expected in pairs:
        np.testing.assert_array_equal(got.value, expected.value, str(got))


@pytest.mark.parametrize(("here", "there"), [(0.0, 0.01), (0.01, 0.0)])
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
    assert kind.startswith("16 rows of 4, 16 parameters, ")
    assert kind.endswith(" nodes, 4 steps an epoch")
    assert times["numpy on a chip"] < times["chip on a chip"] or here > there


def test_steps_of_a_class_are_timed_once(offered: Any) -> None:
    slow, fast = Waiting(0.01), Waiting(0.0)
    offered(numpy=slow, chip=fast)
    fit()
    slow.compiled = fast.compiled = 0
    _, seen = fit()
    assert seen.backend == "chip"
    assert slow.compiled == 0
    fit(metrics=["mae"], dtype="float64")  # another class
    assert slow.compiled
    slow.compiled = 0
    offered(numpy=slow, chip=fast, other=Waiting(0.005))  # another machine
    fit()
    assert slow.compiled


@pytest.mark.parametrize("error", [BackendError, MemoryError, RuntimeError])
def test_a_device_that_cannot_is_left_out_with_the_reason(
    error: type[Exception], offered: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numpy, chip = Waiting(0.01), Broken("")
    chip.error = error
    offered(numpy=numpy, chip=chip)
    with pytest.warns(BackendWarning, match="leaves out chip on a chip: broken$"):
        model, seen = fit()
    assert seen.backend == "numpy"
    same(model, fit("numpy")[0])
    chip.compiled = 0
    train(model)  # says nothing again, nor tries
    assert chip.compiled == 0
    ((times),) = json.loads(file.read_text()).values()
    assert times.keys() == {"numpy on a chip"}
    offered(numpy=numpy, chip=Waiting(0.0))  # other models are tried
    assert fit()[1].backend == "chip"


def test_a_device_that_cannot_do_the_steps_of_this_model(offered: Any) -> None:
    slow, fast, broken = Waiting(0.01), Waiting(0.0), Broken("")
    offered(numpy=slow, chip=fast)
    assert fit()[1].backend == "chip"
    offered(numpy=slow, chip=broken)  # as for an op of a plugin that has no kernel
    slow.compiled = 0
    with pytest.warns(BackendWarning, match="leaves out chip on a chip: broken$"):
        model, seen = fit()
    assert seen.backend == "numpy"
    assert slow.compiled == 2  # for both sizes of batches: nothing is timed
    same(model, fit("numpy")[0])


def test_no_memory_says_so(offered: Any) -> None:
    class Small(Waiting):
        def push(self, parameters: Any) -> None:
            raise MemoryError

    offered(numpy=Small(0.0), chip=Waiting(0.01))
    with pytest.warns(BackendWarning, match="leaves out numpy on a chip: out of memo"):
        assert fit()[1].backend == "chip"


def test_where_all_fail_it_is_numpy_and_nothing_is_remembered(
    offered: Any, file: Path
) -> None:
    offered(numpy=Broken(""), chip=Broken(""))
    model, seen = fit()  # on the real NumPy, which would say what is wrong
    assert seen.backend == "numpy"
    assert not file.exists()
    assert not model.session.cannot
    offered(numpy=Waiting(0.01), chip=Waiting(0.0))
    train(model, callbacks=[seen])
    assert seen.backend == "chip"


def test_a_driver_that_is_broken_is_no_candidate(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def devices(self: Any) -> Any:
        raise OSError("libcl.so: invalid ELF header")

    opencl = registry.find("backends", "opencl").target
    monkeypatch.setattr(opencl, "devices", devices)
    assert [one.name for one in fastest.candidates()] == ["numpy"]


def test_where_nothing_can_be_written_a_process_times_once(
    offered: Any, file: Path
) -> None:
    file.parent.write_text("a file where the folder should be")
    slow, fast = Waiting(0.01), Waiting(0.0)
    offered(numpy=slow, chip=fast)
    model, _ = fit()
    slow.compiled = 0
    assert fit()[1].backend == "chip"
    assert slow.compiled == 0
    assert copy.copy(model).session.open("auto") is fast


def test_only_the_programs_of_the_chosen_backend_stay(offered: Any) -> None:
    slow, fast = Waiting(0.01), Waiting(0.0)
    offered(numpy=slow, chip=fast)
    model, _ = fit()
    programs = model.session._programs
    assert programs._values
    assert all(fast in key for key in programs._values)  # type: ignore[operator]
    assert programs.nbytes == sum(size for _, size in programs._values.values())


def test_threads_time_one_after_the_other(offered: Any, file: Path) -> None:
    slow, fast = Waiting(0.01), Waiting(0.0)
    offered(numpy=slow, chip=fast)
    with ThreadPoolExecutor(4) as pool:
        fits = [pool.submit(fit) for _ in range(4)]
    assert {one.result()[1].backend for one in fits} == {"chip"}
    assert slow.compiled == 1


@pytest.mark.parametrize("how", ["copied", "pickled", "loaded"])
def test_a_model_goes_on_where_it_was_trained(
    how: str, offered: Any, tmp_path: Path
) -> None:
    fast = Waiting(0.0)
    offered(numpy=Waiting(0.01), chip=fast)
    model, _ = fit()
    if how == "copied":
        other = copy.copy(model)
    elif how == "pickled":
        other = pickle.loads(pickle.dumps(model))
    else:
        model.save(tmp_path / "m.safetensors")
        other = cr.load(tmp_path / "m.safetensors")
    assert other.session.open("auto") is fast
    assert copy.copy(other).session.open("auto") is fast
    offered(numpy=Waiting(0.01))  # on a machine without a chip
    assert copy.copy(model).session.open("auto").type_name == "numpy"
    assert copy.copy(fit("numpy")[0]).session.open("auto") is open_backend("numpy")


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


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1, 2]",
        "{",
        '{"a": 1, "b": {"c": "d"}, "f": {"g": -1.0}, "h": {"i": Infinity}}',
    ],
)
def test_a_damaged_file_is_measured_again(text: str, offered: Any, file: Path) -> None:
    offered(numpy=Waiting(0.0), chip=Waiting(0.01))
    file.parent.mkdir()
    file.write_text(text)
    assert fastest.known_times() == {}
    assert fit()[1].backend == "numpy"
    assert len(fastest.known_times()) == 1
    assert len(json.loads(file.read_text())) == 1


def test_the_devices_of_this_machine(file: Path) -> None:
    found = fastest.candidates()
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
    slow, fast = Waiting(0.01), Waiting(0.0)
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
    now = 0.0
    taken = iter([9.0, 0.03, 0.02, 0.04, 0.05, 0.06, 0.07])  # the first run compiles

    def epoch(order: Any) -> None:
        nonlocal now
        now += next(taken)

    monkeypatch.setattr(choosing.time, "perf_counter", lambda: now)
    loop: Any = SimpleNamespace(feeds=[(None, X)], size=1, epoch=epoch)
    assert choosing._timed(loop) == pytest.approx(0.02)  # 0.04 s for two steps


def test_the_environment_asks_for_it(
    offered: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered(numpy=Waiting(0.01), chip=Waiting(0.0))
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
    offered(numpy=Waiting(0.01), chip=Waiting(0.0))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run.toml").write_text(CONFIG)
    result = CliRunner().invoke(main, ["train", "run.toml"])
    assert result.exit_code == 0, result.output
    assert "  on chip" in result.output
    result = CliRunner().invoke(main, ["doctor", "--json"])
    details = [f for f in json.loads(result.stdout) if f["check"] == "backend auto"]
    chosen, kind, times = (finding["detail"] for finding in details)
    assert chosen == "how often each was chosen: chip 1"
    assert " rows of 64, " in kind
    assert re.fullmatch(r"  chip [\d.,]+ µs, numpy [\d.,]+ µs", times)
