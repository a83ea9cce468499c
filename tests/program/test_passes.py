"""Each pass does what it says; that all keep values is tested on random graphs."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.errors import BackendError, ShapeError
from chainrule.graph import topological
from chainrule.node import Constant
from chainrule.ops import Elementwise
from chainrule.program import Program
from chainrule.program.lowering import RULES
from chainrule.program.passes.common import common
from chainrule.program.passes.expansion import expand
from chainrule.program.passes.reuse import reuse
from chainrule.program.passes.rule import table_of
from chainrule.program.passes.specialise import (
    choose_mode,
    collect_updates,
    specialise,
)
from chainrule.program.rewrite import rewrite

SIMPLER = table_of(RULES)


def op_names(roots):
    return [node.op.type_name for node in topological(roots) if node.op]


def simplified(node):
    (result,) = rewrite([node], SIMPLER)
    return result


X = cr.input("x", (3, 4))
Y = cr.input("y", (3, 4))


def test_a_mode_is_chosen():
    node = ops.training(ops.exp(X), ops.log(X))
    assert op_names(choose_mode([node], True)) == ["exp"]
    assert op_names(choose_mode([node], False)) == ["log"]


def test_updates_are_collected_only_where_they_are_reached():
    mean = cr.parameter("mean", np.zeros(4))
    node = ops.training(ops.also_update(X, mean, ops.mean(X, axis=0)), ops.sub(X, mean))
    roots, updates = collect_updates(choose_mode([node], True))
    assert roots == [X]
    assert [target for target, _ in updates] == [mean]
    assert collect_updates(choose_mode([node], False))[1] == []


def test_specialising_resolves_what_is_read_for_its_shape():
    x = cr.input("x", (None, 4))
    nodes = [
        ops.broadcast_like(2.0, x),
        ops.sum_like(x, cr.input("b", (4,))),
        ops.zeros_like(x),
        ops.mean(x),
        ops.reshape(x, (-1,)),
    ]
    roots = specialise(nodes, {x: (3, 4)})
    assert [root.shape for root in roots] == [(3, 4), (4,), (3, 4), (), (12,)]
    assert not {"broadcast_like", "sum_like", "zeros_like", "mean", "count"} & set(
        op_names(roots)
    )


def test_specialising_refuses_to_broadcast_an_open_dimension():
    x, t = cr.input("x", (None, 4)), cr.input("t", (None, 4))
    with pytest.raises(ShapeError, match="declare it as 1"):
        specialise([x - t], {x: (3, 4), t: (1, 4)})


def test_common_subexpressions_are_merged():
    a, b = ops.exp(X) + 1, ops.exp(X) + 1
    roots = common([a, b])
    assert roots[0] is roots[1]
    x, y = ops.uniform(X), ops.uniform(X)
    assert common([x, y])[0] is not common([x, y])[1]


def test_constants_are_folded_in_float64():
    (root,) = rewrite([2.0 * cr.constant(3.0) + 1], SIMPLER)
    assert isinstance(root, Constant)
    assert root.value == 7


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (lambda: X * 1.0, []),
        (lambda: -(-X), []),
        (lambda: X * -1.0, ["neg"]),
        (lambda: (X * 2.0) * 3.0, ["mul"]),
        (lambda: X / 4.0, ["mul"]),
        (lambda: X + (-Y), ["sub"]),
        (lambda: X - (-Y), ["add"]),
        (lambda: X * 2.0 - Y * 2.0, ["sub", "mul"]),
        (lambda: X * 0.5 - Y * 0.5, ["mul", "mul", "sub"]),  # X − Y may overflow
        (lambda: X * (1 / Y), ["div"]),
        (lambda: X + ops.zeros_like(X), []),
        (lambda: ops.reshape(ops.reshape(X, (4, 3)), (3, 4)), []),
        (lambda: ops.transpose(ops.transpose(X)), []),
        (lambda: ops.matmul(ops.transpose(X), Y), ["matmul"]),
        (lambda: X * ops.broadcast_to(cr.input("b", (4,)), (3, 4)), ["mul"]),
        (lambda: ops.stop_gradient(ops.identity(X)), []),
        (lambda: X * X, ["square"]),
        (lambda: X**1.0, []),
    ],
)  # fmt: skip
def test_algebra(before, after):
    (root,) = rewrite(specialise([before()], {}), SIMPLER)
    assert op_names([root]) == after


def test_transposes_become_flags():
    node = simplified(ops.matmul(ops.transpose(X), Y))
    assert node.op.transpose_a
    assert not node.op.transpose_b


def test_zero_times_a_users_array_is_not_dropped():
    (root,) = rewrite([X * 0.0], SIMPLER)
    assert op_names([root]) == ["mul"]  # NaN · 0 is NaN


def test_the_mask_of_relu_is_computed_from_its_result():
    y = ops.relu(X)
    roots = reuse([y, ops.to_float(ops.greater(X, 0.0))])
    assert op_names(roots) == ["relu", "greater", "to_float"]
    assert roots[1].inputs[0].inputs[0] is y
    alone = [ops.to_float(ops.greater(X, 0.0))]
    assert op_names(reuse(alone)) == ["greater", "to_float"]


def test_what_has_no_kernel_is_expanded():
    supported = {type(n.op) for n in topological([ops.relu(X).op.expand(X)]) if n.op}
    assert op_names(expand([ops.relu(X)], supported)) == ["maximum"]


class Opaque(Elementwise):
    """y = x, with neither kernel nor expansion."""

    def derivatives(self, y, x):
        return (1,)


def test_what_cannot_be_run_is_an_error_that_says_what_to_write():
    with pytest.raises(BackendError, match=r"opaque .*expand.*register_kernels"):
        expand([Opaque()(X)], set())


def test_the_summary_counts_nodes_after_each_pass():
    program = Program([ops.mean(ops.square(X - 1.0))])
    assert "compile the program" in program.summary()
    program.lower({ops.Sum, ops.Mul, ops.Square, ops.Sub, ops.Reshape})
    lines = program.summary().splitlines()
    assert lines[1].split() == ["as", "built", "3"]
    assert len(lines) == len(program.stages) + 1
