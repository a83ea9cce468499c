"""Derivatives of stable forms: what was rewritten is differentiated again.

A graph comes with derivatives of what its user wrote. Those of exp(z) / Σ exp(z), say,
contain ∞ / ∞ for large z just as the quotient itself does, but they are spread over
many nodes, which no pattern fits. So the loss is brought into stable form first, and
where that changed it, its derivatives are taken once more, of the stable form. Those of
derivatives follow in turn: what an outer loss is computed from is rewritten before it.

∂L/∂x is what L does when x alone is changed. That can be said of the rewritten loss
only where no rule looked behind x to what it is computed from; elsewhere, the
derivative stays as it was written.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Container, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

from chainrule.autodiff import backward
from chainrule.graph import dependents, topological
from chainrule.node import Constant, Input, Node
from chainrule.program.passes.common import alike
from chainrule.program.passes.rule import table_of
from chainrule.program.passes.specialise import RESOLVING
from chainrule.program.passes.stable import SLOPES
from chainrule.program.rewrite import (
    Rewrite,
    Rewriter,
    Table,
    merged,
    now,
    results,
    rewrite,
)

DEEPEST = 12
"""More ops than any rule looks at, one below the other."""
_RESOLVING = merged(RESOLVING, table_of(SLOPES))


class Derivative(NamedTuple):
    """A node that holds ∂loss/∂of, summed over all paths."""

    node: Node
    of: Node
    loss: Node


def derivatives(order: Sequence[Node]) -> list[Derivative]:
    """List the derivatives in a graph as it was built, inner ones first.

    Those of a loss with an input that the graph itself does not need are left out: the
    input may have no value.

    Args:
        order: the nodes of the graph in topological order.
    """
    found: dict[Node, Derivative] = {}
    losses: dict[Node, None] = {}
    waiting: Sequence[Node] = order
    while waiting:
        for node in waiting:
            origin = node.origin
            if origin is not None and origin.whole and node not in found:
                found[node] = Derivative(node, origin.of, origin.loss)
        met = dict.fromkeys(each.loss for each in found.values())
        waiting = topological(loss for loss in met if loss not in losses)
        losses |= met
    if not losses:
        return []
    fed = {node for node in order if isinstance(node, Input)}
    of_losses = topological(losses)
    unfed = dependents((n for n in of_losses if isinstance(n, Input) and n not in fed),
                       of_losses)  # fmt: skip
    turn = _innermost_first(list(losses), found)
    kept = (each for each in found.values() if each.loss not in unfed)
    return sorted(kept, key=lambda each: turn[each.loss])


def _innermost_first(
    losses: Sequence[Node], found: Mapping[Node, Derivative]
) -> dict[Node, int]:
    """Number losses so that each comes after those whose derivatives it contains."""
    bit = {loss: 1 << i for i, loss in enumerate(losses)}
    contains: dict[Node, int] = {}
    for node in topological([*found, *losses]):
        bits = bit[found[node].loss] if node in found else 0
        for x in node.inputs:
            bits |= contains[x]
        contains[node] = bits
    turn: dict[Node, int] = {}
    waiting = list(losses)
    while waiting:
        loss = waiting[-1]
        inner = [x for x in losses if contains[loss] & bit[x] and x not in turn]
        waiting += inner
        if not inner:
            turn.setdefault(waiting.pop(), len(turn))
    return turn


def differentiate_again(
    roots: Sequence[Node],
    concrete: Sequence[Node],
    wanted: Sequence[Derivative],
    became: Mapping[Node, Node],
    table: Table,
    stable: Container[Rewrite],
) -> list[Node]:
    """Bring a graph to normal form, and derivatives to those of the stable form.

    Args:
        roots: of a graph with concrete shapes.
        concrete: the losses, before equal nodes were merged.
        wanted: derivatives as they were built, inner ones first.
        became: what the passes so far made of the nodes that were built.
        table: the rewrites; what they do to a loss, its derivatives must not notice.
        stable: those of them after which derivatives are taken again.
    """
    rewriter = _Noting(table, stable)
    alone = _alone([each.loss for each in wanted], concrete, became)
    for loss, group in itertools.groupby(wanted, lambda each: each.loss):
        (normal,) = rewriter.reduce([now(loss, became)])
        if normal not in rewriter.changed:
            continue
        variables = {
            now(each.node, became): now(each.of, became)
            for each in group
            if each.of in alone
        }
        images = {
            node: image
            for node, x in variables.items()
            if (image := rewriter.image(x)) is not None and node not in rewriter.done
        }
        gradient = backward(normal, list(images.values())).gradient
        found = [node for node, image in images.items() if image in gradient]
        slopes = rewrite([gradient[images[node]] for node in found], _RESOLVING)
        rewriter.replace(dict(zip(found, slopes, strict=True)))
    if not rewriter.changed:
        return list(roots)
    rewriter.reduce(roots)
    return results(roots, rewriter.done)


def _alone(
    built: Sequence[Node], concrete: Sequence[Node], became: Mapping[Node, Node]
) -> set[Node]:
    """Find the nodes as built that did not become the same as others.

    What became the same as its own operand does not count, and leaves that one alone.
    """
    first, shared = _firsts(built, became)
    _, later = _firsts(concrete, became)
    return {node for what, node in first.items() if what not in shared | later}


def _firsts(
    roots: Sequence[Node], became: Mapping[Node, Node]
) -> tuple[dict[Hashable, Node], set[Hashable]]:
    """Return normal forms with the first node that became one, and the shared ones."""
    first: dict[Hashable, Node] = {}
    shared: set[Hashable] = set()
    for node in topological(roots):
        normal = now(node, became)
        what = alike(normal) if isinstance(normal, Constant) else normal
        if first.setdefault(what, node) is not node and not any(
            now(x, became) is normal for x in node.inputs
        ):
            shared.add(what)
    return first, shared


class _Noting(Rewriter):
    """A walk that notes what was rewritten, and behind which nodes a rule looked.

    Attributes:
        changed: normal forms of what contains a stable form.
    """

    def __init__(self, table: Table, stable: Container[Rewrite]) -> None:
        super().__init__(table)
        self.changed: set[Node] = set()
        self._stable = stable
        self._marked: set[Node] = set()
        self._hidden: set[Node] = set()
        self._merged: set[Node] = set()

    def image(self, x: Node) -> Node | None:
        """Return the normal form of x if it can be changed alone, as x can."""
        normal = self.done.get(x)
        free = x not in self._merged and self._hidden.isdisjoint((x, normal))
        return normal if free else None

    def replace(self, gradients: Mapping[Node, Node]) -> None:
        """Let derivatives become other nodes of the same value.

        What stands between them and the inputs is what the values have in common.
        """
        self.done.update(zip(gradients, self.reduce(gradients.values()), strict=True))
        self.changed.update(self.done[node] for node in gradients)
        self._hide(topological(gradients))

    def _hide(self, nodes: Iterable[Node]) -> None:
        """Note nodes that are not inputs: they cannot be changed alone any more."""
        self._hidden.update(x for x in nodes if x.op or isinstance(x, Constant))

    def replaced(self, node: Node, made: Node, entry: Rewrite, result: Node) -> None:
        if entry in self._stable:
            self._marked.add(node)
        if result in self.done:
            self._merged.add(node)
        kept: Counter[Node] = Counter()
        waiting = [result]
        while waiting:
            x = waiting.pop()
            if x in self.done:
                kept[x] = 0
            else:
                waiting.extend(x.inputs)
        between = {made}
        waiting = [made]
        while waiting:
            for x in waiting.pop().inputs:
                if x in kept:
                    kept[x] += 1
                elif x not in between:
                    between.add(x)
                    waiting.append(x)
        self._hide(between - {made})
        # What is kept, and reached in two ways, may have been looked behind in one.
        level = {x for x, ways in kept.items() if ways > 1}
        for _ in range(DEEPEST):
            self._hide(level)
            level = {x for y in level for x in y.inputs if not kept.get(x)}

    def _finish(self, node: Node, normal: Node) -> None:
        super()._finish(node, normal)
        if node in self._marked or any(
            self.done[x] in self.changed for x in node.inputs
        ):
            self.changed.add(normal)
        if self._becomes.get(node) in self._merged:
            self._merged.add(node)
