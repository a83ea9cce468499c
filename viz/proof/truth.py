"""The values that the names on a picture stand for, computed independently."""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.autodiff import Backward
from chainrule.execution.evaluate import evaluate
from chainrule.execution.finite_differences import directional_slope
from chainrule.graph import Graph
from chainrule.node import Constant, Node
from chainrule.notation.naming import Naming
from chainrule.notation.symbols import Derivative, Symbol
from chainrule.ops import Count, Op, Training, Uniform
from chainrule.viz.formulas.meanings import FUNCTIONS, Function
from chainrule.viz.formulas.measures import Array, Measure
from chainrule.viz.graph.compose import Drawing
from chainrule.viz.values import evaluated

RELATIVE = 1e-6
"""How far a formula may be off, as a part of the largest number in its value."""
SLOPE_RELATIVE, SLOPE_ABSOLUTE = 1e-3, 1e-7
"""How far a finite difference may be off."""


@dataclass(frozen=True)
class Truth:
    """A graph with an example, and the names that a picture uses.

    Attributes:
        graph: what is drawn.
        naming: which name stands for which node.
        sweep: its gradients; None where none are drawn.
        feeds: the example: values of the inputs, by node or by name.
        seed: of the random numbers.
        training: whether dropout and its like are active.
        loss_nodes: those that belong to the loss.
        blocks: id of a block → the nodes that it shows.
        exits: id of a block → the only one of them that others use.
    """

    graph: Graph
    naming: Naming
    sweep: Backward | None
    feeds: Mapping[Any, Any]
    seed: int = 0
    training: bool = False
    loss_nodes: Set[Node] = frozenset()
    blocks: Mapping[str, Sequence[Node]] = field(default_factory=dict)
    exits: Mapping[str, Node] = field(default_factory=dict)

    @functools.cached_property
    def nodes(self) -> Mapping[str, tuple[Node, ...]]:
        """Name → the nodes that have it: one, unless a name is used twice."""
        found: dict[str, list[Node]] = {}
        for node in self._everything:
            for name in self._names_of(node):
                found.setdefault(name, []).append(node)
        for node in self._everything:
            if isinstance(node.op, Count):
                for size, axis in self.naming.sizes.symbols(node):
                    counted = Count((axis,))(node.inputs[0])
                    found.setdefault(size.unicode(), []).append(counted)
        for node, gradient in self._gradients.items():
            symbol = self.naming.symbol(node)
            if isinstance(symbol, Symbol):
                assert self.sweep is not None
                loss = self.naming.symbol(self.sweep.loss)
                top = loss if isinstance(loss, Symbol) else Symbol("J")
                name = Derivative(top, (symbol,)).unicode()
                found.setdefault(name, []).append(gradient)
        return {name: tuple(dict.fromkeys(nodes)) for name, nodes in found.items()}

    @functools.cached_property
    def names(self) -> Mapping[str, tuple[Array, ...]]:
        """Name → what it is worth; several arrays if it is used for several things."""
        values = self._values
        return {
            name: tuple(_distinct(values[node] for node in nodes))
            for name, nodes in self.nodes.items()
        }

    @functools.cached_property
    def functions(self) -> Mapping[str, Function]:
        """The ops that only this graph has, by the name they are written with."""
        found: dict[str, dict[Any, Op]] = {}
        for node in self._everything:
            if node.op is None or isinstance(node.op, Training):
                continue
            notation, _ = node.op.written(node)
            name = re.match(r"(\w+)\(", notation or f"{node.op.type_name}(")
            if name and name[1] not in FUNCTIONS:
                found.setdefault(name[1], {})[node.op.key] = node.op
        known = {name: _computed(list(ops.values())) for name, ops in found.items()}
        known["training"] = lambda a, b: [a if self.training else b]
        return known

    def value(self, name: str) -> Array | None:
        """Return what a name is worth; None if it is unknown or stands for several."""
        found = self.names.get(name, ())
        return found[0] if len(found) == 1 else None

    def result(self, block: str) -> Array | None:
        """Return what the only result of a block is worth; None if it has several."""
        return self._values[self.exits[block]] if block in self.exits else None

    def known(self, node: Node) -> Array:
        """Return the value of a node that has a name."""
        return self._values[node]

    def worth(self, node: Node) -> Array:
        """Return the value of any node that the graph's leaves determine."""
        return self._computed([node])[node]

    def gradient(self, name: str) -> Array | None:
        """Return ∂J/∂(a name), None if there is none."""
        nodes = [n for n in self.nodes.get(name, ()) if n in self._gradients]
        return self._values[self._gradients[nodes[0]]] if len(nodes) == 1 else None

    @property
    def loss_symbol(self) -> Symbol | None:
        """The symbol of what the gradients are taken of."""
        loss = self.naming.symbol(self.sweep.loss) if self.sweep is not None else None
        return loss if isinstance(loss, Symbol) else None

    @functools.cached_property
    def values_of_graph(self) -> Mapping[Node, Array]:
        """The values of the nodes of the graph, without those of its gradients."""
        wanted = [n for n in self.graph if self.naming.symbol(n)]
        return evaluated(wanted, self.feeds, self.seed, training=self.training)

    def gradient_of(self, node: Node) -> Array | None:
        """Return the gradient of a node, None if there is none."""
        return self._values[self._gradients[node]] if node in self._gradients else None

    def is_loss(self, name: str) -> bool:
        """Whether a name is that of what the gradients are taken of."""
        return self.sweep is not None and self.sweep.loss in self.nodes.get(name, ())

    @functools.cached_property
    def reference(self) -> float:
        """The size of the largest finite gradient that leaves the loss, 0 if none."""
        leaving = {x for y in self.loss_nodes for x in y.inputs} - set(self.loss_nodes)
        sizes = [
            size_of(self._values[self._gradients[x]])
            for x in leaving
            if x in self._gradients
        ]
        return max((size for size in sizes if np.isfinite(size)), default=0.0)

    def slope_agrees(self, name: str) -> bool:
        """Whether a finite difference agrees with ∂J/∂(a name), entry by entry."""
        assert self.sweep is not None
        node = next(n for n in self.nodes[name] if n in self._gradients)
        gradient, at = self._values[self._gradients[node]], self._values[node]
        for seed in range(3):
            direction = np.random.default_rng(seed).standard_normal(at.shape)
            slope = directional_slope(
                self.sweep.loss, node, at, direction, self.feeds,
                seed=self.seed, training=self.training,
            )  # fmt: skip
            exact = float(np.sum(gradient * direction))
            if not abs(slope - exact) <= SLOPE_ABSOLUTE + SLOPE_RELATIVE * abs(exact):
                return False
        return True

    @functools.cached_property
    def _gradients(self) -> Mapping[Node, Node]:
        return self.sweep.gradient if self.sweep is not None else {}

    @functools.cached_property
    def _everything(self) -> list[Node]:
        """The graph, and the graph of its gradients."""
        sweep = self.sweep
        back = [*sweep.gradient.values(), *sweep.contribution.values()] if sweep else []
        return Graph([*self.graph.outputs, *back]).order

    @functools.cached_property
    def _values(self) -> Mapping[Node, Array]:
        wanted = [*self._gradients, *self._gradients.values()]
        wanted += [n for nodes in self.nodes.values() for n in nodes]
        wanted += self.exits.values()
        return self._computed(list(dict.fromkeys(wanted)))

    def _computed(self, wanted: list[Node]) -> Mapping[Node, Array]:
        """Compute nodes."""
        return evaluated(wanted, self.feeds, self.seed, training=self.training)

    def _names_of(self, node: Node) -> list[str]:
        """Return the names of a node, also one that its op is written with."""
        drawn = isinstance(node.op, Uniform)
        names = [node.op.written(node)[0]] if node.op and drawn else []
        symbol = self.naming.symbol(node)
        if symbol is not None:
            names.append(symbol.unicode())
        if isinstance(symbol, Symbol) and symbol.argument:
            names.append(symbol.unicode().removesuffix(symbol.argument))
        return names


