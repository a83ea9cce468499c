"""The nodes that a page explains, as data: how their numbers are written, and used."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chainrule.node import Node, Parameter
from chainrule.notation.symbols import Symbol
from chainrule.viz.page.program import PageProgram
from chainrule.viz.page.texts import Writer
from chainrule.viz.page.uses import Use, Uses


@dataclass(frozen=True)
class Explained:
    """The named nodes of a graph with gradients; none where nothing is computed.

    Attributes:
        uses: what uses them.
        program: what computes them.
        writer: writes texts as data.
    """

    uses: Uses | None
    program: PageProgram | None
    writer: Writer

    def index(self, node: Node | None) -> int | None:
        """Return which of the explained nodes a node is."""
        known = node is not None and self.uses is not None and node in self.uses.of
        return self._indices.get(node) if node is not None and known else None

    def data(self) -> list[dict[str, Any]]:
        """Return all explained nodes, and those that only explain others."""
        return [self._node(node) for node in self._indices]

    @functools.cached_property
    def _indices(self) -> Mapping[Node, int]:
        if self.uses is None or self.program is None:
            return {}
        return {node: i for i, node in enumerate([*self.uses.of, *self.uses.factors])}

    def _node(self, node: Node) -> dict[str, Any]:
        assert self.uses is not None
        assert self.program is not None
        gradient = self.uses.sweep.gradient.get(node)
        return {
            **_written(self.uses.naming.symbol(node), isinstance(node, Parameter)),
            "parameter": isinstance(node, Parameter),
            "value": self.program.place[node],
            "gradient": None if gradient is None else self.program.place[gradient],
            "leaf": self.program.leaf.get(node),
            "uses": [self._use(use) for use in self.uses.of.get(node, ())],
        }

    def _use(self, use: Use) -> dict[str, Any]:
        assert self.program is not None
        data: dict[str, Any] = {
            "user": self.index(use.user),
            "seed": self.program.leaf.get(use.seed),
            "product": self.program.place[use.product],
            "elementwise": use.elementwise,
            "rule": self.writer.text(use.rule),
        }
        if use.partner is not None:
            data["partner"] = self._indices[use.partner.node]
            data["position"] = use.partner.position
        return data


def _written(symbol: object, parameter: bool) -> dict[str, Any]:
    """Return a symbol in two pieces, between which the indices of a number go."""
    found = symbol if isinstance(symbol, Symbol) else Symbol("J")
    lowered = replace(found, base=found.base.lower()) if parameter else found
    return {
        "whole": found.unicode(),
        "head": replace(lowered, sup="", argument="").unicode(),
        "comma": bool(found.sub),
        "tail": replace(found, base="", accent="", sub="", argument="").unicode(),
    }
