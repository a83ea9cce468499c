"""A question: which derivative is explained, at which values; and its simpler parts.

The loss of a batch is a mean over its examples, and a loss with penalties is a sum.
Each part has a chain of its own, which can be read; all of them together seldom have.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.autodiff import Backward, backward
from chainrule.errors import GraphError
from chainrule.graph import Graph, topological
from chainrule.node import Input, Node
from chainrule.notation.naming import Naming
from chainrule.notation.symbols import Symbol
from chainrule.ops import Add, add
from chainrule.scopes import inside
from chainrule.viz.chain.entries import find_entry
from chainrule.viz.values import evaluated

Feeds = Mapping[Input, npt.NDArray[Any]]


@dataclass(frozen=True)
class Question:
    """Why ∂J/∂w has its value.

    Attributes:
        loss: J, a scalar.
        wrt: w.
        index: the entry of w.
        feeds: a value for every input.
        names: names for nodes.
        seed: of the random numbers.
        label: what the question is about, if it is a part of another one.
        number: which example it is about, from 1; 0 if not about one alone.
        whole: the loss that this one is a part of; it names the nodes.
    """

    loss: Node
    wrt: Node
    index: tuple[int, ...]
    feeds: Feeds
    names: Mapping[str, object] = field(default_factory=dict)
    seed: int = 0
    label: str = ""
    number: int = 0
    whole: Node | None = None

    @functools.cached_property
    def sweep(self) -> Backward:
        """The reverse sweep from J to w."""
        return backward(self.loss, [self.wrt])

    @functools.cached_property
    def slope(self) -> float:
        """The derivative as the reverse sweep computes it."""
        gradient = self.sweep.gradient[self.wrt]
        values = evaluated([self.wrt, gradient], self.feeds, self.seed)
        flat = find_entry(self.wrt, values[self.wrt], self.index).flat
        whole = np.broadcast_to(values[gradient], values[self.wrt].shape)
        return float(whole.reshape(-1)[flat])

    @property
    def naming(self) -> Naming:
        """The symbols of the nodes, those of the whole that this is a part of."""
        whole = [self.loss] if self.whole is None else [self.whole, self.loss]
        return Naming(Graph(whole), self.names, loss=self.loss)

    @property
    def symbol(self) -> Symbol:
        """How J is written."""
        found = self.naming.symbol(self.loss)
        return found if isinstance(found, Symbol) else Symbol("J")

    @functools.cached_property
    def batch(self) -> int:
        """How many examples there are; 1 where the inputs have no batch in common."""
        sizes = {len(self.feeds[x]) for x in self._batches}
        return sizes.pop() if len(sizes) == 1 else 1

    @property
    def _batches(self) -> list[Input]:
        return [x for x in self.feeds if x.shape[:1] == (None,)]

    def of_example(self, number: int) -> Question:
        """Return the same question about the loss of one example, counted from 0."""
        feeds = {
            x: value[[number]] if x in self._batches else value
            for x, value in self.feeds.items()
        }
        symbol = replace(self.symbol, example=str(number + 1))
        return replace(
            self,
            loss=_called(self.loss, symbol),
            feeds=feeds,
            label=f"example {number + 1} of {self.batch}",
            number=number + 1,
            whole=self.loss if self.whole is None else self.whole,
        )

    def penalties(self) -> tuple[Question, list[Question]] | None:
        """Split the loss into that of the data and the penalties on w; None without."""
        data: list[Node] = []
        penalties: list[Node] = []
        for term in _terms(self.loss):
            below = topological([term])
            if any(isinstance(node, Input) for node in below):
                data.append(term)
            elif self.wrt in below:
                penalties.append(term)
        if not penalties or not any(self.wrt in topological([n]) for n in data):
            return None
        one = Symbol("L", example=str(self.number or ""))
        rest = self._about(functools.reduce(add, data), one, "the data")
        count = len(penalties)
        if count == 1:
            return rest, [self._about(penalties[0], Symbol("R"), "the penalty")]
        return rest, [
            self._about(
                node, Symbol("R", sub=str(i)), f"penalty {i} of {len(penalties)}"
            )
            for i, node in enumerate(penalties, 1)
        ]

    def _about(self, loss: Node, symbol: Symbol, label: str) -> Question:
        """Return the same question about a summand of the loss."""
        if not loss.name:
            loss = _called(loss, symbol)
        return replace(
            self,
            loss=loss,
            label=label,
            whole=self.loss if self.whole is None else self.whole,
        )

    def examples(self) -> tuple[float, list[Question]] | None:
        """Return a question for each example, and by what their answers are multiplied.

        That is 1/n where the loss is a mean over examples, and 1 where it is a sum.
        None where examples depend on each other, as in a normalization of the batch, or
        where w itself belongs to one of them.
        """
        if self.batch == 1 or self.wrt.shape[:1] == (None,):
            return None
        if self.wrt not in self.sweep.gradient:
            return None
        parts = [self.of_example(number) for number in range(self.batch)]
        total, slopes = self.slope, [part.slope for part in parts]
        for factor in (1 / self.batch, 1.0):
            scale = factor * max(map(abs, slopes))
            if abs(factor * sum(slopes) - total) <= 1e-7 * max(scale, abs(total)):
                return factor, parts
        return None


def _terms(loss: Node) -> Iterator[Node]:
    """Yield the scalars that a loss is the sum of."""
    open_terms = [loss]
    while open_terms:
        node = open_terms.pop()
        if isinstance(node.op, Add) and all(x.shape == () for x in node.inputs):
            open_terms += reversed(node.inputs)
        else:
            yield node


def _called(node: Node, symbol: Symbol) -> Node:
    """Return the same node under another name; the node itself keeps its own."""
    if node.op is None:
        raise GraphError("a loss that is an input or a parameter has no examples")
    sub = f"_{symbol.sub}" if symbol.sub else ""
    with inside(node.scope):
        example = f"⟨{symbol.example}⟩" if symbol.example else ""
        name = f"{symbol.base}{sub}{example}{symbol.argument}"
        return node.op(*node.inputs).named(name)
