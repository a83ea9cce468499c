"""The symbols of layers.

The k-th layer that has parameters calls them W⁽ᵏ⁾ and b⁽ᵏ⁾; what it computes is z⁽ᵏ⁾
before its activation and a⁽ᵏ⁾ after it.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace

from chainrule.calls import is_returned
from chainrule.graph import Graph
from chainrule.node import Node, Parameter
from chainrule.notation.symbols import Symbol, parse_symbol
from chainrule.scopes import Scope


def layer_of(node: Node) -> Scope | None:
    """Return the scope of the layer that a node belongs to."""
    for scope in reversed(node.scope):
        if getattr(scope.component, "kind", "") == "layers":
            return scope
    return None


def layer_numbers(graph: Graph) -> dict[Scope, str]:
    """Number the layers that have parameters, in the order of what they compute."""
    learned = {layer_of(parameter) for parameter in graph.parameters}
    numbers: dict[Scope, str] = {}
    for node in graph:
        layer = layer_of(node)
        if layer is not None and layer in learned and node.inputs:
            numbers.setdefault(layer, f"({len(numbers) + 1})")
    return numbers


def layer_symbols(
    graph: Graph, numbers: Mapping[Scope, str], given: Mapping[Node, Symbol]
) -> dict[Node, Symbol]:
    """Return the symbols of the layers' parameters and results, and those given.

    Args:
        graph: whose nodes to name.
        numbers: the number of each layer, from `layer_numbers`.
        given: symbols that nodes have already.
    """
    symbols = dict(given)
    results: dict[Scope, list[Node]] = {}
    for node, owner in _used_outside(graph, numbers).items():
        results.setdefault(owner, []).append(node)
    for owner, nodes in results.items():
        if len(nodes) == 1 and nodes[0] not in symbols:
            for node, symbol in _result_symbols(nodes[0], owner, numbers[owner]):
                symbols.setdefault(node, symbol)
        elif len(nodes) > 1:
            symbols |= _results_of_shared(nodes, owner, symbols)
    taken = set(symbols.values())
    for parameter in graph.parameters:
        layer = layer_of(parameter)
        if layer is not None and layer in numbers:
            symbol = _parameter_symbol(parameter, layer, numbers[layer], taken)
            symbols[parameter] = symbol
            taken.add(symbol)
    return symbols


def _parameter_symbol(
    node: Parameter, layer: Scope, number: str, taken: Container[Symbol]
) -> Symbol:
    """Return the symbol of a parameter: its name, with that of its part if taken.

    So a frequency a of an activation `snake`, the result of which is a⁽ᵏ⁾, is a with
    the index snake; what is then still taken gets primes.
    """
    name, owner = node.name or "p", node.scope[-1]
    written = getattr(owner.component, "symbols", {})
    symbol = replace(parse_symbol(written.get(name, name)), sup=number)
    if symbol in taken and owner is not layer:
        subs = filter(None, (symbol.sub, owner.label))
        symbol = replace(symbol, sub=",".join(subs))
    while symbol in taken:
        symbol = replace(symbol, base=symbol.base + "'")
    return symbol


def _result_symbols(
    result: Node, layer: Scope, number: str
) -> Iterator[tuple[Node, Symbol]]:
    """Call what a layer computes z⁽ᵏ⁾; with an activation, a⁽ᵏ⁾ of z⁽ᵏ⁾."""
    z = Symbol("z", sup=number)
    if result.scope[-1] is layer:
        yield result, z
        return
    yield result, Symbol("a", sup=number)
    fed = _what_feeds(result, layer)
    if len(fed) == 1:
        yield fed[0], z


def _results_of_shared(
    results: Sequence[Node], layer: Scope, symbols: Mapping[Node, Symbol]
) -> dict[Node, Symbol]:
    """Name results of a layer that is applied several times: a of z, a' of z'."""
    found: dict[Node, Symbol] = {}
    for node in results:
        fed = _what_feeds(node, layer)
        z = symbols.get(fed[0]) if len(fed) == 1 else None
        if z is None or node in symbols or node.scope[-1] is layer:
            continue
        a = replace(z, base="a" + z.base[1:])
        if z.base.startswith("z") and a not in found.values():
            found[node] = a
    return found


def _what_feeds(result: Node, layer: Scope) -> list[Node]:
    """Find the nodes of a layer that its activation reads to give the result."""
    found: dict[Node, None] = {}
    waiting, seen = [result], {result}
    while waiting:
        for x in waiting.pop().inputs:
            if layer not in x.scope or x in seen or not x.inputs:
                continue
            if x.scope[-1] is layer:
                found[x] = None
            else:
                seen.add(x)
                waiting.append(x)
    return list(found)


def _used_outside(graph: Graph, layers: Container[Scope]) -> dict[Node, Scope]:
    """Find the forward nodes that are outputs, or used outside the call of a layer."""
    used: dict[Node, Scope] = {}
    for node in graph:
        for x in node.inputs:
            layer = _layer_of_forward(x, layers)
            if layer is None or node.origin is not None:
                continue
            if layer not in node.scope or is_returned(x, layer):
                used[x] = layer
    for output in graph.outputs:
        layer = _layer_of_forward(output, layers)
        if layer:
            used[output] = layer
    return used


def _layer_of_forward(node: Node, layers: Container[Scope]) -> Scope | None:
    layer = layer_of(node)
    forward = node.inputs and node.origin is None
    return layer if layer is not None and layer in layers and forward else None
