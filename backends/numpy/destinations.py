"""Destinations: which results are computed into the parameters they are assigned to."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from chainrule.backends.numpy.kernels import works_in_place
from chainrule.backends.numpy.memory import Array, Memory
from chainrule.backends.numpy.script import Script
from chainrule.node import Node, Parameter
from chainrule.ops import Elementwise
from chainrule.program import Pack, Phase
from chainrule.program.sizes import Sizes, sizes
from chainrule.program.storage import VIEWS, Destination, Liveness, destinations


class Destinations:
    """The results of one phase that are computed into parameters.

    Args:
        phase: the phase.
        live: its liveness.
        leaves: the arrays of its inputs, parameters and constants.
        memory: the memory of the program.
        script: knows the kernels.

    Attributes:
        array: for each such result, the part of a parameter's array that it goes to.
        overwritten_at: for each of these parameters that does not share its memory
            with another, the index of the node whose result is its new value.
    """

    def __init__(
        self,
        phase: Phase,
        live: Liveness,
        leaves: Mapping[Node, Array],
        memory: Memory,
        script: Script,
    ) -> None:
        self._live = live
        self._parameters = {x: a for x, a in leaves.items() if isinstance(x, Parameter)}
        self._memory = memory
        self._script = script
        self._outputs = {live.home[node] for node in phase.outputs}
        found = destinations(phase.assigns, self._may_overwrite, self._owner)
        self.array = {
            node: _part(memory.home(target), start, sizes(node))
            for node, (target, start) in found.items()
        }
        self.overwritten_at = {
            target: live.index[node]
            for target, node in phase.assigns
            if found.get(node) == Destination(target)
            and isinstance(node.op, Elementwise)
            and self._sharing(memory.home(target)) == [target]
        }

    def _may_overwrite(self, target: Parameter, node: Node) -> bool:
        home = self._memory.home(target)
        if not self._memory.is_native(home) or node in self._outputs:
            return False
        if isinstance(node.op, Pack):
            sharing = self._sharing(home)
            return not any(self._live.readers[leaf] for leaf in sharing)
        elementwise = isinstance(node.op, Elementwise) and node.shape != ()
        return (
            elementwise
            and works_in_place(self._script.kernel(node))
            and self._is_read_before(node, target)
            and not self._is_read_out_of_order(node, target)
        )

    def _owner(self, node: Node) -> Node | None:
        """Return an operand of a `Pack` itself, if its array can be anywhere."""
        computed = node.op is not None and type(node.op) not in VIEWS
        free = computed and node.shape != () and node not in self._outputs
        return node if free else None

    def _sharing(self, home: Array) -> list[Parameter]:
        """Return the parameters of the phase that lie in the same memory."""
        return [
            leaf
            for leaf, array in self._parameters.items()
            if np.may_share_memory(array, home)
        ]

    def _is_read_before(self, node: Node, target: Parameter) -> bool:
        """Whether a parameter is not read any more when `node` has been computed.

        What else lies in its memory is not read by `node` either.
        """
        position = self._live.index[node]
        for leaf in self._sharing(self._memory.home(target)):
            last = self._live.last_use.get(leaf, -1)
            if last > position or (last == position and leaf is not target):
                return False
        return True

    def _is_read_out_of_order(self, node: Node, target: Parameter) -> bool:
        """Whether the loop that `node` is in may read other elements than it wrote.

        A loop goes on to the next piece when it has written one, which must not have
        been the operand of a later piece, seen through a transposition, say.
        """
        leaves = set(self._sharing(self._memory.home(target)))
        views = (x for x, home in self._live.home.items() if home in leaves)
        readers = (r for x in views if x is not target for r in self._live.readers[x])
        return any(
            isinstance(r.op, Elementwise) and r.shape == node.shape for r in readers
        )


def _part(home: Array, start: int, shape: Sizes) -> Array:
    """Return the part of a parameter's array from an element on, in a shape."""
    if home.shape == shape:
        return home
    return home[start : start + math.prod(shape)].reshape(shape)
