"""Parity: a backend held against the definition, NumPy in float64.

What to compute is found through the registry, so a backend is also checked on what
plugins add. A backend's tests go over the cases::

    @pytest.mark.parametrize("case", parity_cases(), ids=str)
    def test_parity(case):
        check_parity(case, "mybackend")
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule.autodiff import backward
from chainrule.errors import ChainRuleError, ConformanceError
from chainrule.execution import open_backend
from chainrule.graph import topological
from chainrule.kinds.backend import Backend
from chainrule.kinds.loss import Loss
from chainrule.kinds.module import Module
from chainrule.kinds.optimizer import Optimizer
from chainrule.kinds.regularizer import Regularizer
from chainrule.node import Input, Node, Parameter
from chainrule.ops import Op, sum, uniform
from chainrule.program import LEARNING_RATE, STEP, Flat, Program
from chainrule.program.program import FloatDtype
from chainrule.registry import registry
from chainrule.substitution import substitute
from chainrule.testing.examples import example
from chainrule.testing.functions import leaves_for
from chainrule.testing.losses import sample_target
from chainrule.testing.ops import applied
from chainrule.testing.samples import between, sample

Array: TypeAlias = npt.NDArray[Any]
Sizes: TypeAlias = tuple[int, ...]

TOLERANCE: Mapping[FloatDtype, float] = {"float32": 3e-5, "float64": 1e-10}
"""How far a result may be from NumPy's, relative to the largest element or to 1."""


@dataclass
class Problem:
    """Nodes to compute, values for their inputs, and what is assigned meanwhile."""

    nodes: Sequence[Node]
    feeds: Mapping[Input, Array]
    training: bool = False
    assigned: Sequence[tuple[Parameter, Node]] = ()
    steps: int = 1


Build: TypeAlias = Callable[[Sizes, np.random.Generator], Problem]


@dataclass(frozen=True)
class Case:
    """One component, in one mode; `build` makes a problem of it for any shape."""

    kind: str
    name: str
    build: Build

    def __str__(self) -> str:
        return f"{self.kind}-{self.name}"


def parity_cases() -> Iterator[Case]:
    """List a case for every component with arithmetic that is registered."""
    for entry in registry.entries("ops"):
        yield Case("ops", entry.name, _op(entry.target))
    makers: Mapping[str, Callable[[Any, bool], Build]] = {
        "activations": _module, "layers": _module, "losses": _loss,
        "optimizers": _optimizer, "regularizers": _regularizer,
    }  # fmt: skip
    for kind, maker in makers.items():
        for entry in registry.entries(kind):
            yield Case(kind, entry.name, maker(entry.target, False))
            if kind == "layers":
                yield Case(kind, f"{entry.name}-training", maker(entry.target, True))


