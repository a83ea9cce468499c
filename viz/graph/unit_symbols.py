"""The symbols of single units and weights: a₂⁽¹⁾ and w₁₂⁽¹⁾."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from chainrule.node import Node, Parameter
from chainrule.notation.symbols import Derivative, Symbol
from chainrule.viz.graph.vectors import one_shape


def index_of(node: Node, which: int) -> str:
    """Return the index of a unit, from 1; nothing for the only one."""
    shape = [size for size in one_shape(node) if size != 1]
    return _counted(map(int, np.unravel_index(which, shape)) if shape else ())


def _counted(places: Iterable[int]) -> str:
    """Return places counted from 1, with commas if they are more than digits."""
    numbers = [place + 1 for place in places]
    return ("" if max(numbers, default=0) < 10 else ",").join(map(str, numbers))


def unit_symbol(symbol: Symbol | Derivative | None, node: Node, which: int) -> Symbol:
    """Return the symbol of a unit of a vector: a₂⁽¹⁾ is the second of a⁽¹⁾."""
    if not isinstance(symbol, Symbol):
        symbol = Symbol(symbol.unicode() if symbol else "?")
    return with_index(symbol, index_of(node, which))


def weight_symbol(symbol: Symbol, kernel: Parameter, entry: int) -> Symbol:
    """Return the symbol of an entry of a parameter: w₁₂⁽¹⁾ is one of W⁽¹⁾."""
    if kernel.value.ndim < 2 and kernel.value.size == 1:
        return symbol
    places = np.unravel_index(entry, kernel.value.shape)
    lower = replace(symbol, base=symbol.base.lower())
    return with_index(lower, _counted(int(place) for place in places))


def with_index(symbol: Symbol, index: str) -> Symbol:
    """Return a symbol with one more index, as in ``a₂⁽¹⁾`` or ``w₁,₂₃``."""
    sub = f"{symbol.sub},{index}" if symbol.sub and index else symbol.sub or index
    return replace(symbol, sub=sub)
