"""Lowering: what shares a kernel, what is stored, and where; no device is needed."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.backends.opencl import OpenCLBackend
from chainrule.backends.opencl.lowering.host_numbers import find_host_numbers
from chainrule.backends.opencl.lowering.leaves import find_leaves
from chainrule.backends.opencl.lowering.phase_graph import graph_of
from chainrule.backends.opencl.lowering.storage_plan import plan_storage
from chainrule.backends.opencl.source.fusion import MOST_MEMBERS
from chainrule.backends.opencl.source.layout import Argument, Slot, new_view, packed
from chainrule.program import LEARNING_RATE, STEP, Flat, Program
from chainrule.program.storage import Destination


def view_of(parameter):
    """Return a view of a parameter in memory of its own."""
    return new_view("float", parameter.value.shape)


def planned(program, parameter_view=view_of, *, sum_columns=True):
    """Return the storage plan of a program's first phase, and the host's numbers."""
    phases = program.lower(OpenCLBackend.kernels)
    numbers = find_host_numbers(phases, "float")
    leaves = find_leaves(phases, "float", numbers.nodes, parameter_view, by_rows=False)
    graph = graph_of(phases[0], numbers.nodes, leaves)
    return plan_storage(graph, leaves, "float", sum_columns=sum_columns), numbers


def of_type(plan, op):
    (node,) = [node for node in plan.graph.order if type(node.op) is op]
    return node


def test_what_is_computed_from_a_row_shares_its_kernel():
    x = cr.input("x", (9, 5))
    plan, _ = planned(Program(outputs=[ops.softmax(ops.tanh(x))]))
    (group,) = {*plan.graph.fusion.group.values()}
    assert {type(node.op) for node in group.reductions} == {ops.Max, ops.Sum}
    assert group.shape == (9, 5)
    assert len(plan.stored) == 1


def test_what_a_full_kernel_has_no_place_for_is_computed_in_another():
    x = cr.input("x", (3,))
    total = ops.sum(x)
    row = [ops.tanh(total * float(i)) for i in range(MOST_MEMBERS)]
    picked = ops.pick(x, cr.input("t", (), "int"))
    plan, _ = planned(Program(outputs=[*row, picked]))
    node = of_type(plan, ops.Pick)
    group = plan.graph.fusion.group[node]
    assert group is not plan.graph.fusion.group[of_type(plan, ops.Sum)]
    assert node in group.members
    assert node in plan.stored


def test_what_only_its_own_kernel_reads_is_not_stored():
    x, w = cr.input("x", (4, 3)), cr.parameter("w", np.ones((3, 2)))
    plan, _ = planned(Program(outputs=[ops.tanh(ops.relu(x @ w) + 1.0)]))
    assert [*plan.stored] == [of_type(plan, ops.Tanh)]
    assert plan.view(of_type(plan, ops.Relu)) is None


def test_a_view_of_what_is_stored_lies_in_its_memory():
    x = cr.input("x", (4, 6))
    y = ops.exp(x)
    plan, _ = planned(Program(outputs=[y, ops.sum(ops.transpose(y) @ y)]))
    matmul, exp = of_type(plan, ops.Matmul), of_type(plan, ops.Exp)
    slots = {plan.view(operand).slot for operand in matmul.inputs}
    assert slots == {plan.stored[exp].slot}


def test_a_new_value_is_computed_over_the_old_one():
    w = cr.parameter("w", np.ones(3))
    plan, _ = planned(Program(phases=[[(w, w * 2.0)]]))
    (node,) = plan.stored
    assert plan.destinations == {node: Destination(w)}
    assert plan.stored[node] == plan.leaves.parameters[w]


def test_an_old_value_that_a_later_kernel_reads_is_not_overwritten():
    w = cr.parameter("w", np.ones((3, 4)))
    new = w * 2.0
    plan, _ = planned(Program(outputs=[ops.sum(new, 0) @ w.T], phases=[[(w, new)]]))
    assert not plan.destinations


def test_parameters_that_trade_places_are_copied():
    a, b = cr.parameter("a", np.ones(3)), cr.parameter("b", np.zeros(3))
    plan, _ = planned(Program(phases=[[(a, b), (b, a)]]))
    assert not plan.destinations
    assert not plan.stored


def test_gradients_are_computed_side_by_side_in_the_flat_one():
    w, b = cr.parameter("w", np.ones((2, 3))), cr.parameter("b", np.ones(3))
    flat = Flat("gradient", [cr.parameter(p.name, p.value) for p in (w, b)])
    x = cr.input("x", (5, 2))
    gradients = cr.grad(ops.sum(ops.tanh(x @ w + b)), [w, b])
    program = Program(phases=[[(flat, flat.pack(gradients))]])
    for sum_columns in (True, False):
        plan, _ = planned(program, sum_columns=sum_columns)
        placed = sorted(
            (plan.stored[node].offset, plan.stored[node].shape)
            for node in plan.destinations
            if node.op not in {assigned.op for _, assigned in plan.graph.phase.assigns}
        )
        assert placed == [(0, (2, 3)), (6, (3,))]
        assert len(plan.column_sums) == sum_columns


def test_the_host_computes_what_depends_on_rate_and_step_alone():
    w = cr.parameter("w", np.ones(3))
    rate = LEARNING_RATE * ops.sqrt(1 - 0.999**STEP) / (1 - 0.9**STEP)
    _, numbers = planned(Program(totals=[STEP], phases=[[(w, w - rate * w)]]))
    assert len(numbers.offsets) == 2
    assert {type(node.op) for node in numbers.nodes} >= {ops.Pow, ops.Sub, ops.Div}
    expected = {3.0, 0.01 * np.sqrt(1 - 0.999**3) / (1 - 0.9**3)}
    assert {*numbers.compute(np.float64(0.01), np.float64(3))} == expected


def test_views_overlap_only_if_their_bytes_do():
    slot = Slot(64)
    first, second = (packed(slot, "float", (4,), offset) for offset in (0, 4))
    assert not first.overlaps(second)
    assert first.overlaps(packed(slot, "double", (1,), 1))
    assert not first.overlaps(packed(Slot(64), "float", (4,)))
    assert not first.overlaps(packed(slot, "float", (0,)))


def test_buffers_are_shared_by_what_is_not_needed_at_one_time(backend):
    x = cr.input("x", (64, 64))
    y = x
    for _ in range(6):
        y = ops.transpose(ops.softmax(y)) @ y
    executable = backend.compile(Program(outputs=[y]))
    assert executable.peak_memory <= 4 * y.shape[0] * y.shape[1] * 4


@pytest.mark.parametrize("persistent", [False, True])
def test_a_buffer_that_is_needed_after_the_run_is_not_shared(backend, persistent):
    from chainrule.backends.opencl.device.pool import plan
    from chainrule.backends.opencl.source.launch import Launch

    def pointers(slots):
        return tuple(Argument(slot, "float") for slot in slots)

    a, b, c = Slot(100), Slot(100), Slot(100, persistent)
    given = Slot(100)
    launches = [
        Launch(label="", nodes=(), arguments=pointers(slots), statements="", items=(1,))
        for slots in ((given, a), (a, b), (b, c))
    ]
    blocks = plan(launches, {given})
    assert given not in blocks
    assert blocks[a] is not blocks[b]
    assert (blocks[c] is blocks[a]) is not persistent
