"""Processes: forks of one that used a device, and several that share a cache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from chainrule.backends.opencl.products import tuning


def run(script: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


FORK = """
    import multiprocessing, sys
    import numpy as np
    import chainrule as cr
    from chainrule.execution import open_backend

    x = cr.parameter("x", np.ones(3))
    y = cr.ops.exp(x)

    def child():
        for node in (y, cr.ops.sin(x)):  # compiled before, and not
            try:
                cr.evaluate([node], backend="opencl")
            except cr.errors.BackendError as error:
                print("get_context('spawn')" in str(error))
        print(cr.evaluate([y], backend="numpy")[0].shape)
        sys.stdout.flush()

    USE
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(60)
    print("waits" if process.is_alive() else "ended")
    process.kill()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize(
    "use", ["cr.evaluate([y], backend='opencl')", "open_backend('opencl').devices()"]
)
def test_a_fork_is_refused_and_told_to_spawn(use: str, backend: object) -> None:
    lines = run(FORK.replace("USE", use)).split("\n")
    assert lines == ["True", "True", "(3,)", "ended", ""]


@pytest.mark.parametrize("variable", ["XDG_CACHE_HOME", "POCL_CACHE_DIR"])
def test_a_cache_that_cannot_be_written_is_done_without(
    variable: str, tmp_path: Path, backend: object
) -> None:
    (tmp_path / "file").write_text("")
    said = run(
        """
        import numpy as np
        import chainrule as cr
        from chainrule.execution import open_backend

        x = cr.parameter("x", np.ones((3, 200)))
        print(cr.evaluate([x @ x.T], backend="opencl")[0][0, 0])
        print(open_backend("opencl").diagnose())
        """,
        **{variable: str(tmp_path / "file" / "cache")},
    )
    assert said.startswith("200.0\n")
    assert ("cannot be written" in said) == (variable == "XDG_CACHE_HOME")


def test_choices_of_other_processes_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "device.json"
    mine, theirs = {"a": [13, 2, False]}, {"b": [4, 3, True]}
    tuning._save(file, theirs)
    tuning._save(file, mine)
    assert json.loads(file.read_text()).keys() == {"a", "b"}
    assert mine == {"a": [13, 2, False], "b": [4, 3, True]}


@pytest.mark.parametrize(
    "text", ["", "\0", "[]", "5", '{"a": 1}', '{"a": ["1"]}', "[" * 3000, '{"a": [{}]}']
)
def test_choices_that_are_damaged_are_ignored(text: str, tmp_path: Path) -> None:
    file = tmp_path / "device.json"
    file.write_text(text)
    tuning._save(file, {"b": [6, 4, True]})
    assert json.loads(file.read_text()).keys() == {"b"}
