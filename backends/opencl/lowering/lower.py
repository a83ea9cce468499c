"""Lower a program: its phases become launches of kernels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from chainrule.backends.opencl.device.session import Session
from chainrule.backends.opencl.lowering.host_numbers import (
    HostNumbers,
    find_host_numbers,
)
from chainrule.backends.opencl.lowering.leaves import Leaves, find_leaves
from chainrule.backends.opencl.lowering.phase_graph import graph_of
from chainrule.backends.opencl.lowering.phase_launches import PhaseLaunches
from chainrule.backends.opencl.lowering.small_launches import merge_small
from chainrule.backends.opencl.lowering.storage_plan import StoragePlan, plan_storage
from chainrule.backends.opencl.lowering.whole_step import WholeStep, whole_step
from chainrule.backends.opencl.source.body import KernelContext, Kernels
from chainrule.backends.opencl.source.faults import Faults
from chainrule.backends.opencl.source.launch import Launch
from chainrule.backends.opencl.source.layout import Floats, View, new_view
from chainrule.node import Node, Parameter
from chainrule.program import Program


@dataclass(frozen=True)
class Lowered:
    """A program as launches of kernels.

    Attributes:
        floats: the C type of floats.
        launches: all launches, in order.
        leaves: where inputs, parameters and constants lie.
        assigned: the parameters that get new values.
        numbers: the numbers that the host computes.
        seed: where the seed and the step of random numbers lie.
        faults: the faults that the kernels look for.
        outputs: where each output lies, or which host number it is.
        sums: a row for each total: its sum, and the sum of the errors.
        host_totals: the totals that are host numbers, by their rows.
        many: whether many runs may follow each other, as those of training steps do:
            nobody reads in between.
        step: the launch of all kernels, if there is one; not taken for a profile.
        profiled: whether it is lowered for a profile.
    """

    floats: Floats
    launches: Sequence[Launch]
    leaves: Leaves
    assigned: Sequence[Parameter]
    numbers: HostNumbers
    seed: View
    faults: Faults
    outputs: Sequence[View | Node]
    sums: View
    host_totals: Mapping[int, Node]
    many: bool
    step: WholeStep | None
    profiled: bool

    @property
    def flush(self) -> bool:
        """Whether denormal numbers may be taken for zero: vanishing gradients are."""
        return self.many and self.floats == "float"

    @property
    def repeats(self) -> bool:
        """Whether one launch does many runs."""
        return [launch.repeats for launch in self.launches] == [True]


def lower(program: Program, kernels: Kernels, session: Session) -> Lowered:
    """Lower a program for a device.

    Raises:
        BackendError: the device cannot compute its floats, an op or a parameter.
    """
    runtime, device = session.runtime, session.runtime.device
    floats: Floats = "double" if program.dtype == "float64" else "float"
    if floats == "double":
        device.require_float64("this program")
    phases = program.lower(kernels)
    numbers = find_host_numbers(phases, floats)
    # There is one place for an output.
    many = program.training and not any(phase.outputs for phase in phases)
    leaves = find_leaves(
        phases,
        floats,
        numbers.nodes,
        session.mirrors.view,
        by_rows=many and device.works_in_place,
    )
    seed = new_view("ulong", (2,), persistent=True)
    offsets = program.total_offsets
    sums = new_view(floats, (offsets[-1], 2), persistent=True)
    faults = Faults(program)
    launches: list[Launch] = []
    outputs: list[View | Node] = []
    for phase in phases:
        graph = graph_of(phase, numbers.nodes, leaves)
        plan = plan_storage(graph, leaves, floats, sum_columns=device.is_cpu)
        context = KernelContext(
            floats=floats,
            width=device.width(floats),
            view=partial(_view, numbers, plan),
            kernels=kernels,
            watch=faults,
        )
        made = PhaseLaunches(plan, context, runtime, seed.slot)
        made.compute()
        outputs += [
            node if node in numbers.nodes else made.fetchable(node)
            for node in phase.outputs
        ]
        totals = list(zip(offsets, phase.totals, strict=False))
        made.add_up([t for t in totals if t[1] not in numbers.nodes], sums)
        made.assign()
        launches += made.launches
    step: WholeStep | None = None
    profiled = session.recorder is not None
    if device.is_cpu:
        views = (*leaves.sent.values(), numbers.vector, seed)
        sent = {view.slot for view in views} if many else None
        if sent is not None and device.has_threads:
            step = whole_step(launches, sent, device.compute_units)
        if step is None:
            launches = merge_small(launches, sent, device.compute_units)
        elif profiled:  # which shows the kernels of the step
            launches = merge_small(launches, None, device.compute_units)
        else:
            launches = [step.launch]
    return Lowered(
        floats=floats,
        launches=launches,
        leaves=leaves,
        assigned=[target for phase in phases for target, _ in phase.assigns],
        numbers=numbers,
        seed=seed,
        faults=faults,
        outputs=outputs,
        sums=sums,
        host_totals={
            i: node
            for i, node in zip(offsets, phases[0].totals, strict=False)
            if node in numbers.nodes
        },
        many=many,
        step=step,
        profiled=profiled,
    )


def _view(numbers: HostNumbers, plan: StoragePlan, node: Node) -> View | None:
    """Return where kernels of a phase find a node, or None."""
    return numbers.view(node) or plan.view(node)
