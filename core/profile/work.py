"""Work: what the kernels of a lowered program compute, read, write and calculate."""

from __future__ import annotations

import functools
import itertools
import math
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from chainrule.graph import topological
from chainrule.node import Node
from chainrule.ops import BroadcastTo, Elementwise, Matmul, OneHot, Op, Pick, Take
from chainrule.ops.reductions import Reduction
from chainrule.profile.profile import Kernel
from chainrule.program.program import Program
from chainrule.program.rewrite import watched
from chainrule.scopes import Scope


class Piece(NamedTuple):
    """What a backend says of one kernel.

    Attributes:
        nodes: the nodes of the lowered program that it computes.
        note: what it does for them where it does not compute them, such as packing.
        nbytes: how many bytes such a kernel moves.
    """

    nodes: Sequence[Node]
    note: str = ""
    nbytes: int = 0


class Work:
    """A program as it was lowered, and where its nodes came from.

    Args:
        program: the program, lowered already.
        kernels: the ops that its backend has kernels for.
    """

    def __init__(self, program: Program, kernels: Container[type[Op]]) -> None:
        self.program = program
        self.dtype = program.dtype
        self.built = [r for phase in program.stages[0].phases for r in phase.roots]
        self._kernels = kernels
        phases = program.stages[-1].phases
        self.roots = [root for phase in phases for root in phase.roots]
        self.kept = set(self.roots)
        self.order = topological(self.roots)
        self.readers: dict[Node, list[Node]] = {node: [] for node in self.order}
        for node in self.order:
            for x in dict.fromkeys(node.inputs):
                self.readers[x].append(node)

    @property
    def part(self) -> str:
        """What kind of program it is."""
        if self.program.checked:
            return "step in search of a fault"
        return "training step" if self.program.training else "evaluation"

    def split(self, pieces: Sequence[Piece]) -> list[Kernel]:
        """Return the kernels of a program, one for each of its pieces.

        Elementwise nodes that no piece names are computed where they are read.
        """
        nodes = [dict.fromkeys(piece.nodes) for piece in pieces]
        home: dict[Node, dict[Node, None]] = {}
        for found, piece in zip(nodes, pieces, strict=True):
            if not piece.note:
                home |= dict.fromkeys(found, found)
        for node in reversed(self.order):
            if node in home or not isinstance(node.op, Elementwise) or not node.shape:
                continue
            reader = next((r for r in self.readers[node] if r in home), None)
            if reader is not None:
                home[node] = home[reader]
                home[reader][node] = None
        met: Counter[str] = Counter()
        kernels = []
        turn = {node: i for i, node in enumerate(self.order)}
        for found, piece in zip(nodes, pieces, strict=True):
            all_of_it = tuple(sorted(found, key=turn.__getitem__))
            name = title(all_of_it, piece.note) + self._derivatives(all_of_it)
            moved = piece.nbytes if piece.note else self._moved(all_of_it)
            flops = 0 if piece.note else sum(map(arithmetic, all_of_it))
            kernels.append(Kernel(name, met[name], all_of_it, moved, flops, self))
            met[name] += 1
        return kernels

    def _derivatives(self, nodes: Iterable[Node]) -> str:
        """Name the gradients among some nodes."""
        sources = (source for node in nodes for source in self.sources.get(node, ()))
        of = [source.origin.of for source in sources if source.origin is not None]
        names = dict.fromkeys(n.name or (n.op.type_name if n.op else "?") for n in of)
        return f" ∂J/∂({', '.join(names)})" if names else ""

    def _moved(self, nodes: Iterable[Node]) -> int:
        """Count the bytes that nodes read from others, or leave for others."""
        inside = set(nodes)
        moved: dict[Node, int] = {}
        for node in nodes:
            for x in node.inputs:
                source = _read_from(x)
                if x in inside or source in inside or not source.shape:
                    continue
                few = isinstance(node.op, (Pick, Take, OneHot))
                read = min(_count(source), _count(node)) if few else _count(source)
                moved[source] = max(moved.get(source, 0), read)
            readers = self.readers[node]
            if node in self.kept or any(reader not in inside for reader in readers):
                moved[node] = _count(node)
        return sum(self._width(node) * count for node, count in moved.items())

    def _width(self, node: Node) -> int:
        floats = np.dtype(self.dtype).itemsize
        return {"float": floats, "int": 8, "bool": 1}[node.dtype]

    @functools.cached_property
    def sources(self) -> dict[Node, list[Node]]:
        """Lowered nodes → the nodes as built whose value they have.

        The program is lowered once more, and watched.
        """
        again = replace(self.program, stages=[])
        with watched() as became:
            again.lower(self._kernels)
        lowered = topological(
            [root for phase in again.stages[-1].phases for root in phase.roots]
        )
        mine = dict(zip(lowered, self.order, strict=True))
        found: dict[Node, list[Node]] = {}
        for node in topological(self.built):
            now = node
            while now in became:
                now = became[now]
            if now in mine:
                found.setdefault(mine[now], []).append(node)
        return found


def title(nodes: Sequence[Node], note: str = "") -> str:
    """Name what computes some nodes: the scopes that they are in, and their ops."""
    layers: dict[Scope | None, list[Node]] = {}
    for node in nodes:
        layers.setdefault(node.scope[0] if node.scope else None, []).append(node)
    name = " + ".join(map(_title, layers.values()))
    return f"{name}: {note}" if name and note else name or note


def _title(nodes: Sequence[Node]) -> str:
    levels = zip(*(node.scope for node in nodes), strict=False)
    shared = itertools.takewhile(lambda scopes: len(set(scopes)) == 1, levels)
    path = [scopes[0].name or scopes[0].label for scopes in shared]
    ops = dict.fromkeys(node.op.type_name for node in nodes if node.op)
    return "/".join([*path, " ".join(ops)])


def arithmetic(node: Node) -> int:
    """Count the operations that a result takes: a product's, or one per element."""
    op = node.op
    if isinstance(op, Matmul):
        inner = node.inputs[0].shape[-2 if op.transpose_a else -1] or 0
        return 2 * _count(node) * inner
    if isinstance(op, Reduction):
        return _count(node.inputs[0])
    return _count(node) if isinstance(op, Elementwise) else 0


def _count(node: Node) -> int:
    return math.prod(size or 0 for size in node.shape)


def _read_from(node: Node) -> Node:
    """Return what is read where a node is read: what is broadcast is read once."""
    while isinstance(node.op, BroadcastTo):
        (node,) = node.inputs
    return node
