"""The chain rule: products along paths and sums over them, from graph to graph."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.errors import ArgumentTypeError, GradientError
from chainrule.graph import Graph


def gradient(loss: cr.Node, w: cr.Node, feeds) -> np.ndarray:
    (dw,) = cr.grad(loss, [w])
    return cr.evaluate([dw], feeds, dtype="float64")[0]


def test_along_a_path_derivatives_multiply() -> None:
    x = cr.input("x", ())
    got = gradient(ops.sin(ops.exp(x**2)), x, {x: 0.7})
    inner = np.exp(0.49)
    assert got == pytest.approx(np.cos(inner) * inner * 2 * 0.7)


def test_over_paths_they_add() -> None:
    x = cr.input("x", ())
    y = 3 * x
    assert gradient(y * ops.sin(x) + y, x, {x: 0.5}) == pytest.approx(
        3 * np.sin(0.5) + 1.5 * np.cos(0.5) + 3
    )


def test_both_edges_of_a_square_count() -> None:
    x = cr.input("x", ())
    assert gradient(x * x, x, {x: 5.0}) == 10


def test_the_gradient_of_the_loss_is_one() -> None:
    x = cr.input("x", ())
    assert gradient(x, x, {x: 5.0}) == 1


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((), 6.0), ((3,), [2, 2, 2]), ((2, 1), [[3], [3]]), ((1, 1), [[6]])],
)
def test_the_gradient_of_what_was_broadcast_is_summed(shape, expected) -> None:
    w, x = cr.input("w", shape), cr.input("x", (2, 3))
    feeds = {w: np.ones(shape), x: np.ones((2, 3))}
    np.testing.assert_array_equal(gradient(ops.sum(w * x), w, feeds), expected)


def test_a_gradient_is_summed_over_an_open_batch() -> None:
    w, x = cr.input("w", (3,)), cr.input("x", (None, 3))
    feeds = {w: np.ones(3), x: np.arange(12.0).reshape(4, 3)}
    np.testing.assert_array_equal(gradient(ops.sum(w * x), w, feeds), [18, 22, 26])


def test_nothing_flows_through_stop_gradient() -> None:
    x = cr.input("x", ())
    assert gradient(x * ops.stop_gradient(x), x, {x: 5.0}) == 5


def test_a_layer_by_hand() -> None:
    random = np.random.default_rng(0)
    x, w, b, t = (
        random.standard_normal(shape) for shape in [(5, 3), (3, 2), (2,), (5, 2)]
    )
    W, B = cr.parameter("W", w), cr.parameter("b", b)
    y = ops.sigmoid(x @ W + B)
    dw, db = cr.evaluate(cr.grad(ops.mean(ops.square(y - t)), [W, B]), dtype="float64")
    p = 1 / (1 + np.exp(-(x @ w + b)))
    delta = 2 * (p - t) / p.size * p * (1 - p)
    np.testing.assert_allclose(dw, x.T @ delta, rtol=1e-12)
    np.testing.assert_allclose(db, delta.sum(0), rtol=1e-12)


def test_softmax_cross_entropy_by_hand() -> None:
    random = np.random.default_rng(0)
    z, t = random.standard_normal((4, 3)), np.eye(3)[[0, 2, 1, 1]]
    Z = cr.input("z", (None, 3))
    loss = -ops.mean(ops.sum(t * ops.log(ops.softmax(Z)), -1))
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    np.testing.assert_allclose(gradient(loss, Z, {Z: z}), (p - t) / 4, rtol=1e-12)


def test_derivatives_are_differentiated_again() -> None:
    x = cr.input("x", ())
    derivative, values = ops.sin(2 * x), []
    for _ in range(4):
        (derivative,) = cr.grad(derivative, [x])
        values += cr.evaluate([derivative], {x: 0.3}, dtype="float64")
    expected = [2 * np.cos(0.6), -4 * np.sin(0.6), -8 * np.cos(0.6), 16 * np.sin(0.6)]
    np.testing.assert_allclose(values, expected, rtol=1e-12)


def test_a_hessian_times_a_vector() -> None:
    random = np.random.default_rng(0)
    a, v = random.standard_normal((3, 3)), random.standard_normal(3)
    x = cr.input("x", (3,))
    (slope,) = cr.grad(0.5 * ops.sum(x * (x @ a)), [x])
    got = gradient(ops.sum(slope * v), x, {x: random.standard_normal(3)})
    np.testing.assert_allclose(got, 0.5 * (a + a.T) @ v, rtol=1e-12)


def test_a_hundred_thousand_nodes_need_no_recursion() -> None:
    x = cr.input("x", ())
    y: cr.Node = x
    for _ in range(100_000):
        y = ops.identity(y)
    (dx,) = cr.grad(y, [x])
    assert len(Graph([dx])) > 100_000


def test_a_gradient_remembers_where_it_comes_from() -> None:
    x = cr.input("x", ())
    y = ops.sin(x)
    loss = y * y
    sweep = cr.backward(loss)
    for node in (x, y):
        origin = sweep.gradient[node].origin
        assert origin is not None
        assert (origin.of, origin.loss) == (node, loss)
    assert {position for node, position in sweep.contribution if node is loss} == {0, 1}
    local = sweep.local[y, 0]
    assert isinstance(local, cr.Node)
    (slope,) = cr.evaluate([local], {x: 0.4}, dtype="float64")
    assert slope == pytest.approx(np.cos(0.4))


def test_a_gradient_has_the_scope_of_what_it_belongs_to() -> None:
    x = cr.input("x", ())
    with cr.scope("inner"):
        y = ops.tanh(x)
    (dx,) = cr.grad(ops.square(y), [x])
    assert any(node.startswith("inner/grad_") for node in Graph([dx]).node)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda x, w: cr.grad(x * 2, [x]), r"the loss must be one number.*\(3\)"),
        (lambda x, w: cr.grad(ops.argmax(x), [x]), "the loss must be one number"),
        (lambda x, w: cr.grad(ops.sum(x), [w]), r"does not depend on w \(3\)"),
        (
            lambda x, w: cr.grad(ops.sum(ops.to_float(x > 0)), [x]),
            "comparisons and argmax",
        ),
        (lambda x, w: cr.grad(ops.sum(ops.stop_gradient(x)), [x]), "stop_gradient"),
    ],
)
def test_what_cannot_be_differentiated_is_explained(build, message: str) -> None:
    with pytest.raises(GradientError, match=message):
        build(cr.input("x", (3,)), cr.input("w", (3,)))


def test_one_node_is_not_a_list_of_nodes() -> None:
    x = cr.input("x", (3,))
    with pytest.raises(
        ArgumentTypeError, match=r"wrt must be a list, got .*: write \["
    ):
        cr.grad(ops.sum(x), x)  # type: ignore[arg-type]


def test_an_op_without_a_derivative_says_what_to_write() -> None:
    class Opaque(cr.Op):
        def infer(self, x):
            return x.shape, "float"

    x = cr.input("x", (3,))
    with pytest.raises(GradientError, match=r"define vjp\(\) on Opaque"):
        cr.grad(ops.sum(Opaque()(x)), [x])
