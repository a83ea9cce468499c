"""Check derivatives against finite differences, in float64."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from chainrule.autodiff import backward
from chainrule.errors import ConformanceError
from chainrule.execution import evaluate, open_backend
from chainrule.execution.finite_differences import SPACING, central_slope
from chainrule.graph import dependents, topological
from chainrule.node import Constant, Input, Node
from chainrule.ops import StopGradient, sum
from chainrule.program import Program
from chainrule.substitution import substitute
from chainrule.testing.functions import Function, leaves_for, projected
from chainrule.testing.values import Array

_OFFSETS = np.arange(-2, 3) * SPACING
_AROUND = [0, 1, 3, 4]
"""Which of these offsets are not the middle."""
_KINK = np.array([[1, -4, 6, -4, 1], [-1, 2, 0, -2, 1]]) / [[SPACING], [1]]
"""Weighed to give almost 0 for a smooth function: the first shows a jump of the slope
in the middle, the second one of the value."""
_SMOOTH = 1e-7
_TOLERANCE = 1e-6


def check_derivatives(
    function: Function,
    values: Sequence[npt.ArrayLike],
    *,
    training: bool = False,
    seed: int = 0,
    cuts: bool = False,
) -> None:
    """Check first and second derivatives of a function of nodes at some values.

    The result is projected on a random u: L = ⟨u, f(x)⟩. Along a random line x + s·v
    the slope ⟨∂L/∂x, v⟩ is compared with differences of L, and the curvature
    vᵀ(∂²L/∂x²)v with differences of the slope. So two numbers serve any function and
    any shape: one wrong element changes them. A point near a kink is moved away.

    Args:
        function: takes as many nodes as there are `values` and returns a node.
        values: where to check; floats are moved, integers and booleans stay.
        training: whether dropout and its like are active.
        seed: the seed of the random directions and of random ops.
        cuts: whether `chainrule.ops.stop_gradient` cuts the gradient by intent.

    Raises:
        ConformanceError: a derivative is wrong; says which, where, and by how much.
    """
    random = np.random.default_rng(seed)
    point = [_as_float64(v) for v in values]
    line = _Line(function, point, training, seed, random, cuts)
    for _ in range(20):
        profile = line.profile()
        if not np.isfinite(profile).all():
            raise ConformanceError(f"value or derivatives are not finite at {line}")
        if np.abs(_KINK @ profile[:, :2]).max() <= _SMOOTH * _scale(profile[:, :2]):
            break
        line.jitter(random)
    else:
        raise ConformanceError("every point near the values is near a kink")
    for order, name in enumerate(("first", "second")):
        expected = central_slope(profile[_AROUND, order], SPACING)
        got = profile[2, order + 1]
        error = abs(got - expected)
        if not error <= _TOLERANCE * _scale(profile[:, order : order + 2]):
            raise ConformanceError(
                f"the {name} derivative along a line is {got:.10g}, where differences "
                f"give {expected:.10g}; at {line}{_hint(line, cuts)}"
            )


def _hint(line: _Line, cuts: bool) -> str:
    """Say how a cut of the gradient is declared, if there is one that was not."""
    if cuts or not line.stops:
        return ""
    return (
        ". Stop_gradient cuts off a part of it: if that is meant, write cuts_gradient "
        "= True in the class"
    )


class _Line:
    """A function along a line: its projection, slope and curvature."""

    def __init__(
        self,
        function: Function,
        point: list[Array],
        training: bool,
        seed: int,
        random: np.random.Generator,
        cuts: bool,
    ) -> None:
        self.point = point
        self.seed = seed
        self.leaves = leaves_for(point)
        self.directions = {
            leaf: random.standard_normal(value.shape)
            for leaf, value in zip(self.leaves, point, strict=True)
            if leaf.dtype == "float"
        }
        y = function(*self.leaves)
        self.stops = _stops(y, self.leaves)
        self._cuts = _Cuts(y, self.leaves, self.stops if cuts else [], training)
        value = projected(self._cuts.open)
        slope = self._along(value)
        program = Program(
            outputs=[value, slope, self._along(slope)],
            shapes={x: x.shape for x in (*self.leaves, *self._cuts.leaves)},
            training=training,
            dtype="float64",
        )
        self._executable = open_backend().compile(program)

    def __str__(self) -> str:
        return ", ".join(map(repr, self.point))

    def _along(self, node: Node) -> Node:
        """Return the derivative of a scalar in the direction of the line."""
        gradient = backward(node, list(self.directions)).gradient
        total: Node = Constant(0.0)
        for leaf, direction in self.directions.items():
            if leaf in gradient:
                g = gradient[leaf]
                if g.shape != leaf.shape:
                    raise ConformanceError(
                        f"the derivative with respect to an operand of shape "
                        f"{leaf.shape} has shape {g.shape}"
                    )
                total = total + sum(g * Constant(direction))
        return total

    def profile(self) -> Array:
        """Return value, slope and curvature at five points around the middle."""
        for leaf, at in self._cuts.values(self.point, self.seed):
            self._executable.put(leaf, at)
        rows = []
        for offset in _OFFSETS:
            for leaf, value in zip(self.leaves, self.point, strict=True):
                moved = leaf in self.directions
                at = value + offset * self.directions[leaf] if moved else value
                self._executable.put(leaf, at)
            self._executable.run(seed=self.seed)
            rows.append([float(self._executable.fetch(i)) for i in range(3)])
        return np.array(rows)

    def jitter(self, random: np.random.Generator) -> None:
        """Move the middle of the line a little."""
        for i, leaf in enumerate(self.leaves):
            if leaf in self.directions:
                noise = random.uniform(-0.01, 0.01, self.point[i].shape)
                self.point[i] = self.point[i] + noise


def _stops(y: Node, leaves: Sequence[Input]) -> list[Node]:
    """Find the nodes behind which no gradient flows on to the leaves."""
    order = topological([y])
    moving = dependents(leaves, order)
    return [x for x in order if isinstance(x.op, StopGradient) and x in moving]


class _Cuts:
    """Where a function cuts the gradient by intent, with `chainrule.ops.stop_gradient`.

    Differences must not see what its derivative must not: along the line, what is cut
    off keeps the value that it has in the middle.

    Attributes:
        open: the function, with an input for each node that is cut off.
        leaves: these inputs.
    """

    def __init__(
        self, y: Node, leaves: Sequence[Input], cut: Sequence[Node], training: bool
    ) -> None:
        self._cut = cut
        self._inputs = list(leaves)
        self._training = training
        self.leaves = [Input(f"cut{i}", x.shape) for i, x in enumerate(self._cut)]
        pairs: dict[Node, Node] = dict(zip(self._cut, self.leaves, strict=True))
        self.open = substitute([y], pairs)[0] if pairs else y

    def values(
        self, point: Sequence[Array], seed: int
    ) -> Iterator[tuple[Input, Array]]:
        """Yield each of these inputs with its value at a point."""
        if not self._cut:
            return
        feeds = dict(zip(self._inputs, point, strict=True))
        results = evaluate(
            self._cut, feeds, dtype="float64", training=self._training, seed=seed,
            updating=False,
        )  # fmt: skip
        yield from zip(self.leaves, results, strict=True)


def _as_float64(value: npt.ArrayLike) -> Array:
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _scale(values: Array) -> float:
    return 1 + float(np.abs(values).max())
