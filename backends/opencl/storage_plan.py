"""Places: which nodes are stored, and where, in the lowering of one phase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainrule import ops
from chainrule.backends.opencl.source.fusion import Fusion, Group
from chainrule.backends.opencl.source.layout import (
    Slot,
    View,
    count,
    packed,
    sizes,
    view_of,
)
from chainrule.backends.opencl.source.templates import REDUCTIONS, VIEWS
from chainrule.graph import topological
from chainrule.node import Node, Parameter
from chainrule.ops import Elementwise
from chainrule.program import Pack, Phase

if TYPE_CHECKING:
    from chainrule.backends.opencl.lower import Lowered


class Places:
    """Decides for each node of a phase whether it is stored, and for some where.

    Attributes:
        order: the nodes to compute on the device, operands first.
        stored: the nodes that are stored, and where; None while that is open.
        riding: the products that compute a sum on the way, and that sum.
        inlined: nodes that a later reduction computes instead of reading them, and
            the level of that reduction.
    """

    def __init__(self, lowered: Lowered, phase: Phase) -> None:
        self.out = lowered
        self.phase = phase
        nodes = topological(phase.roots)
        self.is_number = lowered.numbers.find(nodes)
        self.order = [n for n in nodes if n.op is not None and not self.is_number(n)]
        self.layout: dict[Node, View | None] = {}
        self.fusion = Fusion(self.order, self._is_view)
        self.level = self.fusion.level
        self.readers: dict[Node, list[Node]] = {node: [] for node in nodes}
        for node in self.order:
            for x in dict.fromkeys(node.inputs):
                self.readers[x].append(node)
        self.stored: dict[Node, View | None] = {}
        self.inlined: dict[Node, int] = {}
        self._choose_stored()
        self._choose_places()
        self.riding = self._find_riders() if lowered.runtime.on_cpu else {}
        kept = {self.home(root) for root in phase.outputs}
        for node, place in self.stored.items():
            if place is None:
                self.stored[node] = lowered.new(node, kept=node in kept)

    # -- what is stored ------------------------------------------------------------

    def _is_view(self, node: Node) -> bool:
        return self._layout(node) is not None

    def _layout(self, node: Node) -> View | None:
        """Return how a shape op looks at its operand, wherever that will lie."""
        if node not in self.layout:
            (x,) = node.inputs
            base = self.layout.get(x) or self.out.leaf(x)
            if base is None:
                base = packed(Slot(0), self.out.ctype(x), sizes(x))
            assert node.op is not None
            self.layout[node] = view_of(node.op, base, sizes(node))
        return self.layout[node]

    def _looks_at(self, node: Node) -> bool:
        """Whether a node is a view of its operand, with no memory of its own."""
        computed = node in self.fusion.group
        return type(node.op) in VIEWS and not computed and not self.is_number(node)

    def home(self, node: Node) -> Node:
        """Return the node in whose memory a node's elements lie."""
        while self._looks_at(node):
            node = node.inputs[0]
        return node

    def view(self, node: Node) -> View | None:
        """Return where a node is stored, or None if it is not."""
        found = self.stored.get(node)
        if found is not None:
            return found
        if node.op is None:
            return None if self.is_number(node) else self.out.leaf(node)
        if self._looks_at(node):
            base = self.view(node.inputs[0])
            return base and view_of(node.op, base, sizes(node))
        return None

    def _choose_stored(self) -> None:
        self._choose_inlined()
        needed: dict[Node, None] = {}
        for node in self.order:
            group = self.fusion.group.get(node)
            if self._looks_at(node):
                continue
            if group is None:
                needed[node] = None
            for x in node.inputs:
                inside = group is not None and self.fusion.group.get(x) is group
                if not inside and x not in self.inlined:
                    needed[self.home(x)] = None
        for root in self.phase.roots:
            needed[self.home(root)] = None
        device = {n for n in self.order if not self._looks_at(n)}
        self.stored = {node: None for node in needed if node in device}

    def _choose_inlined(self) -> None:
        """Let a reduction compute what only it needs, rather than read it."""
        roots = {self.home(root) for root in self.phase.roots}
        for node in reversed(self.order):
            if type(node.op) not in REDUCTIONS or node in self.fusion.group:
                continue
            chain = list(node.inputs)
            while chain:
                x = chain.pop()
                alone = len(self.readers[x]) == 1 and x not in roots
                if not (alone and x in self.fusion.group and self._simple(x)):
                    continue
                self.inlined[x] = self.level[node]

    def _simple(self, x: Node) -> bool:
        """Whether x is computed from stored nodes by few elementwise ops."""
        group = self.fusion.group.get(x)
        todo, seen = [x], 0
        while todo:
            node = todo.pop()
            seen += 1
            if seen > 8 or not isinstance(node.op, Elementwise):
                return False
            todo += [y for y in node.inputs if self.fusion.group.get(y) is group]
        return True

    def _find_riders(self) -> dict[Group, Node]:
        """Let a product sum the rows of its right operand, which it reads anyway."""
        riding: dict[Group, Node] = {}
        products = {
            node.inputs[1]: group
            for node, group in self.fusion.group.items()
            if node is group.product and node.op == ops.Matmul(True, False)
        }
        for node in self.order:
            if isinstance(node.op, ops.Sum) and node in self.stored:
                (x,) = node.inputs
                group = products.get(x)
                if group is None or 0 in group.shape or node.op.axes != (0,):
                    continue
                if x.ndim == 2 and self.level[node] == group.level:
                    riding.setdefault(group, node)
        return riding

    # -- places --------------------------------------------------------------------

    def _choose_places(self) -> None:
        """Let results be computed right where they are to be assigned."""
        roots = (*self.phase.outputs, *self.phase.totals)
        outputs = {self.home(root) for root in roots}
        sources = {self.home(node) for _, node in self.phase.assigns}
        for target, node in self.phase.assigns:
            view = self.out.leaf(target)
            assert view is not None
            if not view.contiguous or view.ctype != self.out.floats:
                continue
            if any(_overlap(self.out.leaf(leaf), view) for leaf in outputs | sources
                   if isinstance(leaf, Parameter)):  # fmt: skip
                continue
            if isinstance(node.op, Pack):
                self._place_parts(node, view, outputs)
            elif self._free(node, outputs) and self._may_overwrite(node, target, view):
                self.stored[node] = view

    def _free(self, node: Node, outputs: set[Node]) -> bool:
        """Whether a node is stored, and it is open where."""
        waiting = node in self.stored and self.stored[node] is None
        return waiting and node not in outputs

    def _place_parts(self, pack: Node, view: View, outputs: set[Node]) -> None:
        if pack in outputs or self._reads(view):
            return
        self.stored[pack] = view
        offset = view.offset
        for part in pack.inputs:
            node = self.home(part)
            look = self.layout.get(part)
            same = node is part or (look is not None and look.contiguous)
            if same and self._free(node, outputs) and count(node) == count(part):
                self.stored[node] = packed(view.slot, view.ctype, sizes(node), offset)
            offset += count(part)

    def _reads(self, view: View) -> list[tuple[Parameter, Node]]:
        """List who reads the memory of a view, through which parameter."""
        return [
            (leaf, reader)
            for leaf in self.readers
            if isinstance(leaf, Parameter) and _overlap(self.out.leaf(leaf), view)
            for reader in self.readers[leaf]
        ]

    def _may_overwrite(self, node: Node, target: Parameter, view: View) -> bool:
        group = self.fusion.group.get(node)
        for leaf, reader in self._reads(view):
            if self._looks_at(reader):
                return False
            level = self._read_at(reader)
            if level < self.level[node]:
                continue
            same = group is not None and self.fusion.group.get(reader) is group
            alike = leaf is target and sizes(reader) == sizes(node)
            if not (same and alike and level == self.level[node]):
                return False
            assert group is not None
            if group.reductions or not isinstance(reader.op, Elementwise):
                return False
        return True

    def _read_at(self, reader: Node) -> int:
        """Return the level of the last kernel in which a node is computed."""
        group = self.fusion.group.get(reader)
        level, todo = self.level[reader], [reader]
        while todo:
            node = todo.pop()
            level = max(level, self.inlined.get(node, 0))
            todo += [r for r in self.readers[node] if self.fusion.group.get(r) is group
                     and self.inlined and group]  # fmt: skip
        return level


def _overlap(a: View | None, b: View) -> bool:
    """Whether two views may share elements: they do not if their ranges are apart."""
    if a is None or a.slot is not b.slot:
        return False
    (low_a, high_a), (low_b, high_b) = _range(a), _range(b)
    return low_a < high_b and low_b < high_a


def _range(view: View) -> tuple[int, int]:
    size = 8 if view.ctype == "double" else 4
    spans = [(n - 1) * s for n, s in zip(view.shape, view.strides, strict=True)]
    low = view.offset + sum(s for s in spans if s < 0)
    high = view.offset + sum(s for s in spans if s > 0) + 1
    return (low * size, high * size) if view.size else (0, 0)
