"""The structure of a model: which layers were called on what, and what they own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chainrule.errors import GraphError
from chainrule.graph import topological
from chainrule.kinds.module import OwnedParameter, calls
from chainrule.node import Input, Node, Parameter
from chainrule.scopes import Scope


class Part(Protocol):
    """A layer, an activation, or a model that is used as a layer."""

    @property
    def scope(self) -> Scope:
        """The scope that carries its name."""

    def owned_parameters(self) -> Iterable[tuple[str, OwnedParameter]]:
        """Yield (path, parameter) for all that it owns."""

    def to_config(self) -> dict[str, Any]:
        """Return what a file needs to make it again."""


@dataclass(frozen=True)
class Structure:
    """A graph in which a call of a layer counts as one node.

    Attributes:
        order: the nodes, operands first; what is inside of layers is left out.
        parts: the layers that are called, in the order of their first call.
    """

    order: tuple[Node, ...]
    parts: tuple[Part, ...]


def operands(node: Node) -> tuple[Node, ...]:
    """Return what a node is computed from, if a call of a layer counts as one node."""
    return calls[node].inputs if node in calls else node.inputs


def trace(outputs: Sequence[Node]) -> Structure:
    """Walk back from the outputs, from call to call."""
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
            stack += [(x, False) for x in reversed(operands(node)) if x not in done]
    parts = dict.fromkeys(calls[node].module for node in order if node in calls)
    return Structure(tuple(order), tuple(parts))


def listed(nodes: Any, what: str) -> tuple[Any, ...]:
    """Return one node, or several, as a tuple.

    Raises:
        GraphError: it is neither a node nor a list of them.
    """
    if isinstance(nodes, Node):
        return (nodes,)
    if not isinstance(nodes, (list, tuple)) or not nodes:
        raise GraphError(f"{what} are a node, or a list of nodes, got {nodes!r}")
    return tuple(nodes)


def check_leaves(inputs: Sequence[Input], outputs: Sequence[Node]) -> None:
    """Refuse a model whose outputs are not functions of exactly its inputs.

    Raises:
        GraphError: names the input that is missing, unused, given twice, or none.
    """
    for leaf in inputs:
        if not isinstance(leaf, Input):
            raise GraphError(f"{leaf!r} is no input; make one with cr.input")
    for node in outputs:
        if not isinstance(node, Node):
            raise GraphError(f"an output is a node of the graph, got {node!r}")
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


def name_parts(parts: Iterable[Part]) -> None:
    """Give every part without a name one of its own: dense_1, dense_2, dropout_1 ….

    Raises:
        GraphError: two parts have one name, or a name has a slash in it.
    """
    parts = list(parts)
    taken: set[str] = set()
    for part in parts:
        name = part.scope.name
        if name is not None and (not isinstance(name, str) or not name or "/" in name):
            raise GraphError(
                f"a layer cannot be called {name!r}: a name is a text without '/', "
                "which separates the names in a path"
            )
        if name in taken:
            raise GraphError(
                f"two layers are called {name!r}; give each a name of its own, "
                f'such as name="{name}_b"'
            )
        if name:
            taken.add(name)
    numbers: Counter[str] = Counter()
    for part in parts:
        if part.scope.name is None:
            label = part.scope.label
            numbers[label] += 1
            while f"{label}_{numbers[label]}" in taken:
                numbers[label] += 1
            part.scope.name = f"{label}_{numbers[label]}"


def owned(parts: Iterable[Part]) -> dict[str, OwnedParameter]:
    """Return path → parameter for all that layers own; shared ones once."""
    found: dict[str, OwnedParameter] = {}
    seen: set[Parameter] = set()
    for part in parts:
        for path, parameter in part.owned_parameters():
            if parameter.node not in seen:
                seen.add(parameter.node)
                found[f"{part.scope.name}/{path}"] = parameter
    return found


def parameters(
    outputs: Sequence[Node], by_layer: dict[str, OwnedParameter]
) -> dict[str, Parameter]:
    """Return path → parameter for everything that the outputs depend on.

    Raises:
        GraphError: two parameters that no layer owns have one name.
    """
    used = dict.fromkeys(n for n in topological(outputs) if isinstance(n, Parameter))
    found = {path: p.node for path, p in by_layer.items() if p.node in used}
    for node in found.values():
        del used[node]
    for node in used:
        path = "/".join((*_path(node), node.name or "parameter"))
        if path in found:
            raise GraphError(
                f"two parameters are called {path!r}; give each a name of its own"
            )
        found[path] = node
    return found


def _path(node: Node) -> list[str]:
    return [part.name or part.label for part in node.scope]


def output_names(outputs: Sequence[Node]) -> tuple[str, ...]:
    """Return a name for each output: its own, its layer's, or output_1 ….

    Raises:
        GraphError: two outputs have one name.
    """
    names = []
    for number, node in enumerate(outputs, start=1):
        layer = calls[node].module.scope.name if node in calls else None
        names.append(layer or node.name or f"output_{number}")
    if len(set(names)) < len(names):
        names = [f"output_{number}" for number in range(1, len(names) + 1)]
    return tuple(names)
