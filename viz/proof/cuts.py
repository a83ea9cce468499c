"""Cuts: a unit computed by the graph from other units, whatever the rest are.

The nodes that are drawn as units become inputs. What a unit depends on is then found by
moving them, one at a time or all that have no edge to it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import numpy as np

from chainrule.graph import topological
from chainrule.kinds.module import modules_of
from chainrule.node import Constant, Input, Node, Parameter
from chainrule.ops import Training, Uniform
from chainrule.substitution import substitute
from chainrule.viz.formulas.measures import Array
from chainrule.viz.proof.truth import Truth
from chainrule.viz.proof.unit_names import Entry
from chainrule.viz.values import evaluated

TRIES = 6
"""Random points at which a unit may depend on another."""


@dataclass(frozen=True)
class _Piece:
    """What a node is computed from inside its unit: inputs in place of other units."""

    result: Node
    probes: Mapping[Node, Input]
    steps: tuple[Node, ...]


@dataclass(eq=False)
class Cut:
    """A graph that is cut at the nodes drawn as units.

    Attributes:
        truth: the graph with an example.
        units: the nodes.
    """

    truth: Truth
    units: AbstractSet[Node]
    _random: np.random.Generator = field(
        init=False, default_factory=lambda: np.random.default_rng(0)
    )
    _pieces: dict[Node, _Piece] = field(init=False, default_factory=dict)

    def is_function_of(self, entry: Entry, sources: Collection[Entry]) -> bool:
        """Whether a unit has its value, whatever units that are not sources are."""
        for _ in range(2):
            values = self._anywhere(entry.node)
            for source in sources:
                if source.node in values:
                    values[source.node].flat[source.which] = source.value
            result = self._result(entry, values)
            if not np.isclose(
                result, entry.value, rtol=1e-6, atol=1e-9, equal_nan=True
            ):
                return False
        return True

    def depends(self, entry: Entry, source: Entry) -> bool:
        """Whether a unit changes with another one, anywhere."""
        read = source.node in self._piece(entry.node).probes
        shape = self.truth.values_of_graph[source.node].shape
        if not read or source.node.dtype != "float" or math.prod(shape) == 1:
            return read
        for _ in range(TRIES):
            values = self._anywhere(entry.node)
            before = self._result(entry, values)
            others = self._anywhere(entry.node)[source.node]
            values[source.node].flat[source.which] = others.flat[source.which]
            if self._result(entry, values) != before:
                return True
        return False

    def is_dropped(self, entry: Entry) -> bool:
        """Whether a module that drops units gives 0 in a unit, whatever comes in."""
        inside = [
            x for x in self._piece(entry.node).steps
            if x.op is not None and not (x.op.view or isinstance(x.op, Training))
        ]  # fmt: skip
        for module in {m for x in inside for m in modules_of(x) if m.drops}:
            steps = [x for x in inside if module in modules_of(x)]
            entering = [
                x for step in steps for x in step.inputs
                if module not in modules_of(x)
                and not isinstance(x, (Parameter, Constant))
            ]  # fmt: skip
            value = self._evaluated(entering[0], {})
            probe = Input("entering", entering[0].shape)
            replaced = {**self._draws, entering[0]: probe}
            (result,) = substitute([steps[-1]], replaced)
            if (
                self._evaluated(result, {probe: np.ones_like(value)}).flat[entry.which]
                == 0
            ):
                return True
        return False

    def _piece(self, node: Node) -> _Piece:
        if node not in self._pieces:
            steps, waiting = {node}, [node]
            probes: dict[Node, Input] = {}
            for step in waiting:
                for x in self._read(step):
                    if x in self.units:
                        probes[x] = Input(f"unit {len(probes)}", x.shape, x.dtype)
                    elif x not in steps:
                        steps.add(x)
                        waiting.append(x)
            (result,) = substitute([node], {**self._draws, **probes})
            inside = tuple(x for x in topological([node]) if x in steps)
            self._pieces[node] = _Piece(result, probes, inside)
        return self._pieces[node]

    def _read(self, node: Node) -> tuple[Node, ...]:
        """Return the operands of a node; while training, or not, only one of two."""
        if isinstance(node.op, Training):
            return (node.inputs[0 if self.truth.training else 1],)
        return () if isinstance(node.op, Uniform) else node.inputs

    def _anywhere(self, node: Node) -> dict[Node, Array]:
        """Return random values of the units around a node; classes keep theirs."""
        found = {}
        for x in self._piece(node).probes:
            found[x] = np.array(self.truth.values_of_graph[x])
            if x.dtype == "float":
                size = 1 + np.abs(found[x]).max()
                found[x] = self._random.normal(0, size, found[x].shape)
        return found

    def _result(self, entry: Entry, values: Mapping[Node, Array]) -> float:
        piece = self._piece(entry.node)
        given: dict[Node, Array] = {
            piece.probes[x]: value for x, value in values.items()
        }
        return float(self._evaluated(piece.result, given).flat[entry.which])

    def _evaluated(self, node: Node, given: Mapping[Node, Array]) -> Array:
        leaves = [x for x in topological([node]) if isinstance(x, Input)]
        known = {*leaves, *(leaf.name for leaf in leaves)}
        feeds = {**self.truth.feeds, **given}
        used = {key: value for key, value in feeds.items() if key in known}
        truth = self.truth
        with np.errstate(all="ignore"):
            return evaluated([node], used, truth.seed, training=truth.training)[node]

    @functools.cached_property
    def _draws(self) -> Mapping[Node, Constant]:
        """The random numbers in the graph, as constants."""
        nodes = [node for node in self.truth.graph if isinstance(node.op, Uniform)]
        outputs, truth = self.truth.graph.outputs, self.truth
        every = evaluated(
            [*outputs, *nodes], truth.feeds, truth.seed, training=truth.training
        )
        return {node: Constant(every[node]) for node in nodes}
