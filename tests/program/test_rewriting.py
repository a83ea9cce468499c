"""Rewriting: former mistakes, and programs that are run as they are written."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.errors import BackendError, GraphError
from chainrule.graph import topological
from chainrule.program import Program
from chainrule.program.passes.rule import law, rule, table_of
from chainrule.program.rewrite import rewrite
from chainrule.testing.reference import interpret

A = 1.7
LARGE = np.float32(3e38)


def numbers(nodes, feeds, **options):
    return [float(y) for y in cr.evaluate(nodes, feeds, dtype="float64", **options)]


def derivatives(y, x):
    """Return y and its first and second derivative with respect to the number x."""
    (first,) = cr.grad(y, [x])
    (second,) = cr.grad(first, [x])
    return [y, first, second]


def odds(x):
    """Build quotients and products in which σ(−x) and exp(x) stand several times."""
    q, e = ops.sigmoid(-x), ops.exp(x)
    yield "quotient", (q * x) / (q * e)
    yield "product", (q * A) * (q * ops.sin(A)) * e
    yield "square", ops.square(e / (1 + e))
    yield "within", ops.tanh(ops.square(e / (1 + e)) * x)
    yield "powers", q * q * e * e


X = cr.input("x", ())


@pytest.mark.parametrize("name", [name for name, _ in odds(X)])
def test_no_factor_is_dropped(name):
    y = dict(odds(X))[name]
    nodes = derivatives(y, X)
    expected = [float(v) for v in interpret(nodes, {X: 0.3})]
    np.testing.assert_allclose(numbers(nodes, {X: 0.3}), expected, rtol=1e-12)


def test_the_derivative_of_a_quotient_with_a_factor_twice():
    y = dict(odds(X))["quotient"]
    (slope,) = numbers(cr.grad(y, [X]), {X: 0.3})
    np.testing.assert_allclose(slope, 0.5186, atol=1e-4)


Z = cr.input("z", (3, 3))
VALUES = np.arange(9.0).reshape(3, 3) ** 2 / 20


@pytest.mark.parametrize(
    "build",
    [
        lambda e: (1 / ops.sum(e, axis=1)) * e,
        lambda e: e / ops.reshape(ops.sum(e, axis=1, keepdims=True), (1, 3)),
        lambda e: e / ops.sum(e, axis=1),
        lambda e: (ops.sum(e * e) / ops.sum(e, axis=1)) * e,
        lambda e: e / ops.sum(e, axis=0),
        lambda e: e / ops.sum(e, axis=1, keepdims=True),
        lambda e: e / ops.transpose(ops.sum(e, axis=1, keepdims=True)),
    ],
)
def test_the_axis_of_a_square_matrix_is_not_mistaken(build):
    y = build(ops.exp(Z))
    weights = np.cos(np.arange(9)).reshape(3, 3)
    (slope,) = cr.grad(ops.sum(y * weights), [Z])
    (second,) = cr.grad(ops.sum(slope * weights), [Z])
    nodes = [y, slope, second]
    expected = interpret(nodes, {Z: VALUES})
    got = cr.evaluate(nodes, {Z: VALUES}, dtype="float64")
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


P, Q = cr.input("p", (2,)), cr.input("q", (2,))


@pytest.mark.parametrize(
    ("y", "p", "q", "value"),
    [
        (P * 0.5 + Q * 0.5, LARGE, LARGE, LARGE),
        (P * 0.5 - Q * 0.5, LARGE, -LARGE, LARGE),
        (ops.sum(P * 0.25), LARGE, 0, LARGE / 2),
        (P / 1e-39, 0, 0, 0),
        ((P / Q) * P, 1e30, 1e30, 1e30),
        (P * (Q / P), 1e30, 1e30, 1e30),
        ((P * 1e-30) * 1e-30, 1e30, 0, 1e-30),
        ((1e-3 * P) / Q, 1e30, 1e-10, 1e37),
    ],
)
def test_nothing_becomes_infinite(y, p, q, value):
    (got,) = cr.evaluate([y], {P: [p, p], Q: [q, q]}, dtype="float32")
    np.testing.assert_allclose(got, value, rtol=1e-6)


@pytest.mark.parametrize("y", [(P * Q) / Q, (P / Q) * Q, (P + 0.0) * Q / (Q * 1.0)])
def test_nothing_divided_by_nothing_is_not_hidden(y):
    (got,) = cr.evaluate([y], {P: [2, 2], Q: [0, 4]})
    assert np.isnan(got[0])
    assert got[1] == 2


def test_two_labels_of_large_logits_have_all_their_digits():
    z, t = cr.input("z", (1, 2)), cr.input("t", (1,), "int")
    loss = cr.losses.sparse_softmax_cross_entropy(t, z)
    for size in (1e6, 1e8):
        (value,) = cr.evaluate([loss], {z: [[size, size]], t: [0]})
        np.testing.assert_allclose(value, np.log(2), rtol=1e-6)


@pytest.mark.parametrize(
    ("z", "total"),
    [([-np.inf, -np.inf], -np.inf), ([np.inf, 0], np.inf), ([-np.inf, 2], 2)],
)
def test_logsumexp_of_infinities(z, total):
    x = cr.input("x", (2,))
    y = [ops.logsumexp(x), ops.log(ops.sum(ops.exp(x)))]
    assert [float(v) for v in cr.evaluate(y, {x: z})] == [total, total]


def test_a_gradient_between_two_places_where_a_rule_looked():
    """∂L/∂e is that of what is written, though e is gone from what is computed."""
    z = cr.input("z", (3,))
    e = ops.exp(z)
    y = e / (1 + e) + ops.log(1 + e) * e
    sweep = cr.autodiff.backward(ops.sum(y * [0.3, -1.2, 0.7]))
    nodes = list(sweep.gradient.values())
    values = {z: [0.5, -1.0, 2.0]}
    got = cr.evaluate(nodes, values, dtype="float64")
    for a, b in zip(got, interpret(nodes, values), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_equal_nodes_are_differentiated_one_by_one():
    a, b = ops.exp(X), ops.exp(X)
    y = a / (1 + b)
    sweep = cr.autodiff.backward(y)
    nodes = [sweep.gradient[a], sweep.gradient[b], sweep.gradient[X]]
    expected = [float(v) for v in interpret(nodes, {X: 0.3})]
    np.testing.assert_allclose(numbers(nodes, {X: 0.3}), expected, rtol=1e-12)


def test_nothing_is_seen_through_stop_gradient():
    e = ops.exp(Z)
    y = e / ops.sum(ops.stop_gradient(e), axis=1, keepdims=True)
    (slope,) = cr.grad(ops.sum(y), [Z])
    got, share = cr.evaluate([slope, ops.softmax(Z)], {Z: VALUES}, dtype="float64")
    np.testing.assert_allclose(got, share)


# -- as it is written ----------------------------------------------------------------


def lowered(**options):
    z = cr.input("z", (3,))
    program = Program([ops.log(ops.sum(ops.exp(z)) * 1.0)], **options)
    kernels = {ops.Log, ops.Sum, ops.Exp, ops.Mul, ops.LogSumExp}
    roots = [root for phase in program.lower(kernels) for root in phase.roots]
    return [node.op.type_name for node in topological(roots) if node.op]


def test_a_program_can_be_run_as_it_is_written(monkeypatch):
    written = ["exp", "sum", "mul", "log"]
    assert lowered() == ["log_sum_exp"]
    assert lowered(rewrite=False) == written
    monkeypatch.setenv("CHAINRULE_REWRITE", "0")
    assert lowered() == written
    assert lowered(rewrite=True) == ["log_sum_exp"]


def test_evaluate_can_leave_rewriting_out(monkeypatch):
    z = cr.input("z", (2,))
    y = [ops.log(ops.sum(ops.exp(z)))]
    values = {z: [1000.0, 0.0]}
    assert cr.evaluate(y, values) == [1000]
    assert cr.evaluate(y, values, rewrite=False) == [np.inf]
    monkeypatch.setenv("CHAINRULE_REWRITE", "0")
    assert cr.evaluate(y, values) == [np.inf]
    assert cr.evaluate(y, values, rewrite=True) == [1000]


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
def test_modes_and_expansion_stay_when_rewriting_is_off(backend):
    x = cr.input("x", (None, 3))
    y = ops.training(ops.softmax(x), ops.log_softmax(x)) + ops.mean(x)
    values = {x: np.ones((2, 3))}
    for training, value in ((True, 1 / 3), (False, -np.log(3))):
        (got,) = cr.evaluate(
            [y], values, training=training, rewrite=False, backend=backend
        )
        np.testing.assert_allclose(got, value + 1, rtol=1e-6)


def add_swapped(node):
    """a + b = b + a."""
    return ops.Add()(*reversed(node.inputs))


X_MUL = law("x · c = c · x + 0", lambda x, c: x * c, lambda x, c: x * c + 0.0)
MINUS = law("x − y = x + (−y)", lambda x, y: x - y, lambda x, y: x + (-y))
PLUS = law("x + (−y) = x − y", lambda x, y: x + (-y), lambda x, y: x - y)
GROWS = law("−x = −(x · 1)", lambda x: -x, lambda x: -(x * 1.0))


@pytest.mark.parametrize(
    ("rules", "names"),
    [
        ([MINUS, PLUS], ["x − y = x + (−y)", "x + (−y) = x − y"]),
        ([rule(ops.Add, example=lambda some: some.array() + some.array())(add_swapped)],
         ["a + b = b + a."]),
        ([GROWS], ["−x = −(x · 1)"]),
        ([X_MUL], ["x · c = c · x + 0"]),
    ],
)  # fmt: skip
def test_rules_that_feed_each_other_are_named(rules, names):
    root = ops.sin((X - 2.0) * 3.0 + A) - (-X)
    with pytest.raises(GraphError, match="does not end") as caught:
        rewrite([root], table_of(rules))
    assert all(name in str(caught.value) for name in names)


def test_a_long_sum_is_not_mistaken_for_one_without_end():
    y = X
    for i in range(500):
        y = y * 1.0 - (-ops.sin(y)) + i * 0.0
    cr.evaluate([y], {X: 0.1})


def test_expansions_that_lead_back_are_refused():
    class There(ops.Elementwise):
        notation = "there({0})"

        def derivatives(self, y, x):
            return (1,)

        def expand(self, x):
            return Back()(x)

    class Back(There):
        def expand(self, x):
            return There()(x)

    class Self(There):
        def expand(self, x):
            return Self()(x) * 1.0

    for op in (There, Back):
        with pytest.raises(BackendError, match="leads back to the op itself"):
            cr.evaluate([op()(X)], {X: 1.0})
    with pytest.raises(GraphError, match=r"rewriting self .*expand\(\) of its op"):
        cr.evaluate([Self()(X)], {X: 1.0})


def test_a_branch_of_another_mode_has_no_gradient():
    x = cr.input("x", (2,))
    loss = ops.sum(ops.training(x * 3, ops.log(x)))  # −∞ at 0
    nodes = cr.grad(loss, [x])
    for rewriting in (True, False):
        (got,) = cr.evaluate(nodes, {x: [0, -1]}, training=True, rewrite=rewriting)
        np.testing.assert_array_equal(got, [3, 3])
