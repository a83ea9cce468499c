"""One walk that rebuilds a graph from its leaves and brings every node to normal form.

The walk is iterative and visits each node once, also the nodes that rules make on the
way, so it takes time in proportion to the size of the graph.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple, TypeAlias

from chainrule.errors import GraphError
from chainrule.node import Node, describe
from chainrule.ops import Op
from chainrule.scopes import scope_of_new_nodes

Rewrite: TypeAlias = Callable[[Node], Node | None]
"""Returns what a node should become, or None to leave it as it is."""
Table: TypeAlias = Mapping[type[Op], Sequence[Rewrite]]
"""For each op what is tried on its nodes, in this order."""
MOST_STEPS = 100
"""How often what a rewrite made, and what is made of that, can be rewritten."""


_watched: ContextVar[tuple[dict[Node, Node], ...]] = ContextVar("watched", default=())


@contextmanager
def watched() -> Iterator[dict[Node, Node]]:
    """In the block note what passes make of nodes, one pass after the other."""
    became: dict[Node, Node] = {}
    token = _watched.set((*_watched.get(), became))
    try:
        yield became
    finally:
        _watched.reset(token)


def results(roots: Sequence[Node], done: Mapping[Node, Node]) -> list[Node]:
    """Return what a pass made of the roots; `done` says what it made of every node."""
    for became in _watched.get():
        became.update((old, new) for old, new in done.items() if new is not old)
    return [done[root] for root in roots]


def now(node: Node, became: Mapping[Node, Node]) -> Node:
    """Return what the passes that were watched made of a node in the end."""
    while node in became:
        node = became[node]
    return node


def merged(*tables: Table) -> Table:
    """Return one table with the entries of all; those of the first are tried first."""
    return {
        op: tuple(entry for table in tables for entry in table.get(op, ()))
        for op in dict.fromkeys(op for table in tables for op in table)
    }


def with_inputs(node: Node, inputs: tuple[Node, ...]) -> Node:
    """Return a copy of a node with other inputs of the same shapes."""
    return _copied(node, node.op, inputs)


def with_op(node: Node, op: Op) -> Node:
    """Return a copy of a node with another op, with the same result's shape."""
    return _copied(node, op, node.inputs)


def _copied(node: Node, op: Op | None, inputs: tuple[Node, ...]) -> Node:
    copy = Node(op, inputs, node.shape, node.dtype, node.name)
    copy.scope = node.scope
    copy.origin = node.origin
    return copy


def rewrite(roots: Sequence[Node], table: Table) -> list[Node]:
    """Apply a table of rewrites until none applies anywhere.

    What is tried on a node sees operands that are in normal form; the first entry that
    returns something decides, and what it returned is brought to normal form as well.

    Raises:
        GraphError: rewrites undo each other, or make a graph grow without end.
    """
    rewriter = Rewriter(table)
    rewriter.reduce(roots)
    return results(roots, rewriter.done)


class Step(NamedTuple):
    """A rewrite that made a node, and the one that made what it was applied to."""

    entry: Rewrite
    before: Step | None
    length: int


class Rewriter:
    """A walk that can be continued with more roots.

    Attributes:
        done: every node met, also those that rewrites made → its normal form.
    """

    def __init__(self, table: Table) -> None:
        self.done: dict[Node, Node] = {}
        self._table = table
        self._becomes: dict[Node, Node] = {}
        """Nodes that a rewrite replaced → the replacement, not yet in normal form."""
        self._steps: dict[Node, Step] = {}
        """Nodes that rewrites made, and are not yet in normal form → which rewrite."""
        self._tried: dict[tuple[type, ...], tuple[Rewrite, ...]] = {}

    def reduce(self, roots: Iterable[Node]) -> list[Node]:
        """Bring roots, and all that they depend on, to normal form."""
        done, becomes = self.done, self._becomes
        stack = list(roots)[::-1]
        reduced = stack[::-1]
        with scope_of_new_nodes() as inside:
            while stack:
                node = stack[-1]
                if node in done:
                    stack.pop()
                elif node in becomes:
                    if becomes[node] in done:
                        self._finish(node, done[becomes[node]])
                    else:
                        stack.append(becomes[node])
                elif waiting := [x for x in node.inputs if x not in done]:
                    stack.extend(waiting[::-1])
                    if node in self._steps:
                        self._steps.update(dict.fromkeys(waiting, self._steps[node]))
                else:
                    inside(node.scope)
                    self._settle(node)
        return [done[root] for root in reduced]

    def _settle(self, node: Node) -> None:
        inputs = tuple([self.done[x] for x in node.inputs])
        made = node if inputs == node.inputs else with_inputs(node, inputs)
        for entry in self._entries(made):
            result = entry(made)
            if result is not None and result is not made:
                self.replaced(node, made, entry, result)
                self._becomes[node] = result
                if result not in self.done:
                    self._steps[result] = self._step(node, entry)
                return
        self._finish(node, made)

    def _step(self, node: Node, entry: Rewrite) -> Step:
        """Return the step that an entry is after those that made a node.

        A walk without end has a chain of steps without end, as each makes few nodes.
        """
        before = self._steps.get(node)
        step = Step(entry, before, before.length + 1 if before else 1)
        if step.length > MOST_STEPS:
            raise GraphError(
                f"rewriting {describe(node)} does not end: {_names(step)} feed each "
                "other; what a rewrite makes must be simpler than what it is made of"
            )
        return step

    def _entries(self, node: Node) -> Sequence[Rewrite]:
        """Return what can apply to nodes with such an op on operands of such ops."""
        if type(node.op) not in self._table:
            return ()
        kinds = tuple([type(x.op) for x in (node, *node.inputs)])
        found = self._tried.get(kinds)
        if found is None:
            found = self._tried[kinds] = tuple(
                entry
                for entry in self._table[type(node.op)]  # type: ignore[index]
                if not hasattr(entry, "may_match") or entry.may_match(kinds[1:])
            )
        return found

    def _finish(self, node: Node, normal: Node) -> None:
        self.done[node] = normal
        self.done.setdefault(normal, normal)

    def replaced(self, node: Node, made: Node, entry: Rewrite, result: Node) -> None:
        """Note that `made`, which `node` is on normal operands, becomes `result`."""


def _names(step: Step | None) -> str:
    """Name the rewrites of a chain of steps, each once."""
    found: dict[str, None] = {}
    while step:
        entry = step.entry
        found[inspect.getdoc(entry) or repr(entry)] = None
        step = step.before
    return ", ".join(map(repr, reversed(found)))
