"""Lowering to kernels: what is stored where, and the steps of each phase."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from chainrule import ops
from chainrule.graph import Constant, Input, Node, Parameter, topological
from chainrule.ops import Elementwise
from chainrule.program import Pack, Phase, Program
from chainrule.program.passes.specialise import BoundInput

from . import faults, numbers, philox, product, rows
from .body import Body, NotVector
from .fuse import Fusion, Group
from .kernels import REDUCTIONS, VIEWS
from .layout import DTYPES, Slot, View, count, packed, sizes, view_of
from .runtime import Runtime, as_bytes
from .step import DRAW, Step, from_body

PARTIAL_FROM = 1 << 14
"""Elements from which a sum over a whole array is computed in parts."""
PARTS = 64


class Lowered:
    """The kernels of a program, and where its inputs, outputs and totals lie."""

    def __init__(
        self, program: Program, runtime: Runtime, templates: Mapping[type, Any]
    ) -> None:
        self.program = program
        self.runtime = runtime
        self.templates = templates
        self.floats = "double" if program.dtype == "float64" else "float"
        if self.floats == "double":
            runtime.need_float64("this program")
        self.inputs: dict[Input, View] = {}
        self.parameters: dict[Parameter, View] = {}
        self.assigned: set[Slot] = set()
        self.outputs: list[View | Node] = []
        self.totals: View | None = None
        self.host_totals: list[Node | None] = []
        self.numbers = numbers.Numbers()
        self.steps: list[Step] = []
        self.faults = faults.Faults(program)
        self._constants: dict[Node, View] = {}
        for phase in program.lower(templates):
            Lowering(self, phase).write()

    def ctype(self, node: Node) -> str:
        """Return the type that a node's elements have in memory."""
        types = {"float": self.floats, "int": "long", "bool": "uchar"}
        return types[node.dtype]

    def new(self, node: Node, *, kept: bool = False) -> View:
        """Return a place for a node's result."""
        ctype = self.ctype(node)
        size = {"float": 4, "double": 8, "long": 8, "uchar": 1}[ctype]
        return packed(Slot(size * count(node), kept), ctype, sizes(node))

    def leaf(self, node: Node) -> View | None:
        """Return where an input, a parameter or an array of constants lies."""
        if isinstance(node, Parameter):
            if node not in self.parameters:
                self.parameters[node] = self.runtime.mirrors.view(node)
            return self.parameters[node]
        if isinstance(node, Input):
            source = node.source if isinstance(node, BoundInput) else node
            if source not in self.inputs:
                view = self.new(node, kept=True)
                view.slot.handle = self.runtime.allocate(
                    view.slot.nbytes, f"input {source.name}"
                )
                self.inputs[source] = view
            return self.inputs[source]
        if isinstance(node, Constant) and node.value.size != 1:
            if node not in self._constants:
                self._constants[node] = self._constant(node)
            return self._constants[node]
        return None

    def _constant(self, node: Constant) -> View:
        view = self.new(node, kept=True)
        values = as_bytes(node.value.astype(DTYPES[view.ctype]))
        view.slot.handle = self.runtime.allocate(view.slot.nbytes, "a constant")
        self.runtime.upload(view.slot.handle, 0, values)
        return view


