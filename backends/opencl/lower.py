"""Lowering to kernels: the steps of each phase of a program."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from chainrule import ops
from chainrule.backends.opencl import host_numbers
from chainrule.backends.opencl.device.feeds import Feed, open_feed
from chainrule.backends.opencl.device.runtime import Runtime, as_bytes
from chainrule.backends.opencl.products import product
from chainrule.backends.opencl.small_launches import chained
from chainrule.backends.opencl.source import faults, philox, rows
from chainrule.backends.opencl.source.body import Body
from chainrule.backends.opencl.source.code import NotVector
from chainrule.backends.opencl.source.fusion import Group
from chainrule.backends.opencl.source.launch import Step, from_body
from chainrule.backends.opencl.source.layout import (
    DTYPES,
    Slot,
    View,
    count,
    packed,
    sizes,
)
from chainrule.backends.opencl.storage_plan import Places
from chainrule.node import Constant, Input, Node, Parameter
from chainrule.program import Pack, Program
from chainrule.program.passes.specialise import BoundInput

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
        self.inputs: dict[Input, Feed] = {}
        self.parameters: dict[Parameter, View] = {}
        self.assigned: set[Slot] = set()
        self.outputs: list[View | Node] = []
        self.totals: View | None = None
        self.host_totals: list[Node | None] = []
        self.numbers = host_numbers.Numbers()
        self.wanted: dict[Node, int] = {}
        self.given = Slot(0, kept=True)
        self.draw = Slot(16, kept=True)
        self.steps: list[Step] = []
        self.faults = faults.Faults(program)
        self._constants: dict[Node, View] = {}
        for phase in program.lower(templates):
            Lowering(self, phase).write()
        if runtime.on_cpu:
            self.steps = chained(self.steps)
        size = 4 if self.floats == "float" else 8
        self.given.nbytes = size * len(self.wanted)
        given = packed(self.given, self.floats, (len(self.wanted),))
        self.numbers_feed = open_feed(runtime, given, "numbers")
        self.draw_feed = open_feed(runtime, packed(self.draw, "ulong", (2,)), "a seed")

    @property
    def feeds(self) -> list[Feed]:
        """Everything that is fed: inputs, numbers, and what random numbers begin at."""
        return [*self.inputs.values(), self.numbers_feed, self.draw_feed]

    def number(self, node: Node) -> View | None:
        """Return where a number that the host computes is given to kernels."""
        if not self.numbers.has(node):
            return None
        place = self.wanted.setdefault(node, len(self.wanted))
        return View(self.given, self.floats, (), (), place)

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
                view, name = self.new(node, kept=True), f"input {source.name}"
                self.inputs[source] = open_feed(self.runtime, view, name)
            return self.inputs[source].view
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


class Lowering(Places):
    """Writes the steps of one phase."""

    def write(self) -> None:
        """Write all steps of the phase."""
        jobs: dict[Group | Node, None] = {}
        riders = set(self.riding.values())
        for node in self.order:
            if node in self.stored and node not in riders:
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
        body = Body(self.out.floats, width, self.view, self.out.number, templates)
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
            if group.product is None:
                step = rows.write_group(self.body, group, targets)
            else:
                step = self._product(group, group.product, targets)
            ridden = self._ridden(group)
            step.nodes = [*group.members, *([ridden[0]] if ridden else [])]
            self.add(step)

    def _product(
        self, group: Group, node: Node, targets: Sequence[rows.Target]
    ) -> Step:
        a, b = (self._operand(x) for x in node.inputs)
        finish = product.Finish(self.body, group, targets, self._ridden(group))
        return product.write(self.out.runtime, finish, a, b)

    def _ridden(self, group: Group) -> tuple[Node, View] | None:
        node = self.riding.get(group)
        place = None if node is None else self.stored[node]
        return None if node is None or place is None else (node, place)

    def _write_node(self, node: Node) -> None:
        target = self.stored[node]
        assert target is not None
        if isinstance(node.op, Pack):
            self._write_pack(node, target)
        elif isinstance(node.op, ops.Uniform):
            self._write_uniform(node, target)
        else:
            self._write_reduction(node, target)

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
        blocks = -(-target.size // 8)
        items = -(-blocks // 16) * 16
        parameters = [f"global {target.ctype} *a0", "global ulong *a1"]
        self.add(Step(node, "uniform", parameters, text, [target.slot, self.out.draw],
                      (items,), (16,), draws=True, effort=100 * blocks))  # fmt: skip

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

    def _insert(self, step: Step, own: Slot) -> None:
        """Insert a step as early as can be, among others that are as small."""
        reads = {slot for slot in step.slots if slot is not own}
        steps = self.out.steps
        before = [i for i, s in enumerate(steps) if reads.intersection(s.slots)]
        steps.insert(before[-1] + 1 if before else 0, step)

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
            self._insert(from_body(body, totals[0], "totals", 1, 1), slot)
