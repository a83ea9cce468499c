"""Check what a backend promises besides arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule import ops
from chainrule.errors import ConformanceError, DivergenceError, ExecutionError
from chainrule.execution import open_backend
from chainrule.kinds.backend import Backend, Executable
from chainrule.node import Input, Node, Parameter, as_node
from chainrule.program import LEARNING_RATE, STEP, Program


def check_backend(backend: str | Backend) -> None:
    """Check the contract of a backend and its executables.

    `check_parity` checks the arithmetic; this checks what surrounds it: devices, inputs
    that are put whole or by rows, phases, totals, the numbers of a run, random numbers
    bit for bit, many batches in a call, faults, and parameters that move.

    Raises:
        ConformanceError: a promise is broken; says which, and with what numbers.
    """
    opened = open_backend(backend)
    for check in (
        _devices, _inputs, _phases, _totals, _numbers, _random, _batches, _indices,
        _finite, _parameters,
    ):  # fmt: skip
        check(opened)


def _fail(backend: Backend, what: str) -> ConformanceError:
    return ConformanceError(f"{backend.type_name}: {what}")


def _equal(backend: Backend, got: Any, expected: Any, what: str) -> None:
    if not np.array_equal(got, expected):
        raise _fail(backend, f"{what}: expected {expected}, got {got}")


def _devices(backend: Backend) -> None:
    devices, number = backend.devices(), backend.number()
    if not 0 <= number < len(devices):
        raise _fail(backend, f"number() must be below {len(devices)}, got {number}")


def _inputs(backend: Backend) -> None:
    x = Input("x", (None, 2))
    executable = backend.compile(Program(outputs=[x * 2.0], shapes={x: (3, 2)}))
    data = np.arange(10, dtype=np.float32).reshape(5, 2)
    doubled = 2 * data
    executable.put(x, data[1:4])
    data[:] = 0
    _equal(backend, _ran(executable), doubled[1:4], "put() must copy its values")
    _equal(
        backend, _ran(executable), doubled[1:4], "an input must stay for the next run"
    )
    executable.put(x, doubled, np.array([4, 0, 4]))
    rows = 2 * doubled[[4, 0, 4]]
    _equal(backend, _ran(executable), rows, "rows must be taken in the order given")
    result = executable.fetch(0)
    result[:] = 0
    _equal(backend, executable.fetch(0), rows, "fetch() must return a copy")


def _phases(backend: Backend) -> None:
    a = Parameter("a", np.array([1, 2], np.float32))
    b = Parameter("b", np.array([10, 20], np.float32))
    phases = [[(a, b + 0.0), (b, a + 0.0)], [(a, a + b)]]
    backend.compile(Program(phases=phases)).run()
    backend.pull([a, b])
    what = "a phase must compute all its values from the old ones, and the next from "
    _equal(backend, a.value, [11, 22], f"{what}those")
    _equal(backend, b.value, [1, 2], f"{what}those")


def _totals(backend: Backend) -> None:
    x = Input("x", ())
    row = as_node(np.array([[1.0, 10.0, 100.0]]))
    executable = backend.compile(Program(totals=[x * 1.0, row * x, x * 2.0]))
    for value in (1e8, 1.0, 1.0, -1e8):
        executable.put(x, np.array(value))
        executable.run()
    totals = executable.take_totals()
    _equal(backend, totals[0], 2.0, "totals must be added up in float64")
    what = "the elements of each total must follow those of the one before"
    _equal(backend, totals[1:], [2.0, 20.0, 200.0, 4.0], what)
    _equal(
        backend,
        executable.take_totals(),
        np.zeros(5),
        "totals that were taken must be zero",
    )


def _numbers(backend: Backend) -> None:
    x = Input("x", (2,))
    executable = backend.compile(Program(outputs=[x * LEARNING_RATE + STEP]))
    executable.put(x, np.array([2.0, 4.0]))
    for lr, step in ((0.5, 3), (0.25, 7)):
        executable.run(lr=lr, step=step)
        expected = [2 * lr + step, 4 * lr + step]
        what = "learning rate and step must be those of the run"
        _equal(backend, executable.fetch(0), expected, what)


def _random(backend: Backend) -> None:
    x = Input("x", (7, 13))
    nodes = [ops.uniform(x, "a"), ops.uniform(x, "b"), ops.bernoulli(x, 0.3, "c")]
    run = {"seed": 2**63 + 5, "step": 3}
    got, expected = (
        _results(each, nodes, {x: np.zeros((7, 13))}, **run)
        for each in (backend, open_backend("numpy"))
    )
    for a, b in zip(got, expected, strict=True):
        _equal(
            backend, a, b, "random numbers must be a function of seed, stream and step"
        )


def _batches(backend: Backend) -> None:
    data = np.arange(40, dtype=np.float32).reshape(20, 2)
    batches = np.arange(20).reshape(10, 2)[::-1]
    rates = [1.0 / step for step in range(3, 13)]

    def made() -> tuple[Executable, Parameter, Input]:
        x, w = Input("x", (None, 2)), Parameter("w", np.ones(2, np.float32))
        new = w * 0.5 + x[0] * LEARNING_RATE + STEP + ops.uniform(w, "a")
        program = Program(
            totals=[ops.sum(x * w)], phases=[[(w, new)]], shapes={x: (2, 2)},
            training=True,
        )  # fmt: skip
        return backend.compile(program), w, x

    each, expected, x = made()
    for i, rows in enumerate(batches):
        each.put(x, data, rows)
        each.run(seed=5, step=3 + i, lr=rates[i])
    many, got, y = made()
    done, calls = 0, 0
    while done < len(batches) and calls < len(batches):
        done += many.run_batches(
            [(y, data)], batches[done:], seed=5, step=3 + done,
            rate=lambda step: rates[step - 3],
        )  # fmt: skip
        calls += 1
    what = "run_batches() must return on how many batches it ran, which is at least 1"
    _equal(backend, done, len(batches), what)
    backend.pull([expected, got])
    what = "run_batches() must compute what put() and run() do, batch by batch"
    _equal(backend, got.value, expected.value, what)
    _equal(backend, many.take_totals(), each.take_totals(), f"{what} (totals)")


def _indices(backend: Backend) -> None:
    x, at = Input("x", (3, 4)), Input("at", (3,), "int")
    feeds = {x: np.ones((3, 4)), at: np.array([0, 4, 1])}
    _raises(
        backend, ExecutionError, "an index is out of range",
        lambda: _results(backend, [ops.pick(x, at)], feeds),
    )  # fmt: skip


def _finite(backend: Backend) -> None:
    x = Input("x", (3,))
    executable = backend.compile(Program(outputs=[ops.log(x)], checked=True))
    executable.put(x, np.array([1.0, -1.0, 2.0]))
    what = "a checked program computes NaN"
    _raises(backend, DivergenceError, what, executable.run)
    executable.put(x, np.ones(3))
    _equal(
        backend, _ran(executable), np.zeros(3), "a fault must be over in the next run"
    )


def _parameters(backend: Backend) -> None:
    w = Parameter("w", np.array([1.0, 2.0], np.float32))
    x = Input("x", (2,))
    program = Program(outputs=[w * x], totals=[ops.sum(x)], phases=[[(w, w + 1.0)]])
    executable = backend.compile(program)
    executable.put(x, np.array([1.0, 10.0]))
    executable.run()
    backend.pull([w])
    _equal(
        backend, w.value, [2, 3], "a parameter that was pulled must have its new value"
    )
    w.value[:] = 5
    backend.push([w])
    what = "a parameter that was pushed must have the host's value"
    _equal(backend, _ran(executable), [5, 50], what)
    w.value = np.array([7.0, 8.0], np.float32)
    what = "a parameter with another array must be read there, and inputs must stay"
    _equal(backend, _ran(executable), [7, 80], what)
    backend.pull([w])
    _equal(
        backend,
        w.value,
        [8, 9],
        "a parameter with another array must be assigned there",
    )
    _equal(backend, executable.take_totals(), [33], "totals must outlive another array")


def _ran(executable: Executable) -> npt.NDArray[Any]:
    executable.run()
    return executable.fetch(0)


def _results(
    backend: Backend,
    nodes: Sequence[Node],
    feeds: Mapping[Input, npt.NDArray[Any]],
    **run: Any,
) -> list[npt.NDArray[Any]]:
    executable = backend.compile(Program(outputs=nodes))
    for leaf, values in feeds.items():
        executable.put(leaf, values)
    executable.run(**run)
    return [executable.fetch(i) for i in range(len(nodes))]


def _raises(
    backend: Backend,
    expected: type[Exception],
    what: str,
    work: Callable[[], object],
) -> None:
    try:
        work()
    except expected:
        return
    raise _fail(backend, f"{expected.__name__} must be raised when {what}")
