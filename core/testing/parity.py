"""Check parity: a backend must compute what NumPy computes in float64.

The registry has the cases, so a backend is also checked on what plugins add. A
backend's tests go over them::

    @pytest.mark.parametrize("case", parity_cases(), ids=str)
    def test_parity(case):
        check_parity(case, "mybackend")
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from chainrule.errors import ChainRuleError, ConformanceError
from chainrule.execution import open_backend
from chainrule.graph import topological
from chainrule.kinds.backend import Backend
from chainrule.node import Parameter
from chainrule.program import Program
from chainrule.program.program import FloatDtype
from chainrule.testing.parity_cases import Case, Workload
from chainrule.testing.values import Array, Sizes

TOLERANCE: Mapping[FloatDtype, float] = {"float32": 3e-5, "float64": 1e-10}
"""How far a result may be from NumPy's, relative to the largest element or to 1."""


def check_parity(
    case: Case,
    backend: str | Backend,
    *,
    shape: Sizes = (3, 4),
    dtype: FloatDtype = "float32",
    seed: int = 0,
) -> None:
    """Check that a backend computes what NumPy computes in float64.

    Results, derivatives and everything that is assigned are compared; inputs are views
    that are not contiguous. A workload that NumPy refuses, such as the maximum of
    nothing, is not checked.

    Raises:
        ConformanceError: a result differs; says which, and by how much.
    """
    with np.errstate(all="ignore"):
        expected = _results(case, "numpy", shape, "float64", seed)
    if expected is None:
        return
    got = _results(case, backend, shape, dtype, seed)
    name = backend if isinstance(backend, str) else backend.type_name
    if got is None:
        raise ConformanceError(f"{case}: {name} refuses what NumPy computes")
    for number, (a, b) in enumerate(zip(got, expected, strict=True)):
        fault = _difference(a, b, TOLERANCE[dtype])
        if fault:
            raise ConformanceError(
                f"{case} of shape {shape}, result {number}: {fault}; "
                f"expected {b!r}, {name} gives {a!r}"
            )


def _results(
    case: Case, backend: str | Backend, shape: Sizes, dtype: FloatDtype, seed: int
) -> list[Array] | None:
    """Build a workload again, so that nothing is shared, and run it."""
    try:
        workload = case.build(shape, np.random.default_rng(seed))
        program = Program(
            outputs=workload.nodes,
            phases=[workload.assigned],
            shapes={leaf: value.shape for leaf, value in workload.feeds.items()},
            training=workload.training,
            dtype=dtype,
        )
        opened = open_backend(backend)
        executable = opened.compile(program)
        for leaf, value in workload.feeds.items():
            executable.put(leaf, _strided(value))
        for step in range(1, workload.steps + 1):
            executable.run(seed=seed, step=step, lr=0.01)
        results = [executable.fetch(i) for i in range(len(workload.nodes))]
    except (ChainRuleError, ValueError):
        if backend == "numpy" or 0 in shape:
            return None
        raise
    parameters = [p for p in _parameters(workload) if p.value.dtype.kind == "f"]
    opened.pull(parameters)
    return [*results, *(p.value.copy() for p in parameters)]


def _parameters(workload: Workload) -> list[Parameter]:
    """List the parameters that a workload depends on or assigns."""
    roots = [*workload.nodes, *(node for _, node in workload.assigned)]
    found = [n for n in topological(roots) if isinstance(n, Parameter)]
    return list(dict.fromkeys([*found, *(p for p, _ in workload.assigned)]))


def _strided(value: Array) -> Array:
    """Return the same numbers as a view with gaps."""
    return np.repeat(value, 2, axis=-1)[..., ::2] if value.ndim else value


def _difference(a: Array, b: Array, tolerance: float) -> str:
    """Say how two results differ; nothing if they do not."""
    if a.shape != b.shape or a.dtype.kind != b.dtype.kind:
        return f"{a.shape} {a.dtype} is not {b.shape} {b.dtype}"
    if a.dtype.kind != "f":
        return "" if np.array_equal(a, b) else "other integers or truth values"
    if not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return "NaN or infinity in other places"
    with np.errstate(all="ignore"):
        finite = np.isfinite(b)
        scale = max(1.0, float(np.abs(b[finite]).max(initial=0)))
        error = float(np.abs(a - b)[finite].max(initial=0))
    return "" if error <= tolerance * scale else f"off by {error:.3g}"