def truth_of(drawing: Drawing) -> Truth | None:
    """Return what a drawing should say, None if it has no values."""
    options, subject = drawing.options, drawing.subject
    if options.values is None:
        return None
    blocks = {block.id: block for block in drawing.scene.blocks}
    return Truth(
        subject.graph, drawing.naming, subject.sweep, options.values, options.seed,
        options.training, subject.loss_nodes,
        {name: block.nodes for name, block in blocks.items()},
        {name: b.exits[0] for name, b in blocks.items() if len(b.exits) == 1},
    )  # fmt: skip


def agrees(found: Measure, truth: Array) -> bool:
    """Whether an array is another one, as nearly as its numbers are printed."""
    wanted = np.asarray(truth, dtype=float)
    finite = np.abs(wanted[np.isfinite(wanted)])
    allowed = RELATIVE * (float(finite.max()) if finite.size else 1.0) + 1e-12
    spread = found.spread(wanted.shape)
    return any(
        _near(value, wanted, allowed + 1.5 * spread)
        for value in forms(found.value, wanted.shape)
    )


def _near(value: Array, wanted: Array, allowed: Any) -> bool:
    with np.errstate(all="ignore"):
        near = np.abs(value - wanted) <= allowed
    same = (value == wanted) | (np.isnan(value) & np.isnan(wanted))
    return bool(np.all(near | same))


def size_of(array: Array) -> float:
    """Return the root mean square of an array."""
    if not array.size:
        return 0.0
    return float(np.sqrt(np.mean(np.square(np.asarray(array, dtype=float)))))


def forms(array: Array, shape: tuple[int, ...]) -> list[Array]:
    """Return an array in another shape, in every way that a reader may take it.

    A column may be written as a vector, and what is the same along an axis once; what
    was reshaped is written as one long vector.
    """
    value = np.asarray(array, dtype=float)
    if value.shape == shape:
        return [value]
    if value.ndim == 1 and value.size == math.prod(shape):
        return [value.reshape(shape)]
    bare = np.squeeze(value)
    found: list[Array] = []
    if bare.ndim > len(shape):
        return found
    for axes in itertools.combinations(range(len(shape)), len(shape) - bare.ndim):
        with contextlib.suppress(ValueError):
            found.append(np.broadcast_to(np.expand_dims(bare, axes), shape))
    return found


def _distinct(arrays: Iterable[Array]) -> Iterable[Array]:
    kept: list[Array] = []
    for array in arrays:
        if not any(
            array.shape == other.shape and np.array_equal(array, other, equal_nan=True)
            for other in kept
        ):
            kept.append(array)
    return kept


def _computed(ops: list[Op]) -> Function:
    """Return a function that applies ops to arrays."""

    def results(*arrays: Array) -> list[Any]:
        operands = [Constant(array) for array in arrays]
        return list(evaluate([op(*operands) for op in ops], {}, dtype="float64"))

    return results
