"""Hidden layers: where regularizers transform activations during training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from chainrule.errors import GraphError
from chainrule.graph import number_scopes, topological
from chainrule.kinds.module import Module, modules_of
from chainrule.kinds.regularizer import Regularizer
from chainrule.node import Node, Parameter
from chainrule.ops import Training, training
from chainrule.scopes import Scope, inside
from chainrule.substitution import substitute


def transformed(
    outputs: Sequence[Node], regularizers: Sequence[Regularizer]
) -> list[Node]:
    """Return the outputs with the output of every hidden layer transformed.

    The transformed activations are used in training only. Layers that are frozen
    compute what they compute when nothing is trained.

    Raises:
        GraphError: a regularizer transforms hidden layers, and there are none.
    """
    outputs = _with_frozen_layers(outputs)
    acting = [r for r in regularizers if type(r).transform is not Regularizer.transform]
    if not acting:
        return outputs
    places = hidden(outputs)
    if not places:
        raise GraphError(
            f"{acting[0]!r} acts on hidden layers and this model has none; leave it "
            "out, or add a layer before the last one"
        )
    after = {x: _transform(acting, place) for x, place in places.items()}
    return substitute(outputs, {}, after=after)


def _with_frozen_layers(outputs: Sequence[Node]) -> list[Node]:
    """Return the outputs with the layers in inference mode that are frozen entirely."""
    after: dict[Node, Callable[[Node], Node]] = {
        node: lambda made: made.inputs[1]
        for node in topological(outputs)
        if isinstance(node.op, Training) and any(map(_is_frozen, modules_of(node)))
    }
    return substitute(outputs, {}, after=after) if after else list(outputs)


def _is_frozen(module: Module) -> bool:
    frozen = [owned.node.frozen for _, owned in module.owned_parameters()]
    return bool(frozen) and all(frozen)


def hidden(outputs: Sequence[Node]) -> dict[Node, str]:
    """Return the outputs of hidden layers, each with a unique name.

    These are the nodes that enter a layer with parameters, and themselves depend on
    learned parameters, frozen or not.
    """
    order = topological(outputs)
    paths = number_scopes(order)
    learned: set[Node] = {p for p in order if isinstance(p, Parameter) and p.learned}
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
