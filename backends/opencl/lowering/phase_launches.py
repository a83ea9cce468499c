"""The launches of one phase: its nodes, its results, and its assignments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from chainrule import ops
from chainrule.backends.opencl.device.runtime import Runtime
from chainrule.backends.opencl.lowering.storage_plan import StoragePlan
from chainrule.backends.opencl.products.problem import Epilogue
from chainrule.backends.opencl.products.product import product_launch
from chainrule.backends.opencl.source.body import KernelContext, Target
from chainrule.backends.opencl.source.fusion import Group
from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import Slot, View, new_view_for, packed
from chainrule.backends.opencl.source.philox import uniform_launch
from chainrule.backends.opencl.source.reductions import reduction_launches
from chainrule.backends.opencl.source.rows import copy_launch, group_launch
from chainrule.backends.opencl.source.scatter import scatter_launch
from chainrule.backends.opencl.source.totals import totals_launch
from chainrule.node import Node, Parameter
from chainrule.program import Pack
from chainrule.program.flat import places
from chainrule.program.sizes import sizes
from chainrule.program.storage import Destination


class PhaseLaunches:
    """Generates the launches of one phase.

    Args:
        plan: where everything lies.
        context: shared by the kernels.
        runtime: the device, on which products are tuned.
        seed: where the seed and the step of random numbers lie.

    Attributes:
        launches: the launches generated so far, in order.
    """

    def __init__(
        self,
        plan: StoragePlan,
        context: KernelContext,
        runtime: Runtime,
        seed: Slot,
    ) -> None:
        self.launches: list[Launch] = []
        self._plan = plan
        self._context = context
        self._runtime = runtime
        self._seed = seed

    def add(self, *launches: Launch) -> None:
        """Append launches, except empty ones."""
        self.launches += [launch for launch in launches if math.prod(launch.items)]

    # -- nodes ---------------------------------------------------------------------

    def compute(self) -> None:
        """Append the launches that compute all stored nodes, level by level."""
        plan, fusion = self._plan, self._plan.graph.fusion
        on_the_way = set(plan.column_sums.values())
        jobs: dict[Group | Node, int] = {}
        for node in plan.graph.order:
            if node in plan.stored and node not in on_the_way:
                jobs[fusion.group.get(node) or node] = fusion.level[node]
        for job in sorted(jobs, key=jobs.__getitem__):
            if isinstance(job, Group):
                self._compute_group(job)
            else:
                self._compute_node(job)

    def _compute_group(self, group: Group) -> None:
        if 0 in group.shape[: -1 if group.reductions else None]:
            return
        stored = self._plan.stored
        targets = [
            Target(node, index, stored[node])
            for node, index in group.members.items()
            if node in stored
        ]
        if group.product is None:
            self.add(group_launch(self._context, group, targets))
            return
        a, b = (self._operand(x) for x in group.product.inputs)
        node = self._plan.column_sums.get(group)
        sums = None if node is None else (node, stored[node])
        epilogue = Epilogue(self._context, group, targets, sums)
        rows = self._plan.leaves.rows_of(group.product.inputs[0])
        self.add(product_launch(self._runtime, epilogue, a, b, rows))

    def _operand(self, node: Node) -> View:
        """Return where an operand of a product lies as floats, if need be in a copy."""
        view = self._plan.view(node)
        if view is not None and view.ctype == self._context.floats:
            return view
        return self._copied(node)

    def _compute_node(self, node: Node) -> None:
        target = self._plan.stored[node]
        if not target.size:
            return
        if isinstance(node.op, Pack):
            self._pack(node, target)
        elif isinstance(node.op, ops.Uniform):
            self.add(uniform_launch(node, target, self._seed))
        elif isinstance(node.op, ops.ScatterAdd):
            items = self._runtime.device.parallel_items
            self.add(scatter_launch(self._context, node, target, items))
        else:
            self.add(*reduction_launches(self._context, node, target))

    def _pack(self, node: Node, target: View) -> None:
        for part, start in places(node):
            offset, view = target.offset + start, self._plan.view(part)
            wanted = packed(target.slot, target.ctype, sizes(part), offset)
            if view is None or not view.contiguous or not view.begins_at(wanted):
                self.copy(part, wanted)

    # -- results -------------------------------------------------------------------

    def copy(self, node: Node, target: View, source: View | None = None) -> None:
        """Append a copy of a node's value, which lies in `source` if that is given."""
        context, view = self._context, self._context.view
        if source is not None:
            context = replace(context, view=lambda x: source if x is node else view(x))
        if target.size:
            self.add(copy_launch(context, node, target))

    def _copied(self, node: Node) -> View:
        """Append a copy of a node's value to new memory, and return its view."""
        copy = new_view_for(node, self._context.floats)
        self.copy(node, copy)
        return copy

    def fetchable(self, node: Node) -> View:
        """Return where an output lies after the run, if need be in a copy."""
        view, base = self._plan.view(node), self._plan.graph.base(node)
        if view is not None and base.op is not None and view.contiguous:
            return view
        copy = new_view_for(node, self._context.floats, persistent=True)
        self.copy(node, copy)
        return copy

    def assign(self) -> None:
        """Append copies of the new values that were not computed in place.

        Values of parameters are saved first, since they may be assigned to each other.
        """
        plan = self._plan
        late = [
            (target, node)
            for target, node in plan.graph.phase.assigns
            if plan.destinations.get(node) != Destination(target)
        ]
        several = len(late) > 1
        saved = {
            node: self._copied(node)
            for _, node in late
            if several and isinstance(plan.graph.base(node), Parameter)
        }
        for target, node in late:
            self.copy(node, plan.leaves.parameters[target], saved.get(node))

    def add_up(self, totals: Sequence[tuple[int, Node]], sums: View) -> None:
        """Insert the launch that adds totals to the rows of `sums`.

        It goes as early as possible, where its neighbours are small too.
        """
        if not totals:
            return
        made = totals_launch(self._context, totals, sums)
        reads = {slot for slot in made.slots if slot is not sums.slot}
        before = [
            i for i, launch in enumerate(self.launches) if reads & {*launch.slots}
        ]
        self.launches.insert(before[-1] + 1 if before else 0, made)