class Lowering:
    """Writes the steps of one phase."""

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

    # -- steps ---------------------------------------------------------------------

    def write(self) -> None:
        """Write all steps of the phase."""
        self._choose_stored()
        self._choose_places()
        kept = {self.home(root) for root in self.phase.outputs}
        for node, place in self.stored.items():
            if place is None:
                self.stored[node] = self.out.new(node, kept=node in kept)
        jobs: dict[Group | Node, None] = {}
        for node in self.order:
            if node in self.stored:
                jobs[self.fusion.group.get(node) or node] = None
        for job in sorted(jobs, key=self._level_of):
            if isinstance(job, Group):
                self._write_group(job)
            else:
                self._write_node(job)
        self._finish()

    def _level_of(self, job: Group | Node) -> int:
        return job.level if isinstance(job, Group) else self.level[job]

    def body(self, width: int) -> Body:
        """Return an empty body; width 0 is the device's own."""
        width = width or self.out.runtime.width(self.out.floats)
        templates = self.out.templates
        body = Body(self.out.floats, width, self.view, self.is_number, templates)
        self.out.faults.watch(body)
        return body

    def add(self, step: Step) -> None:
        """Append a step, unless it has nothing to compute."""
        if math.prod(step.items):
            self.out.steps.append(step)

    def _write_group(self, group: Group) -> None:
        targets = []
        for node, index in group.members.items():
            view = self.stored.get(node)
            if view is not None:
                targets.append((node, index, view))
        if 0 not in group.shape[: -1 if group.reductions else None]:
            self.add(rows.write_group(self.body, group, targets))

    def _write_node(self, node: Node) -> None:
        target = self.stored[node]
        assert target is not None
        if isinstance(node.op, Pack):
            self._write_pack(node, target)
        elif isinstance(node.op, ops.Uniform):
            self._write_uniform(node, target)
        elif type(node.op) in REDUCTIONS:
            self._write_reduction(node, target)
        else:
            a, b = (self._operand(x) for x in node.inputs)
            for step in product.write(self.out.runtime, node, a, b, target):
                self.add(step)
            self.out.faults.after_step(self, node, target)

    def _operand(self, node: Node) -> View:
        """Return where an operand of a product lies; a lone constant is put there."""
        view = self.view(node)
        if view is None:
            view = self.out.new(node)
            self.copy(node, view)
        elif view.ctype != self.out.floats:
            converted = self.out.new(node)
            self.copy(node, converted)
            view = converted
        return view

    def copy(self, node: Node, target: View) -> None:
        """Write a step that copies a node's value."""
        group = Group(0, sizes(node))
        if 0 not in group.shape:
            step = rows.write_group(self.body, group, [(node, group.full, target)])
            step.label = "copy"
            self.add(step)

    def _write_pack(self, node: Node, target: View) -> None:
        offset = target.offset
        for part in node.inputs:
            place = packed(target.slot, target.ctype, sizes(part), offset)
            view = self.view(part)
            offset += count(part)
            here = view is not None and view.contiguous and view.offset == place.offset
            if view is None or not here or view.slot is not place.slot:
                self.copy(part, place)

    def _write_uniform(self, node: Node, target: View) -> None:
        assert isinstance(node.op, ops.Uniform)
        assert isinstance(node.op.stream, str)
        if not target.size:
            return
        text = philox.uniform(target, node.op.stream)
        arguments = f"global {target.ctype} *a0, {DRAW}"
        blocks = -(-target.size // 8)
        items = -(-blocks // 16) * 16
        self.add(Step(node, "uniform", f"({arguments}) {{{text}\n}}", [target.slot],
                      (items,), (16,), draws=True))  # fmt: skip

    def _write_reduction(self, node: Node, target: View) -> None:
        x = node.inputs[0]
        whole = len(getattr(node.op, "axes", ())) == x.ndim > 0
        if whole and count(x) >= PARTIAL_FROM and node.dtype == "float":
            slot = Slot(PARTS * 8)
            parts = packed(slot, target.ctype, (PARTS,))
            try:
                first = rows.write_partial_sums(self.body, node, PARTS, parts)
            except NotVector:
                pass
            else:
                self.add(first)
                self.add(rows.write_final(self.body, node, parts, target))
                return
        if target.size:
            self.add(rows.write_reduction(self.body, node, target))

    # -- the end -------------------------------------------------------------------

    def _finish(self) -> None:
        for node in self.phase.outputs:
            self.out.outputs.append(self._output(node))
        if self.phase.totals:
            self._add_totals()
        late = []
        for target, node in self.phase.assigns:
            view = self.out.leaf(target)
            assert view is not None
            self.out.assigned.add(view.slot)
            if self.stored.get(node) is view:
                continue
            late.append((node, view))
        staged: list[tuple[View | None, Node, View]] = []
        for node, view in late:
            if isinstance(self.home(node), Parameter) and len(late) > 1:
                held = self.out.new(node)
                self.copy(node, held)
                staged.append((held, node, view))
            else:
                staged.append((None, node, view))
        for place, node, view in staged:
            if place is not None:
                self.stored[node] = place
            self.copy(node, view)
            if place is not None:
                del self.stored[node]

    def _output(self, node: Node) -> View | Node:
        if self.is_number(node):
            return node
        view, home = self.view(node), self.home(node)
        if view is None or home.op is None or not view.contiguous:
            view = self.out.new(node, kept=True)
            self.copy(node, view)
        return view

    def _add_totals(self) -> None:
        """Add numbers to what was summed before, with the error of each addition."""
        totals = self.phase.totals
        self.out.host_totals = [n if self.is_number(n) else None for n in totals]
        size = 4 if self.out.floats == "float" else 8
        slot = Slot(2 * size * len(totals), kept=True)
        slot.handle = self.out.runtime.allocate(slot.nbytes, "totals")
        self.out.totals = packed(slot, self.out.floats, (len(totals), 2))
        body, kind = self.body(1), self.out.floats
        body.after = None
        name = body.argument(slot, kind)
        for i, node in enumerate(totals):
            if self.is_number(node):
                continue
            x = body.cast(body.value(node, ()), "float")
            with body.block(""):
                body.line(f"const {kind} x = {x}, s = {name}[{2 * i}], t = s + x;")
                body.line(f"const {kind} b = t - s;")
                body.line(f"{name}[{2 * i}] = t;")
                body.line(f"{name}[{2 * i + 1}] += (s - (t - b)) + (x - b);")
        if body.lines:
            self.add(from_body(body, totals[0], "totals", 1))


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
