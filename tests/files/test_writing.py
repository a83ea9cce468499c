"""Files are written whole or not at all, and preserve mode, owner and links."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule import files
from chainrule.errors import OutputError
from chainrule.files import TEMPORARY, read_table, write_file, write_table

OLD, NEW = b"old", b"new" * 5000


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_file_is_written(tmp_path: Path) -> None:
    assert write_file(tmp_path / "a", "größe\n") == tmp_path / "a"
    assert (tmp_path / "a").read_bytes() == "größe\n".encode()
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_new_file_has_the_usual_mode(mask: int, tmp_path: Path) -> None:
    before = os.umask(mask)
    try:
        write_file(tmp_path / "a", NEW)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_an_earlier_file_keeps_its_mode(mode: int, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(OLD)
    (tmp_path / "a").chmod(mode)
    write_file(tmp_path / "a", NEW)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode
    assert (tmp_path / "a").read_bytes() == NEW


@pytest.mark.parametrize("exists", [True, False])
def test_a_symbolic_link_stays_one(exists: bool, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "target", tmp_path / "link"
    if exists:
        target.write_bytes(OLD)
    link.symlink_to("far/target")
    write_file(link, NEW)
    assert link.is_symlink()
    assert target.read_bytes() == NEW
    assert names(tmp_path / "far") == ["target"]


def test_a_pipe_stays_one(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, NEW)
    reader.join()
    assert read == [NEW]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_cache_does_not_wait_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "pipe")
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # writing would not wait
    try:
        write_table(pipe, {"a": 1})
        assert os.read(reader, 1) == b""
        assert read_table(pipe) == {}
    finally:
        os.close(reader)


def fail(*arguments: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("function", ["fsync", "fstat"])
def test_a_full_disk_leaves_the_earlier_file(
    function: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(OLD)
    if function == "fstat":  # the content does not fit
        monkeypatch.setattr(files, "_take_over", fail)
    else:
        monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match=r"cannot write .*/a: No space left on dev"):
        write_file(tmp_path / "a", NEW)
    assert (tmp_path / "a").read_bytes() == OLD
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("path", ["a\0b", "none/a", "x" * 300, ""])
def test_a_path_that_cannot_be(path: str, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        write_file(f"{tmp_path}/{path}", NEW)
    assert names(tmp_path) == []


# -- everything that is written --------------------------------------------------------

x = cr.input("x", (None, 2))
MODEL = cr.Sequential([cr.layers.Dense(2)], input_shape=2)
DIAGRAM = cr.draw(cr.ops.sum(x * x))


def trained() -> cr.Model:
    model = cr.Sequential([cr.layers.Dense(2)], input_shape=2)
    model.fit(np.ones((4, 2)), np.ones((4, 2)), loss="mse", profile=True, verbose=0)
    return model


def checkpoint(path: Path) -> None:
    rows = np.ones((4, 2))
    callback = cr.callbacks.Checkpoint(str(path))
    MODEL.fit(rows, rows, loss="mse", callbacks=[callback])


def trace(path: Path) -> None:
    history = trained().history
    assert history is not None
    assert history.profile is not None
    history.profile.save_trace(path)


def frame(path: Path) -> None:
    DIAGRAM.save_frames(path.parent)


PLOT = cr.plot.activation("tanh")
WRITERS: dict[str, Callable[[Path], object]] = {
    "model.safetensors": MODEL.save,
    "checkpoint.safetensors": checkpoint,
    "trace.json": trace,
    "001.svg": frame,
    **{f"plot.{suffix}": PLOT.save for suffix in cr.Plot.formats},
    **{f"a.{suffix}": DIAGRAM.save for suffix in DIAGRAM.formats if suffix != "webp"},
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_failing_save_leaves_the_earlier_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / name
    file.write_bytes(OLD)
    file.chmod(0o600)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OutputError, match="No space left on device"):
            WRITERS[name](file)
    assert file.read_bytes() == OLD
    assert names(tmp_path) == [name]
    WRITERS[name](file)
    assert file.read_bytes() != OLD
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not [n for n in names(tmp_path) if n.startswith(TEMPORARY)]


def test_nothing_in_the_package_writes_in_another_way() -> None:
    writes = (
        r"write_text\(|write_bytes\(|savefig\((?!memory)|save_file\("
        r"|open\(.*[\"'][wxa]b?[\"']"
    )
    root = Path(files.__file__).parent
    found = [
        (str(file.relative_to(root)), line.strip())
        for file in root.rglob("*.py")
        for line in file.read_text().splitlines()
        if re.search(writes, line)
    ]
    assert found == [
        ("files.py", "target.write_bytes(data)"),
        ("files.py", 'with open(descriptor, "wb", closefd=False) as file:'),
    ]


LIMITED = """
import resource, sys
import chainrule as cr
model = cr.Sequential([cr.layers.Dense(500)], input_shape=100)
diagram = cr.draw(model)
diagram.render("svg")
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
for save, file in ((model.save, "a.safetensors"), (diagram.save, "a.svg")):
    try:
        save(file)
    except cr.ChainRuleError as error:
        print(error)
