"""Work: what the tasks of a lowered program compute, read, write and calculate.

A *task* is what a profile times: a line of generated code, or a kernel on a device.
"""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from chainrule.graph import topological
from chainrule.node import Node
from chainrule.ops import (
    BroadcastTo,
    Elementwise,
    Matmul,
    OneHot,
    Op,
    Pick,
    ScatterAdd,
    Take,
)
from chainrule.ops.reductions import Reduction
from chainrule.program.program import Program
from chainrule.program.rewrite import now, watched
from chainrule.program.sizes import count, numpy_dtype, sizes
from chainrule.program.storage import readers
from chainrule.scopes import Scope


class Portion(NamedTuple):
    """A portion of a program that is timed as one task, as its backend describes it.

    Attributes:
        nodes: the nodes of the lowered program that it computes.
        note: what it does for them if it does not compute them, such as packing.
        nbytes: how many bytes such a task moves.
    """

    nodes: Sequence[Node]
    note: str = ""
    nbytes: int = 0


@dataclass(frozen=True, eq=False)
class Task:
    """A portion of a program that is timed.

    Attributes:
        name: where it belongs and what it does, such as ``dense_1/matmul``.
        number: tells it from others of the same name in its program.
        nodes: the nodes of the lowered program that it computes, operands first.
        nbytes: bytes that it reads from others or leaves for others, in one run.
        flops: arithmetic operations in one run: two for each step of a product, one
            for each element of any other result.
        work: the program that it is a portion of.
    """

    name: str
    number: int
    nodes: tuple[Node, ...] = field(repr=False)
    nbytes: int
    flops: int
    work: Work = field(repr=False)


class Work:
    """A program as it was lowered, and where its nodes came from.

    Args:
        program: the program, already lowered.
        kernels: the ops that its backend has kernels for.

    Attributes:
        dtype: the dtype of floats.
        built: the results of the program as it was built.
        roots: its results as they were lowered.
        order: the lowered nodes, operands first.
        readers: who reads each of them.
    """

    def __init__(self, program: Program, kernels: Container[type[Op]]) -> None:
        self.program = program
        self.dtype = program.dtype
        self.built = program.stages[0].roots
        self.roots = program.stages[-1].roots
        self.order = topological(self.roots)
        self.readers = readers(self.order)
        self._kernels = kernels
        self._results = set(self.roots)

    @property
    def part(self) -> str:
        """The kind of program: a training step, an evaluation …."""
        if self.program.checked:
            return "step in search of a fault"
        return "training step" if self.program.training else "evaluation"

    def tasks(self, portions: Sequence[Portion]) -> list[Task]:
        """Return one task for each portion of the program.

        Elementwise nodes that no portion names are computed where they are read.
        """
        turn = {node: i for i, node in enumerate(self.order)}
        met: Counter[str] = Counter()
        tasks = []
        for found, portion in zip(self._computed(portions), portions, strict=True):
            nodes = tuple(sorted(found, key=turn.__getitem__))
            name = title(nodes, portion.note) + self._derivatives(nodes)
            moved = portion.nbytes if portion.note else self._moved(nodes)
            flops = 0 if portion.note else sum(map(arithmetic, nodes))
            tasks.append(Task(name, met[name], nodes, moved, flops, self))
            met[name] += 1
        return tasks

    def _computed(self, portions: Sequence[Portion]) -> list[dict[Node, None]]:
        """Return the nodes of each portion, those included that none of them names."""
        nodes = [dict.fromkeys(portion.nodes) for portion in portions]
        home: dict[Node, dict[Node, None]] = {}
        for found, portion in zip(nodes, portions, strict=True):
            if not portion.note:
                home |= dict.fromkeys(found, found)
        for node in reversed(self.order):
            if node in home or not isinstance(node.op, Elementwise) or not node.shape:
                continue
            reader = next((r for r in self.readers[node] if r in home), None)
            if reader is not None:
                home[node] = home[reader]
                home[reader][node] = None
        return nodes

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
                read = min(count(source), count(node)) if few else count(source)
                moved[source] = max(moved.get(source, 0), read)
            outside = any(reader not in inside for reader in self.readers[node])
            if outside or node in self._results:
                moved[node] = count(node)
        return sum(
            numpy_dtype(node.dtype, self.dtype).itemsize * elements
            for node, elements in moved.items()
        )

    @functools.cached_property
    def sources(self) -> dict[Node, list[Node]]:
        """Lowered nodes → the nodes as built whose value they have.

        The program is lowered once more, and watched.
        """
        again = replace(self.program)
        with watched() as became:
            again.lower(self._kernels)
        lowered = topological(again.stages[-1].roots)
        mine = dict(zip(lowered, self.order, strict=True))
        found: dict[Node, list[Node]] = {}
        for node in topological(self.built):
            lowest = now(node, became)
            if lowest in mine:
                found.setdefault(mine[lowest], []).append(node)
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
    path = [scopes[0].title for scopes in shared]
    ops = dict.fromkeys(node.op.type_name for node in nodes if node.op)
    return "/".join([*path, " ".join(ops)])


def arithmetic(node: Node) -> int:
    """Count the operations that a result takes: a product's, or one per element."""
    op = node.op
    if isinstance(op, Matmul):
        inner = sizes(node.inputs[0])[-2 if op.transpose_a else -1]
        return 2 * count(node) * inner
    if isinstance(op, (Reduction, ScatterAdd)):
        return count(node.inputs[0])
    return count(node) if isinstance(op, Elementwise) else 0


def _read_from(node: Node) -> Node:
    """Return the node that is read in place of one: of a broadcast, its operand."""
    while isinstance(node.op, BroadcastTo):
        (node,) = node.inputs
    return node
