"""Signals to the program: what was reached is saved, and the exit code says so."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import chainrule as cr
from chainrule.files import TEMPORARY
from chainrule.interrupts import Handler, Interrupted, held, interruptible

CONFIG = """
[data]
dataset = "spirals"
n = 200
[[layers]]
type = "dense"
units = 3
[training]
loss = "sparse_softmax_cross_entropy"
epochs = 1000000
"""
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts training, with code to run before."""
    (tmp_path / "a.toml").write_text(CONFIG)
    begun: list[subprocess.Popen[str]] = []

    def run(before: str = "", **options: object) -> subprocess.Popen[str]:
        code = f"import sys\n{before}\nfrom chainrule.__main__ import run\nrun()"
        arguments = ("train", "a.toml", "--out", "out", "--backend", "numpy")
        process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments], cwd=tmp_path, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
        )  # type: ignore[call-overload]  # fmt: skip
        begun.append(process)
        return process

    yield run
    for process in begun:
        process.kill()
        process.communicate()


def wait_for(line: str, process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for printed in process.stdout:
        if line in printed:
            return
    raise AssertionError(f"{line!r} was not printed")


TRAINING = """
from chainrule.training import loop
epoch, count = loop.Loop.epoch, 0
def told(self, order):
    global count
    count += 1
    if count == 3:
        print("training", flush=True)
    return epoch(self, order)
loop.Loop.epoch = told
"""


@pytest.mark.parametrize("signum", SIGNALS)
def test_a_signal_in_training_saves_what_was_reached(
    signum: signal.Signals, start: Start, tmp_path: Path
) -> None:
    process = start(TRAINING)
    wait_for("training", process)
    process.send_signal(signum)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + signum
    progress, *said = errors.splitlines()
    assert progress.startswith("epoch ")
    assert said == ["training was cut short; out holds what was reached", "interrupted"]
    state = cr.load(tmp_path / "out" / "model.safetensors").session.state
    assert state is not None
    assert state.epoch >= 2
    history = json.loads((tmp_path / "out" / "history.json").read_text())
    assert len(history["loss"]) == state.epoch


SAVING = """
import os, time
from chainrule import files
fsync = os.fsync
def slow(descriptor):
    print("saving", flush=True)
    time.sleep(0.3)
    fsync(descriptor)
os.fsync = slow
"""


@pytest.mark.parametrize("times", [1, 3])
def test_a_signal_waits_until_all_is_saved(
    times: int, start: Start, tmp_path: Path
) -> None:
    process = start(TRAINING + SAVING)
    wait_for("training", process)
    process.send_signal(signal.SIGTERM)
    wait_for("saving", process)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    process.communicate(timeout=60)
    assert process.returncode == 143
    assert cr.load(tmp_path / "out" / "model.safetensors").session.state is not None
    assert len(list((tmp_path / "out").iterdir())) == 3


IMPORTING = """
import builtins, sys
usual = __import__
def slow(name, *others, **options):
    if name == "click":
        print("importing", flush=True)
        usual("time").sleep(5)
    return usual(name, *others, **options)
builtins.__import__ = slow
"""


@pytest.mark.parametrize("signum", SIGNALS)
def test_a_signal_while_modules_are_imported(
    signum: signal.Signals, start: Start
) -> None:
    process = start(IMPORTING)
    wait_for("importing", process)
    process.send_signal(signum)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signum


def test_a_second_signal_while_the_first_unwinds(start: Start) -> None:
    process = start(
        "import atexit, time\nfrom chainrule import interrupts\n"
        "def unwind(work):\n"
        "    try:\n        print('working', flush=True); time.sleep(9)\n"
        "    finally:\n        print('unwinding', flush=True); time.sleep(9)\n"
        "program = interrupts.run_program\n"
        "interrupts.run_program = lambda work: program(lambda: unwind(work))"
    )
    for line in ("working", "unwinding"):
        wait_for(line, process)
        process.send_signal(signal.SIGINT)
    process.communicate(timeout=5)
    assert process.returncode == 130


def test_a_signal_after_the_end_changes_nothing(start: Start) -> None:
    process = start(
        "import atexit, time\nsys.argv[1:] = ['--version']\n"
        "@atexit.register\ndef wait():\n"
        "    print('ending', flush=True); time.sleep(0.5)"
    )
    wait_for("ending", process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def test_a_signal_that_is_ignored_stays_so(start: Start) -> None:
    ignored = "import signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    process = start(ignored + TRAINING)
    wait_for("training", process)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143


def test_a_terminal_that_is_closed(start: Start, tmp_path: Path) -> None:
    """The last words cannot be printed, and what was reached is saved all the same."""
    process = start(TRAINING)
    wait_for("training", process)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    process.stderr.close()
    process.send_signal(signal.SIGHUP)
    assert process.wait(timeout=60) == 129
    assert cr.load(tmp_path / "out" / "model.safetensors").session.state is not None


def test_signals_at_many_moments(start: Start, tmp_path: Path) -> None:
    """Wherever it is, a signal has its exit code, and leaves nothing broken."""
    for number in range(8):
        process = start("print('begun', flush=True)")
        wait_for("begun", process)
        time.sleep(0.02 + 0.17 * number)
        signum = SIGNALS[number % 3]
        process.send_signal(signum)
        _, errors = process.communicate(timeout=60)
        assert process.returncode in {128 + signum, -signum if number == 0 else 0}
        assert "Traceback" not in errors or number == 0
        model = tmp_path / "out" / "model.safetensors"
        if model.exists():
            cr.load(model)
            assert not list((tmp_path / "out").glob(f"{TEMPORARY}*"))


# -- in one process --------------------------------------------------------------------


def raised(signum: int) -> None:
    os.kill(os.getpid(), signum)


def test_what_waits_is_heeded_by_a_run_and_raised_at_the_end() -> None:
    stopped: list[str] = []

    def work() -> None:
        with held():
            raised(signal.SIGINT)
            stopped.append("waited")
            with interruptible(lambda: stopped.append("stopped")) as signals:
                assert stopped == ["waited", "stopped"]
            assert signals.first == signal.SIGINT

    with pytest.raises(Interrupted) as caught:
        work()
    assert caught.value.signum == signal.SIGINT
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_signal_in_a_run_raises() -> None:
    stopped: list[int] = []
    with interruptible(lambda: stopped.append(1)) as signals:
        raised(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            raised(signal.SIGINT)
    assert (stopped, signals.first) == ([1], signal.SIGINT)


def test_other_handlers_are_left_alone() -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda signum, frame: came.append(signum))
    try:
        with held(), interruptible(lambda: None):
            raised(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert came == [signal.SIGTERM]
    assert not isinstance(signal.getsignal(signal.SIGTERM), Handler)
