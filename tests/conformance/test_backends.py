"""Backends keep their promises, and a backend that breaks one is caught."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from chainrule.backends.numpy import NumpyBackend
from chainrule.errors import BackendError, ConformanceError
from chainrule.execution import open_backend
from chainrule.kinds.backend import Device, Executable
from chainrule.program import Program
from chainrule.testing import check_backend


@pytest.mark.parametrize("name", ["numpy", "opencl"])
def test_a_backend_keeps_its_promises(name: str) -> None:
    try:
        open_backend(name).number()
    except BackendError as error:
        pytest.skip(str(error))
    check_backend(name)


class Wrong(Executable):
    """An executable of the NumPy backend that subclasses spoil."""

    source, peak_memory = "", 0

    def __init__(self, program: Program) -> None:
        self.program = program
        self.inner = NumpyBackend().compile(program)

    def put(self, leaf: Any, values: Any, rows: Any = None) -> None:
        self.inner.put(leaf, values, rows)

    def run(self, **numbers: Any) -> None:
        self.inner.run(**numbers)

    def fetch(self, index: int) -> Any:
        return self.inner.fetch(index)

    def take_totals(self) -> Any:
        return self.inner.take_totals()


class Keeps(Wrong):
    def put(self, leaf: Any, values: Any, rows: Any = None) -> None:
        self.kept = leaf, values, rows

    def run(self, **numbers: Any) -> None:
        if hasattr(self, "kept"):
            self.inner.put(*self.kept)
        self.inner.run(**numbers)


class IgnoresRows(Wrong):
    def put(self, leaf: Any, values: Any, rows: Any = None) -> None:
        taken = values if rows is None else values[np.sort(rows)]
        self.inner.put(leaf, taken)


class OneResult(Wrong):
    def run(self, **numbers: Any) -> None:
        self.inner.run(**numbers)
        self.results = [self.inner.fetch(i) for i in range(len(self.program.outputs))]

    def fetch(self, index: int) -> Any:
        return self.results[index]


class NewValues(Wrong):
    def __init__(self, program: Program) -> None:
        phases = [[pair] for phase in program.phases for pair in phase]
        super().__init__(Program(program.outputs, program.totals, phases,
                                 program.shapes, checked=program.checked))  # fmt: skip


class Narrow(Wrong):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.sums = np.zeros(program.total_offsets[-1], np.float32)

    def run(self, **numbers: Any) -> None:
        self.inner.run(**numbers)
        self.sums += self.inner.take_totals().astype(np.float32)

    def take_totals(self) -> Any:
        taken, self.sums = self.sums, np.zeros_like(self.sums)
        return taken


class NeverZero(Wrong):
    sums: Any = 0.0

    def take_totals(self) -> Any:
        self.sums = self.sums + self.inner.take_totals()
        return self.sums


class NoStep(Wrong):
    def run(self, **numbers: Any) -> None:
        self.inner.run(**{**numbers, "step": 1})


class NoSeed(Wrong):
    def run(self, **numbers: Any) -> None:
        self.inner.run(**{**numbers, "seed": 0})


class Skips(Wrong):
    def run_batches(self, feeds: Any, batches: Any, **numbers: Any) -> int:
        return super().run_batches(feeds, batches, **numbers) + 1


class Idles(Wrong):
    def run_batches(self, feeds: Any, batches: Any, **numbers: Any) -> int:
        return 0


class OneRate(Wrong):
    def run_batches(self, feeds: Any, batches: Any, **numbers: Any) -> int:
        rate = numbers["rate"](numbers["step"])
        for n, rows in enumerate(batches):
            for leaf, values in feeds:
                self.put(leaf, values, rows)
            self.run(seed=numbers["seed"], step=numbers["step"] + n, lr=rate)
        return len(batches)


class Unchecked(Wrong):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.inner = NumpyBackend().compile(
            Program(program.outputs, program.totals, program.phases, program.shapes)
        )


class Forgets(Wrong):
    def run(self, **numbers: Any) -> None:
        if self.inner._function.is_outdated():  # type: ignore[attr-defined]
            self.inner = NumpyBackend().compile(self.program)
        self.inner.run(**numbers)


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (Keeps, r"put\(\) must copy its values"),
        (IgnoresRows, "rows must be taken in the order given"),
        (OneResult, r"fetch\(\) must return a copy"),
        (NewValues, "all its values from the old ones"),
        (Narrow, "must be added up in float64"),
        (NeverZero, "totals that were taken must be zero"),
        (NoStep, "learning rate and step must be"),
        (NoSeed, "function of seed, stream and step"),
        (Skips, r"run_batches\(\) must compute what put\(\) and run\(\) do"),
        (Idles, "which is at least 1: expected 10, got 0"),
        (OneRate, "batch by batch"),
        (
            Unchecked,
            "DivergenceError must be raised when a checked program computes NaN",
        ),
        (Forgets, "inputs must stay"),
    ],
)
def test_a_broken_promise_is_named(spoilt: type[Wrong], said: str) -> None:
    class Spoilt(NumpyBackend):
        type_name = "spoilt"

        def compile(self, program: Program) -> Executable:
            return spoilt(program)

    with pytest.raises(ConformanceError, match=f"^spoilt: .*{said}"):
        check_backend(Spoilt())


def test_a_backend_without_devices_is_named() -> None:
    class Empty(NumpyBackend):
        def devices(self) -> Sequence[Device]:
            return []

    with pytest.raises(ConformanceError, match="must be below 0, got 0"):
        check_backend(Empty())