def check_parity(
    case: Case,
    backend: str | Backend,
    *,
    shape: Sizes = (3, 4),
    dtype: FloatDtype = "float32",
    seed: int = 0,
) -> None:
    """Check that a backend computes what NumPy computes in float64.

    Results, derivatives and everything that is assigned are compared; inputs are also
    given as views that are not contiguous. A problem that NumPy refuses, such as the
    maximum of nothing, is not checked.

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
        problem = _difference(a, b, TOLERANCE[dtype])
        if problem:
            raise ConformanceError(
                f"{case} of shape {shape}, result {number}: {problem}; "
                f"expected {b!r}, {name} gives {a!r}"
            )


def _results(
    case: Case, backend: str | Backend, shape: Sizes, dtype: FloatDtype, seed: int
) -> list[Array] | None:
    """Build a problem anew, so that nothing is shared, and compute it."""
    try:
        problem = case.build(shape, np.random.default_rng(seed))
        program = Program(
            outputs=problem.nodes,
            phases=[problem.assigned],
            shapes={leaf: value.shape for leaf, value in problem.feeds.items()},
            training=problem.training,
            dtype=dtype,
        )
        opened = open_backend(backend)
        executable = opened.compile(program)
        for leaf, value in problem.feeds.items():
            executable.put(leaf, _strided(value))
        for step in range(1, problem.steps + 1):
            executable.run(seed=seed, step=step, lr=0.01)
        results = [executable.fetch(i) for i in range(len(problem.nodes))]
    except (ChainRuleError, ValueError):
        if backend == "numpy" or 0 in shape:
            return None
        raise
    parameters = [p for p in _parameters(problem) if p.value.dtype.kind == "f"]
    opened.pull(parameters)
    return [*results, *(p.value.copy() for p in parameters)]


def _parameters(problem: Problem) -> list[Parameter]:
    """List the parameters that a problem depends on or assigns."""
    roots = [*problem.nodes, *(node for _, node in problem.assigned)]
    found = [n for n in topological(roots) if isinstance(n, Parameter)]
    return list(dict.fromkeys([*found, *(p for p, _ in problem.assigned)]))


def _strided(value: Array) -> Array:
    """Return the same numbers as a view with gaps."""
    if not value.ndim:
        return value
    doubled = np.repeat(value, 2, axis=-1)
    return doubled[..., ::2]


def _difference(a: Array, b: Array, tolerance: float) -> str:
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


# -- cases --------------------------------------------------------------------------


def _with_gradients(y: Node, leaves: Sequence[Node]) -> list[Node]:
    """Return a node and the derivatives of a random projection of it."""
    if y.dtype != "float":
        return [y]
    projected = sum(y * (uniform(y, "projection") - 0.5))
    gradient = backward(projected, leaves).gradient
    return [y, *(gradient[leaf] for leaf in leaves if leaf in gradient)]


def _rounded(values: Sequence[Any]) -> list[Array]:
    """Return values that float32 has, so that every width starts from the same."""
    return [
        np.asarray(v, np.float32) if np.asarray(v).dtype.kind == "f" else np.asarray(v)
        for v in values
    ]


def _op(cls: type[Op]) -> Build:
    def build(shape: Sizes, random: np.random.Generator) -> Problem:
        op, operands = sample(cls, shape, random)
        values = _rounded([x for x in operands if not isinstance(x, Parameter)])
        leaves = leaves_for(values)
        y = applied(op, operands)(*leaves)
        gradients = _with_gradients(y, leaves)
        return Problem(gradients, dict(zip(leaves, values, strict=True)))

    return build


def _module(cls: type[Module], training: bool) -> Build:
    def build(shape: Sizes, random: np.random.Generator) -> Problem:
        module = example(cls)
        assert isinstance(module, Module)
        (value,) = _rounded([random.standard_normal(shape)])
        leaf = Input("x", shape)
        y = module(leaf)
        owned = [owned.node for _, owned in module.owned_parameters()]
        weights = [p for p in owned if p.trainable]
        values = _rounded([random.uniform(-0.5, 0.5, p.value.shape) for p in weights])
        leaves = leaves_for(values)
        (y,) = substitute([y], dict(zip(weights, leaves, strict=True)))
        feeds = {leaf: value, **dict(zip(leaves, values, strict=True))}
        return Problem(_with_gradients(y, [leaf, *leaves]), feeds, training)

    return build


def _loss(cls: type[Loss], training: bool) -> Build:
    def build(shape: Sizes, random: np.random.Generator) -> Problem:
        loss = example(cls)
        assert isinstance(loss, Loss)
        p = between(loss.prediction_range, shape, random)
        values = _rounded([sample_target(loss, shape, random), p])
        leaves = leaves_for(values)
        nodes = _with_gradients(loss(*leaves), leaves[1:])
        return Problem(nodes, dict(zip(leaves, values, strict=True)))

    return build


def _optimizer(cls: type[Optimizer], training: bool) -> Build:
    def build(shape: Sizes, random: np.random.Generator) -> Problem:
        optimizer = example(cls)
        assert isinstance(optimizer, Optimizer)
        (value,) = _rounded([random.uniform(0.5, 1.5, shape)])
        halves = [Parameter("kernel", value), Parameter("bias", value[..., :1] - 2)]
        p = Flat("parameters", halves)
        slots: dict[str, Parameter] = {}
        for slot in (*optimizer.slots, *optimizer.scalar_slots):
            size = () if slot in optimizer.scalar_slots else p.value.shape
            slots[slot] = Parameter(slot, np.full(size, optimizer.slot_start(slot)))
        g = p.pack([_slope(half) for half in halves])
        new = optimizer.new_values(p, g, LEARNING_RATE, STEP, slots)
        assigned = [(p if name == "p" else slots[name], node)
                    for name, node in new.items()]  # fmt: skip
        return Problem([], {}, True, assigned, steps=3)

    return build


def _slope(half: Parameter) -> Node:
    """Return a gradient that depends on the parameter: that of x⁴ / 4 + x."""
    return half * half * half + 1.0


def _regularizer(cls: type[Regularizer], training: bool) -> Build:
    def build(shape: Sizes, random: np.random.Generator) -> Problem:
        regularizer = example(cls)
        assert isinstance(regularizer, Regularizer)
        (value,) = _rounded([random.standard_normal(shape)])
        kernel, leaf = Parameter("kernel", value), Input("x", shape)
        nodes: list[Node] = []
        penalty = regularizer.penalty(kernel)
        if penalty is not None:
            nodes += _with_gradients(penalty, [kernel])
        constrained = regularizer.constrain(kernel)
        if constrained is not None:
            nodes.append(constrained)
        changed = regularizer.transform(leaf, "check")
        if changed is not None:
            nodes += _with_gradients(changed, [leaf])
        return Problem(nodes, {leaf: value} if changed is not None else {}, True)

    return build
