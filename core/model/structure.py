"""The structure of a model: its layers, and what they are called on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.calls import calls
from chainrule.data.arrays import Array
from chainrule.errors import GraphError, shown
from chainrule.graph import topological
from chainrule.kinds.owned import OwnedParameter
from chainrule.model.insides import Places, places_inside
from chainrule.model.names import (
    Part,
    name_parts,
    output_names,
    owned_by_path,
    parameters_by_path,
)
from chainrule.node import Input, Node
from chainrule.training.network import Network


@dataclass(frozen=True)
class Structure:
    """A graph with each call of a layer as one node.

    Attributes:
        order: the nodes, operands first; of those inside of layers only the ones that
            are also used outside.
        places: for these, the call that they are inside of, and where.
        parts: the layers that are called, in the order of their first call.
        owned: path → parameter and its initializer, for what the layers own.
        network: the whole graph.
    """

    order: tuple[Node, ...]
    places: Places
    parts: tuple[Part, ...]
    owned: Mapping[str, OwnedParameter]
    network: Network

    @classmethod
    def of(cls, inputs: Any, outputs: Any) -> Structure:
        """Find the layers between inputs and outputs, and name all that has no name.

        Raises:
            GraphError: the outputs are not functions of exactly these inputs, or two
                layers or parameters have one name.
        """
        inputs, outputs = _listed(inputs, "inputs"), _listed(outputs, "outputs")
        _check_leaves(inputs, outputs)
        places = places_inside(outputs)
        order = _trace(outputs, places)
        parts = dict.fromkeys(calls[node].module for node in called(order, places))
        name_parts(parts)
        owned = owned_by_path(parts)
        parameters = parameters_by_path(outputs, owned)
        network = Network(inputs, outputs, output_names(outputs), parameters)
        return cls(tuple(order), places, tuple(parts), owned, network)

    def draw_weights(self, seed: int) -> None:
        """Draw the initial values of all owned parameters that were not set."""
        for path, owned in self.owned.items():
            if owned.drawn != (seed, path) and owned.untouched:
                owned.initialize(seed, path)

    def set_weights(self, arrays: Mapping[str, Array]) -> None:
        """Set the values of parameters by path; they are not drawn again."""
        for path, array in arrays.items():
            np.copyto(self.network.parameters[path].value, array)
            if path in self.owned:
                self.owned[path].drawn = None


def called(order: Iterable[Node], places: Places) -> list[Node]:
    """Return the results of the calls of layers that are not inside of others."""
    return [node for node in order if node in calls and node not in places]


def operands(node: Node, places: Places) -> tuple[Node, ...]:
    """Return the operands of a node, with each call of a layer as one node."""
    if node in places:
        return places[node][:1]
    return calls[node].inputs if node in calls else node.inputs


def _trace(outputs: Sequence[Node], places: Places) -> list[Node]:
    """Walk back from the outputs, from call to call; return the nodes in order."""
    order: list[Node] = []
    done: set[Node] = set()
    stack = [(node, False) for node in reversed(outputs)]
    while stack:
        node, ready = stack.pop()
        if node in done:
            continue
        if ready:
            done.add(node)
            order.append(node)
        else:
            stack.append((node, True))
            stack += [
                (x, False) for x in reversed(operands(node, places)) if x not in done
            ]
    return order


def _listed(nodes: Any, what: str) -> tuple[Any, ...]:
    """Return one node, or several, as a tuple."""
    if isinstance(nodes, Node):
        return (nodes,)
    if not isinstance(nodes, (list, tuple)) or not nodes:
        raise GraphError(f"{what} must be a node, or a list of nodes, got {nodes!r}")
    return tuple(nodes)


def _check_leaves(inputs: Sequence[Input], outputs: Sequence[Node]) -> None:
    """Reject outputs that are not functions of exactly these inputs."""
    for leaf in inputs:
        if not isinstance(leaf, Input):
            raise GraphError(f"{leaf!r} is not an input; make one with cr.input")
    for node in outputs:
        if not isinstance(node, Node):
            raise GraphError(
                f"an output must be a node of the graph, got {shown(node)}"
            )
    names = [leaf.name for leaf in inputs]
    for name, times in Counter(names).items():
        if times > 1:
            raise GraphError(f"two inputs are called {name!r}; give each its own name")
    used = [node for node in topological(outputs) if isinstance(node, Input)]
    for leaf in used:
        if leaf not in inputs:
            raise GraphError(
                f"the outputs depend on input {leaf.name!r}, which is not among the "
                f"model's inputs ({', '.join(map(repr, names))})"
            )
    for leaf in inputs:
        if leaf not in used:
            raise GraphError(f"no output depends on input {leaf.name!r}; leave it out")
