"""Time of the first look-up with many plugins installed, beyond their own imports.

    python -m benchmarks.discovery [--plugins N] [--rounds N]

Each plugin is a distribution of its own with five activations. Times are the shortest
of all rounds, each in a process of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

MODULE = """
import chainrule as cr

{classes}

@cr.hookimpl
def register_activations():
    return [{names}]
"""
CLASS = '''
class {name}(cr.Activation):
    """y = {k} x."""
    def apply(self, x):
        return x * {k}.5
'''
LOOK_UP = """
import time
import chainrule as cr
begin = time.perf_counter()
cr.activations.Relu
print(time.perf_counter() - begin)
"""
IMPORT = """
import sys, time
import chainrule as cr
cr.activations.Relu
begin = time.perf_counter()
for number in range(int(sys.argv[1])):
    __import__(f"chainrule_p{number}")
print(time.perf_counter() - begin)
"""


def install(folder: Path, count: int) -> None:
    """Write distributions as an installer leaves them."""
    for number in range(count):
        names = [f"P{number}Act{k}" for k in range(5)]
        classes = "".join(CLASS.format(name=n, k=k) for k, n in enumerate(names))
        text = MODULE.format(classes=classes, names=", ".join(names))
        (folder / f"chainrule_p{number}.py").write_text(text)
        info = folder / f"chainrule_p{number}-1.0.dist-info"
        info.mkdir()
        head = f"Metadata-Version: 2.1\nName: chainrule-p{number}\nVersion: 1.0\n"
        (info / "METADATA").write_text(f"{head}Requires-Dist: chainrule\n")
        points = f"[chainrule]\np{number} = chainrule_p{number}\n"
        (info / "entry_points.txt").write_text(points)


def shortest(code: str, rounds: int, count: int, **environment: str) -> float:
    """Return the shortest time that a program prints."""
    return min(
        float(
            subprocess.run(
                [sys.executable, "-c", code, str(count)],
                env={"PATH": "", **environment},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for _ in range(rounds)
    )


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plugins", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        install(Path(folder), given.plugins)
        count, rounds = given.plugins, given.rounds
        without = shortest(LOOK_UP, rounds, count, CHAINRULE_PLUGINS="")
        with_all = shortest(LOOK_UP, rounds, count, PYTHONPATH=folder)
        own = shortest(IMPORT, rounds, count, PYTHONPATH=folder, CHAINRULE_PLUGINS="")
    print(f"first look-up, no plugin:     {without:.3f} s")
    print(f"with {count} plugins:            {with_all:.3f} s")
    print(f"their own imports:            {own:.3f} s")
    print(f"beyond these:                 {with_all - without - own:.3f} s")


if __name__ == "__main__":
    main()