"""


def test_a_disk_that_is_full_in_the_middle(tmp_path: Path) -> None:
    for name in ("a.safetensors", "a.svg"):
        (tmp_path / name).write_bytes(OLD)
    done = subprocess.run(
        [sys.executable, "-c", LIMITED],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "cannot write a.safetensors: File too large",
        "cannot write a.svg: File too large",
    ]
    assert [(tmp_path / n).read_bytes() for n in names(tmp_path)] == [OLD, OLD]


# -- processes that are killed ---------------------------------------------------------

SAVING = """
import sys
from chainrule.files import write_file
content = bytes(1 << 22)
print("begun", flush=True)
while True:
    write_file(sys.argv[1], content)
"""


def test_killed_processes_leave_one_temporary_file_at_most(tmp_path: Path) -> None:
    file, left = tmp_path / "a", 0
    for number in range(12):
        process = subprocess.Popen(
            [sys.executable, "-c", SAVING, file], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.01 + 0.003 * number)
        process.kill()
        process.communicate()
        found = [name for name in names(tmp_path) if name != "a"]
        assert len(found) <= 1
        left += len(found)
    assert left, "no process was killed in the middle"
    assert file.stat().st_size == 1 << 22
    write_file(file, NEW)
    assert names(tmp_path) == ["a"]


def test_writers_at_once_do_not_meet(tmp_path: Path) -> None:
    file = tmp_path / "a"
    contents = [bytes([i]) * 100_000 for i in range(4)]
    broken: list[bytes] = []

    def write(content: bytes) -> None:
        for _ in range(40):
            write_file(file, content)
            found = file.read_bytes()
            if found not in contents:
                broken.append(found)

    threads = [threading.Thread(target=write, args=(c,)) for c in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not broken
    assert names(tmp_path) == ["a"]


def test_a_file_in_use_is_left_alone(tmp_path: Path) -> None:
    with files._temporary(tmp_path) as (_, path):
        write_file(tmp_path / "a", NEW)
        assert names(tmp_path) == [path.name, "a"]
        with files._temporary(tmp_path) as (_, other):
            assert other != path
    assert names(tmp_path) == ["a"]


def test_somebody_elses_file_of_that_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / f"{TEMPORARY}-1").mkdir()
    (tmp_path / "target").write_bytes(OLD)
    (tmp_path / f"{TEMPORARY}-2").symlink_to("target")
    write_file(tmp_path / "a", NEW)
    assert (tmp_path / "target").read_bytes() == OLD
    assert (tmp_path / "a").read_bytes() == NEW


def test_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "locks", None)
    (tmp_path / "a").write_bytes(OLD)
    write_file(tmp_path / "a", NEW)
    assert (tmp_path / "a").read_bytes() == NEW
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OutputError):
            write_file(tmp_path / "a", OLD)
    assert names(tmp_path) == ["a"]


KILLED_SAVES = """
import os, random, sys, time
from pathlib import Path
import numpy as np
import chainrule as cr
from chainrule.files import TEMPORARY

random.seed(0)
folder = Path(sys.argv[1])
model = cr.Sequential([cr.layers.Dense(300), cr.layers.Dense(300)], input_shape=300)
x = np.ones((4, 300))
model.fit(x, x, loss="mse", callbacks=[])
diagram = cr.draw(model, level="layer")
checkpoint = cr.callbacks.Checkpoint(folder / "c.safetensors")
def drawn():
    diagram.save(folder / "d.svg")
def saved():
    model.save(folder / "m.safetensors")
def trained():
    model.fit(x, x, loss="mse", callbacks=[checkpoint])
cut = 0
for write in (saved, drawn, trained):
    begun = time.perf_counter()
    write()
    took = time.perf_counter() - begun
    for _ in range(8):
        process = os.fork()
        if not process:
            while True:
                write()
        time.sleep(random.uniform(0.2, 2) * took)
        os.kill(process, 9)
        os.waitpid(process, 0)
        cr.load(folder / "m.safetensors")
        left = list(folder.glob(f"{TEMPORARY}*"))
        assert len(left) <= 1, left
        cut += len(left)
    if write is not saved:
        assert (folder / "d.svg").read_text().rstrip().endswith("</svg>")
    write()
    assert not list(folder.glob(f"{TEMPORARY}*"))
cr.load(folder / "c.safetensors")
print(cut)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_models_and_diagrams_outlive_kills_in_the_middle(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED_SAVES, str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert names(tmp_path) == ["c.safetensors", "d.svg", "m.safetensors"]
