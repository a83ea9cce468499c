"""Hidden layers: where regularizers transform activations during training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from chainrule.errors import GraphError
from chainrule.graph import number_scopes, topological
from chainrule.kinds.module import Module
from chainrule.kinds.regularizer import Regularizer
from chainrule.node import Node, Parameter
from chainrule.ops import training
from chainrule.scopes import Scope, inside
from chainrule.substitution import substitute


def transformed(
    outputs: Sequence[Node], regularizers: Sequence[Regularizer]
) -> list[Node]:
    """Return the outputs with the output of every hidden layer transformed.

    The transformed activations are used in training only.

    Raises:
        GraphError: a regularizer transforms hidden layers, and there are none.
    """
    acting = [r for r in regularizers if type(r).transform is not Regularizer.transform]
    if not acting:
        return list(outputs)
    places = hidden(outputs)
    if not places:
        raise GraphError(
            f"{acting[0]!r} acts on hidden layers and this model has none; leave it "
            "out, or add a layer before the last one"
        )
    after = {x: _transform(acting, place) for x, place in places.items()}
    return substitute(outputs, {}, after=after)


def hidden(outputs: Sequence[Node]) -> dict[Node, str]:
    """Return the outputs of hidden layers, each with a unique name.

    These are the nodes that enter a layer with parameters, and themselves depend on
    trainable parameters.
    """
    order = topological(outputs)
    paths = number_scopes(order)
    learned: set[Node] = {p for p in order if isinstance(p, Parameter) and p.trainable}
    count: Counter[str] = Counter()
    found: dict[Node, str] = {}
    for node in order:
        for x in node.inputs:
            if x not in learned:
                continue
            learned.add(node)
            entered = _layers(node.scope) - _layers(x.scope)
            if entered and x.op is not None and x not in found:
                path = "/".join(paths[x.scope])
                count[path] += 1
                found[x] = f"{path}/{count[path]}"
    return found


def _layers(path: tuple[Scope, ...]) -> set[Module]:
    """Return the modules with parameters among the scopes of a path."""
    return {
        part.component
        for part in path
        if isinstance(part.component, Module) and any(part.component.owned_parameters())
    }


def _transform(
    regularizers: Sequence[Regularizer], place: str
) -> Callable[[Node], Node]:
    def apply(x: Node) -> Node:
        for number, regularizer in enumerate(regularizers, start=1):
            name = f"{regularizer.type_name}_{number}"
            with inside((Scope(regularizer.type_name, None, regularizer),)):
                y = regularizer.transform(x, f"{name}/{place}")
                x = x if y is None else training(y, x)
        return x

    return apply
