"""Sizes: how a formula writes what a mean divides by, n examples or m features."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TypeAlias

from chainrule.graph import Graph
from chainrule.node import Node
from chainrule.notation.symbols import Symbol
from chainrule.ops import Count, Mean, Softmax

Size: TypeAlias = "int | str"
"""A size that is known, or which axis it is that is open."""

EXAMPLES: Size = "axis 0"
_LETTERS = ("m", "k", "l", "p", "q", "r", "s")


class Sizes:
    """The symbols of the sizes in a graph; different sizes have different symbols.

    Args:
        graph: whose means are looked through.
        taken: symbols that stand for something else.
    """

    def __init__(self, graph: Graph, taken: Collection[str]) -> None:
        self._taken = set(taken)
        self._symbol: dict[Size, Symbol] = {}
        means = [node for node in graph if isinstance(node.op, (Count, Mean))]
        sizes = {size: mean for mean in means for size, _ in _sizes(mean)}
        for size in sorted(sizes, key=lambda size: size != EXAMPLES):
            self._symbol_of(size, "C" if _over_classes(sizes[size]) else "")

    def symbols(self, node: Node) -> list[tuple[Symbol, int]]:
        """Return the factors of what a mean divides by, each with the axis it counts.

        Args:
            node: a `Mean` or a `Count`. Its axes of size 1 are left out.
        """
        return [(self._symbol_of(size, ""), axis) for size, axis in _sizes(node)]

    def used_in(self, text: str) -> list[str]:
        """Say what each symbol in a text stands for: ``n examples``, ``m = 3``."""
        found = []
        for size, symbol in self._symbol.items():
            letter = symbol.unicode()
            if re.search(rf"(?<![\w']){letter}(?![\w'(])", text):
                known = isinstance(size, int)
                what = "examples" if size == EXAMPLES else f"elements along {size}"
                found.append(f"{letter} = {size}" if known else f"{letter} {what}")
        return found

    def _symbol_of(self, size: Size, wanted: str) -> Symbol:
        if size not in self._symbol:
            first = "n" if size == EXAMPLES else wanted
            letters = [first, *_LETTERS] if first else [*_LETTERS]
            free = (letter for letter in letters if letter not in self._taken)
            letter = next(free, f"s_{len(self._symbol) + 1}")
            self._taken.add(letter)
            self._symbol[size] = Symbol(letter)
        return self._symbol[size]


def _sizes(node: Node) -> Iterator[tuple[Size, int]]:
    """Yield the sizes that a node averages or counts over, each with its axis."""
    assert isinstance(node.op, (Count, Mean))
    for axis in node.op.axes:
        size = node.inputs[0].shape[axis]
        if size != 1:
            yield f"axis {axis}" if size is None else size, axis


def _over_classes(node: Node) -> bool:
    """Whether a node is part of a loss whose predictions are those of classes."""
    losses = [scope.component for scope in node.scope]
    return any(
        getattr(loss, "target", "") == "classes"
        or getattr(loss, "applies", None) is Softmax
        for loss in losses
    )
