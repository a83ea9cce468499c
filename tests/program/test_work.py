"""Work: what tasks compute and move, and for which nodes of a graph they do it."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.errors import BackendError, ExecutionError
from chainrule.execution import open_backend
from chainrule.graph import Graph
from chainrule.profile.attribution import purposes
from chainrule.profile.profile import Profile
from chainrule.profile.speed import Speed
from chainrule.profile.work import Portion, Task, Work, arithmetic, title
from chainrule.program import Program


def lowered(*outputs, shapes=None):
    """Lower a program for NumPy; return its work."""
    kernels = open_backend("numpy").kernels
    program = Program(outputs=list(outputs), shapes=shapes or {})
    program.lower(kernels)
    return Work(program, kernels)


def of(work, op):
    """Return the one node of an op in a lowered program."""
    (node,) = [node for node in work.order if type(node.op) is op]
    return node


def portions(work):
    return [Portion([node]) for node in work.order if node.op is not None]


def test_bytes_are_read_once_and_written_where_others_read_them():
    x, b = cr.input("x", (6, 5)), cr.parameter("b", np.ones(5))
    work = lowered(ops.sum(ops.exp(x + b) * x))
    add, exp, mul, total = (of(work, op) for op in (ops.Add, ops.Exp, ops.Mul, ops.Sum))
    one, fused = work.tasks([Portion([total]), Portion([add, exp, mul])])
    assert fused.nbytes == 4 * (30 + 5 + 30)  # x once, b, and the product
    assert one.nbytes == 4 * (30 + 1)
    assert (fused.flops, one.flops) == (90, 30)


def test_a_product_counts_two_operations_for_each_step():
    a, b = cr.input("a", (3, 7)), cr.input("b", (5, 7))
    work = lowered(a @ b.T)
    product = of(work, ops.Matmul)
    assert product.op.transpose_b
    assert arithmetic(product) == 2 * 3 * 5 * 7


def test_what_is_picked_is_all_that_is_read():
    x = cr.input("x", (100, 10))
    at = cr.input("at", (100,), "int")
    work = lowered(ops.pick(x, at))
    (task,) = work.tasks(portions(work))
    assert task.nbytes == 100 * (4 + 8 + 4)  # numbers, indices, results


def test_elementwise_nodes_that_no_portion_names_are_where_they_are_read():
    x = cr.input("x", (4,))
    work = lowered(ops.exp(ops.tanh(x) + 1.0))
    (task,) = work.tasks([Portion([of(work, ops.Exp)])])
    assert task.name == "tanh add exp"
    assert task.flops == 12


def test_a_helper_is_counted_by_what_it_moves():
    x = cr.input("x", (4,))
    work = lowered(ops.exp(x))
    exp = of(work, ops.Exp)
    task, helper = work.tasks([Portion([exp]), Portion([exp], "copy", 64)])
    assert (task.name, helper.name) == ("exp", "exp: copy")
    assert (helper.nbytes, helper.flops) == (64, 0)


def test_tasks_of_one_name_are_numbered():
    x = cr.input("x", (4,))
    work = lowered(ops.exp(ops.exp(x)))
    assert [(t.name, t.number) for t in work.tasks(portions(work))] == [
        ("exp", 0), ("exp", 1),
    ]  # fmt: skip


def test_a_title_has_the_scopes_that_are_shared():
    x = cr.input("x", (4,))
    with cr.scope("a"):
        with cr.scope("b"):
            first, second = ops.exp(x), ops.tanh(x)
        third = ops.sin(x)
    with cr.scope("c"):
        last = ops.cos(x)
    assert title([first, second]) == "a/b/exp tanh"
    assert title([first, third]) == "a/exp sin"
    assert title([first, last]) == "a/b/exp + c/cos"
    assert title([], "totals") == "totals"


def loss_of(x, w):
    """Return what a user built, node by node, and the gradient of w."""
    z = (x @ w).named("z")
    a = ops.tanh(z).named("a")
    both = (a * a + ops.exp(a)).named("both")
    loss = ops.mean(both)
    return (z, a, both, loss), cr.grad(loss, [w])[0]


@pytest.fixture
def built():
    x, w = cr.input("x", (8, 3)), cr.parameter("w", np.ones((3, 2)))
    (z, a, both, loss), gradient = loss_of(x, w)
    return (z, a, both, loss), lowered(loss, gradient)


def test_everything_lowered_has_the_purpose_of_what_was_built(built):
    (z, a, _, loss), work = built
    purpose = purposes(work, set(Graph([loss])))
    products = [node for node in work.order if isinstance(node.op, ops.Matmul)]
    assert [purpose[node] for node in products] == [(z, "forward"), (z, "backward")]
    assert purpose[of(work, ops.Tanh)] == (a, "forward")
    assert purpose[of(work, ops.Sum)] == (loss, "forward")  # its mean is Σ · 1/n
    computed = [node for node in work.order if node.op is not None and node.shape]
    assert all(node in purpose for node in computed)
    ways = {way for node, way in purpose.values() if node is a}
    assert ways == {"forward", "backward"}


def test_a_part_of_a_graph_is_not_the_purpose_of_the_rest(built):
    (z, a, _, _), work = built
    purpose = purposes(work, set(Graph([z])))
    assert {node for node, _ in purpose.values() if node.op is not None} == {z}
    assert not any(node is a for node, _ in purpose.values())
    assert of(work, ops.Tanh) not in purpose
    assert [way for node, way in purpose.values() if node is z] == [
        "backward", "forward",
    ]  # fmt: skip


def test_nodes_of_the_lowered_program_are_themselves(built):
    _, work = built
    purpose = purposes(work, set(work.order))
    assert all(purpose[node] == (node, "forward") for node in work.order)


def test_a_fault_is_named_as_it_is_without_a_profile():
    backend = open_backend("numpy")
    x, at = cr.input("x", (4, 3)), cr.input("at", (2,), "int")
    feeds = {x: np.ones((4, 3)), at: np.array([0, 9])}
    nodes = [ops.take(ops.exp(x), at)]
    with pytest.raises(ExecutionError) as plain:
        cr.evaluate(nodes, feeds, backend=backend)
    with backend.profiled() as profile, pytest.raises(ExecutionError) as timed:
        cr.evaluate(nodes, feeds, backend=backend)
    assert str(timed.value) == str(plain.value)
    assert not profile.rows  # a run that failed has no time
    assert "0.0 ms of computation" in str(profile)


def gone(_):
    raise BackendError("the device is gone")


def test_a_device_that_is_gone_leaves_the_times():
    work = lowered(ops.exp(cr.input("x", (4,))))
    profile = Profile("something", Speed(gone, gone))
    (task,) = work.tasks(portions(work))
    profile.add(task, 0, 2000)
    row = profile.table().splitlines()[3]
    assert row.split() == ["exp", "1", "0.002", "100.0%", "2.0", "0.0", "?", "0.0", "?"]


def test_speeds_are_measured_once_for_each_size():
    asked = []

    def copy(nbytes):
        asked.append(nbytes)
        return 1e9

    speed = Speed(copy, gone)
    for nbytes in (1, 5000, 16_000, 17_000, 1 << 30):
        assert speed.bandwidth(nbytes) == 1e9
    assert asked == [4096, 16384, 1 << 26]


def test_a_trace_is_cut_and_the_table_is_not(monkeypatch, tmp_path):
    monkeypatch.setattr("chainrule.profile.profile.MOST_EVENTS", 3)
    work = lowered(ops.exp(cr.input("x", (4,))))
    profile = Profile("something", Speed(gone, gone))
    task = Task("exp", 0, (), 0, 0, work)
    for begin in range(5):
        profile.add(task, begin, begin + 1)
    assert profile.rows[0].calls == 5
    assert profile.save_trace(tmp_path / "t.json").read_text().count('"ph": "X"') == 3
