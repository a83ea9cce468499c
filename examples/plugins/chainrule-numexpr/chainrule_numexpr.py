"""A chainrule plugin: a backend that computes with numexpr and NumPy."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import chainrule as cr
import numexpr  # type: ignore[import-untyped]
import numpy as np
from chainrule import ops
from chainrule.graph import topological
from chainrule.kinds.backend import Backend, Device, Executable
from chainrule.philox import generator
from chainrule.program import LEARNING_RATE, STEP, Pack, Program
from chainrule.program.sizes import numpy_dtype, sizes
from chainrule.testing.reference import NUMPY

EXPRESSIONS: Mapping[type[ops.Op], str] = {
    ops.Abs: "abs({0})", ops.Add: "({0} + {1})", ops.Sub: "({0} - {1})",
    ops.Mul: "({0} * {1})", ops.Div: "({0} / {1})", ops.Neg: "(-{0})",
    ops.Square: "({0} * {0})", ops.Sqrt: "sqrt({0})", ops.Exp: "exp({0})",
    ops.Expm1: "expm1({0})", ops.Log: "log({0})", ops.Log1p: "log1p({0})",
    ops.Sin: "sin({0})", ops.Cos: "cos({0})", ops.Tanh: "tanh({0})",
    ops.Sigmoid: "(1 / (1 + exp(-{0})))", ops.Less: "({0} < {1})",
    ops.LessEqual: "({0} <= {1})", ops.Greater: "({0} > {1})",
    ops.GreaterEqual: "({0} >= {1})", ops.Where: "where({0}, {1}, {2})",
}  # fmt: skip
"""Elementwise ops of floats, as numexpr writes them."""
LONGEST = 400
"""Characters of an expression at most; numexpr takes no more than 64 operands."""


def _within(size: int, indices: Any) -> None:
    if indices.size and not 0 <= indices.min() <= indices.max() < size:
        raise cr.errors.ExecutionError(f"indices must lie in 0 … {size - 1}")


def _one_hot(op: Any, indices: Any) -> Any:
    _within(op.depth, indices)
    return NUMPY[ops.OneHot](op, indices)


def _take(op: Any, x: Any, indices: Any) -> Any:
    _within(len(x), indices)
    return x[indices]


def _pick(op: Any, x: Any, indices: Any) -> Any:
    _within(x.shape[-1], indices)
    shape = np.broadcast_shapes(x.shape[:-1], indices.shape)
    rows = np.broadcast_to(x, (*shape, x.shape[-1]))
    return NUMPY[ops.Pick](op, rows, np.broadcast_to(indices, shape))


def _scatter_add(op: Any, x: Any, indices: Any) -> Any:
    _within(op.rows, indices)
    return NUMPY[ops.ScatterAdd](op, x, indices)


KERNELS: Mapping[type[ops.Op], Any] = {
    **{op: kernel for op, kernel in NUMPY.items() if not op.expands()},
    ops.OneHot: _one_hot, ops.Take: _take, ops.Pick: _pick,
    ops.ScatterAdd: _scatter_add,
    Pack: lambda op, *xs: np.concatenate([x.ravel() for x in xs]),
    ops.Uniform: None, ops.Unslice: None,
}  # fmt: skip


class NumexprExecutable(Executable):
    """A program computed node by node, elementwise formulas by numexpr."""

    peak_memory = 0

    def __init__(self, program: Program, kernels: Mapping[type[ops.Op], Any]) -> None:
        self.program = program
        self._kernels = kernels
        self._phases = program.lower(kernels)
        self._orders = [topological(phase.roots) for phase in self._phases]
        self._text: dict[cr.Node, tuple[str, dict[str, cr.Node]]] = {}
        self._inputs: dict[cr.Node, Any] = {}
        self._results: list[Any] = []
        self._totals = np.zeros(program.total_offsets[-1])
        self._later = {
            node
            for phase, order in zip(self._phases, self._orders, strict=True)
            for node in self._find_expressions(order, {*phase.roots})
        }
        self.source = "\n".join(
            text for node, (text, _) in self._text.items() if node not in self._later
        )

    def _find_expressions(
        self, order: Sequence[cr.Node], roots: set[cr.Node]
    ) -> set[cr.Node]:
        """Write elementwise nodes as text; return those that stand in others' text."""
        uses = Counter(x for node in order for x in node.inputs)
        inside: set[cr.Node] = set()
        for node in order:
            form = EXPRESSIONS.get(type(node.op))  # type: ignore[arg-type]
            if (
                form is None
                or self.program.checked
                or any(x.dtype == "int" for x in (node, *node.inputs))
            ):
                continue
            operands: dict[str, cr.Node] = {}
            texts = []
            for x in node.inputs:
                text, more = self._text.get(x, ("", {}))
                if text and uses[x] == 1 and x not in roots and len(text) < LONGEST:
                    inside.add(x)
                else:
                    text, more = f"v{id(x)}", {f"v{id(x)}": x}
                texts.append(text)
                operands |= more
            self._text[node] = form.format(*texts), operands
        return inside

    def put(self, leaf: cr.Node, values: Any, rows: Any = None) -> None:
        taken = values if rows is None else values[rows]
        self._inputs[leaf] = np.array(taken, self._dtype(leaf))

    def run(self, *, seed: int = 0, step: int = 1, lr: float = 0.0) -> None:
        numbers = {LEARNING_RATE: lr, STEP: step}
        for first, (phase, order) in enumerate(
            zip(self._phases, self._orders, strict=True)
        ):
            values: dict[cr.Node, Any] = {}
            for node in order:
                if node not in self._later:
                    with np.errstate(all="ignore"):
                        value = self._value(node, values, numbers, seed, step)
                    values[node] = np.asarray(value, self._dtype(node))
                    self._check(node, values[node])
            if first == 0:
                self._results = [np.array(values[node]) for node in phase.outputs]
                made = [np.zeros(0), *(np.ravel(values[node]) for node in phase.totals)]
                self._totals += np.concatenate(made)
            new = [(target, np.array(values[node])) for target, node in phase.assigns]
            for target, value in new:
                np.copyto(target.value, value, casting="same_kind")

    def _value(
        self,
        node: cr.Node,
        values: Mapping[Any, Any],
        numbers: Any,
        seed: int,
        step: int,
    ) -> Any:
        if isinstance(node, cr.Constant | cr.Parameter):
            return node.value
        if isinstance(node, cr.Input):
            given = getattr(node, "source", node)
            return numbers[node] if node in numbers else self._inputs[given]
        if node in self._text:
            text, operands = self._text[node]
            arrays = {name: values[x] for name, x in operands.items()}
            return numexpr.evaluate(text, arrays, {}, casting="unsafe")
        op: Any = node.op
        if isinstance(op, ops.Uniform):
            return generator(seed, str(op.stream), step).random(sizes(node), np.float32)
        operands_ = [values[x] for x in node.inputs]
        if isinstance(op, ops.Unslice):
            whole = np.zeros(sizes(node), operands_[0].dtype)
            whole[tuple(slice(*each) for each in op.ranges)] = operands_[0]
            return whole
        return self._kernels[type(op)](op, *operands_)

    def _check(self, node: cr.Node, value: Any) -> None:
        if self.program.checked and node.op and not np.isfinite(value).all():
            raise cr.errors.DivergenceError(f"{node!r} is not finite")

    def _dtype(self, node: cr.Node) -> Any:
        return numpy_dtype(node.dtype, self.program.dtype)

    def fetch(self, index: int) -> Any:
        return self._results[index].copy()

    def take_totals(self) -> Any:
        taken, self._totals = self._totals, np.zeros_like(self._totals)
        return taken


class NumexprBackend(Backend):
    """Elementwise formulas in one pass over the data, with numexpr."""

    type_name = "numexpr"
    kernels = KERNELS

    def devices(self) -> Sequence[Device]:
        return [Device(name=f"CPU, {numexpr.nthreads} threads", kind="cpu")]

    def compile(self, program: Program) -> Executable:
        return NumexprExecutable(program, self.kernels)


@cr.hookimpl
def register_backends() -> Sequence[type[Backend]]:
    """Return the backend of this package."""
    return [NumexprBackend]
