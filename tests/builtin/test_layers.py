"""Each layer computes its formula, while training and not."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import HyperparameterError, ShapeError

RANDOM = np.random.default_rng(0)


def run(layer: cr.Layer, x, *, training: bool = False, **options):
    array = np.asarray(x)
    leaf = cr.input("x", (None, *array.shape[1:]))
    return cr.evaluate(
        [layer(leaf)], {leaf: array}, training=training, dtype="float64", **options
    )[0]


def parameters(layer: cr.Layer) -> dict[str, cr.Parameter]:
    return {path: owned.node for path, owned in layer.owned_parameters()}


def test_dense() -> None:
    layer = cr.layers.Dense(3, activation="relu")
    x = RANDOM.standard_normal((5, 4))
    got = run(layer, x)
    kernel, bias = parameters(layer)["kernel"], parameters(layer)["bias"]
    assert kernel.shape == (4, 3)
    np.testing.assert_array_equal(bias.value, np.zeros(3))
    bias.value[:] = [1, -1, 0.5]
    np.testing.assert_allclose(
        run(layer, x), np.maximum(x @ kernel.value + bias.value, 0)
    )
    assert not np.allclose(got, run(layer, x))


def test_dense_without_bias_or_activation() -> None:
    layer = cr.layers.Dense(2, use_bias=False, kernel_initializer="ones")
    np.testing.assert_array_equal(run(layer, [[1.0, 2.0]]), [[3, 3]])
    assert set(parameters(layer)) == {"kernel"}


def test_dense_acts_on_the_last_axis() -> None:
    layer = cr.layers.Dense(2, kernel_initializer="ones")
    assert run(layer, np.ones((5, 3, 4))).shape == (5, 3, 2)


@pytest.mark.parametrize("name", ["glorot_uniform", "he_normal", "orthogonal"])
def test_dense_starts_as_its_initializer_says(name: str) -> None:
    layer = cr.layers.Dense(3, kernel_initializer=name)
    layer(cr.input("x", (None, 4)))
    expected = cr.initializers[name].sample((4, 3), seed=0, stream="kernel")
    np.testing.assert_array_equal(parameters(layer)["kernel"].value, expected)


def test_another_number_of_features_names_where_it_came_from() -> None:
    layer = cr.layers.Dense(3, name="hidden")
    layer(cr.input("x", (None, 32)))
    wide = cr.layers.Dense(64, activation="relu", name="wide")(cr.input("x", (None, 2)))
    message = r"hidden: expected 32 features, got 64 from wide \(shape \(batch, 64\)\)"
    with pytest.raises(ShapeError, match=message):
        layer(wide)


def test_an_open_last_axis_is_refused() -> None:
    with pytest.raises(
        ShapeError, match="dense: the size of the last axis must be known"
    ):
        cr.layers.Dense(3)(cr.input("x", (None, None)))


def test_nodes_lie_in_the_scope_of_layer_and_activation() -> None:
    y = cr.layers.Dense(3, activation="tanh", name="hidden")(cr.input("x", (None, 2)))
    names = list(cr.Graph([y]).node)
    assert "hidden/z" in names
    assert "hidden/tanh_1/tanh" in names


def test_perceptron_of_the_introduction() -> None:
    neuron = cr.layers.Perceptron("sigmoid", weights=(3.0, -2.0), bias=1.0)
    got = run(neuron, [[-1.0, 2.0]])
    assert got.shape == (1, 1)
    assert got.item() == pytest.approx(1 / (1 + np.exp(6)))
    assert round(got.item(), 3) == 0.002


def test_perceptron_decides_with_a_step() -> None:
    neuron = cr.layers.Perceptron(weights=(1.0, 1.0), bias=-1.5)  # and
    x = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    np.testing.assert_array_equal(run(neuron, x)[:, 0], [0, 0, 0, 1])


def test_perceptron_learns_its_weights() -> None:
    neuron = cr.layers.Perceptron("sigmoid")
    x, t = cr.input("x", (None, 2)), cr.input("t", (None, 1))
    loss = cr.losses.binary_cross_entropy(t, neuron(x))
    slopes = cr.grad(loss, list(parameters(neuron).values()))
    got = cr.evaluate(slopes, {x: [[1.0, 2.0]], t: [[1.0]]})
    np.testing.assert_allclose(got[0], [-0.5, -1.0])
    np.testing.assert_allclose(got[1], [-0.5])


def test_perceptron_with_the_wrong_number_of_weights() -> None:
    neuron = cr.layers.Perceptron(weights=(1.0, 2.0))
    with pytest.raises(ShapeError, match="perceptron: got 2 weights for 3 features"):
        neuron(cr.input("x", (None, 3)))


def test_dropout_drops_and_scales_while_training_only() -> None:
    layer, x = cr.layers.Dropout(0.25), np.ones((400, 100))
    np.testing.assert_array_equal(run(layer, x), x)
    got = run(layer, x, training=True)
    assert set(np.unique(got)) == {0, 1 / 0.75}
    assert np.mean(got == 0) == pytest.approx(0.25, abs=0.01)
    again = run(layer, x, training=True)
    np.testing.assert_array_equal(got, again)
    assert not np.array_equal(got, run(layer, x, training=True, seed=1))
    assert not np.array_equal(got, run(layer, x, training=True, step=2))


def test_dropout_passes_the_gradient_through_its_mask() -> None:
    x = cr.input("x", (20, 10))
    y = cr.layers.Dropout(0.5)(x)
    dx = cr.grad(cr.ops.sum(y), [x])
    value, slope = cr.evaluate([y, *dx], {x: np.ones((20, 10))}, training=True)
    np.testing.assert_array_equal(value, slope)


def test_a_shared_dropout_draws_a_mask_for_each_application() -> None:
    layer, x = cr.layers.Dropout(0.5, name="drop"), cr.input("x", (20, 10))
    other = cr.layers.Dropout(0.5, name="other")
    masks = cr.evaluate(
        [layer(x), layer(x), other(x)], {x: np.ones((20, 10))}, training=True
    )
    assert len({mask.tobytes() for mask in masks}) == 3


def test_a_mask_depends_on_the_layers_name_and_not_on_its_neighbours() -> None:
    def mask(depth: int):
        x = cr.input("x", (20, 10))
        node: cr.Node = x
        for _ in range(depth):
            node = node + 0 * cr.layers.Dropout(0.5)(x)
        y = cr.layers.Dropout(0.5, name="drop")(node)
        return cr.evaluate([y], {x: np.ones((20, 10))}, training=True)[0]

    np.testing.assert_array_equal(mask(0), mask(3))


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_dropout_of_everything_is_refused(rate: float) -> None:
    with pytest.raises(HyperparameterError, match="rate"):
        cr.layers.Dropout(rate)


def test_gaussian_noise() -> None:
    layer, x = cr.layers.GaussianNoise(0.3), np.full((400, 100), 2.0)
    np.testing.assert_array_equal(run(layer, x), x)
    noise = run(layer, x, training=True) - x
    assert noise.mean() == pytest.approx(0, abs=0.01)
    assert noise.std() == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize(
    ("layer", "before", "after"),
    [
        (cr.layers.Flatten(), (5, 2, 3), (5, 6)),
        (cr.layers.Flatten(), (5, 2), (5, 2)),
        (cr.layers.Flatten(), (5,), (5, 1)),
        (cr.layers.Reshape((3, 2)), (5, 6), (5, 3, 2)),
        (cr.layers.Reshape((-1,)), (5, 2, 3), (5, 6)),
        (cr.layers.Reshape((2, -1, 1)), (5, 6), (5, 2, 3, 1)),
    ],
)
def test_reshaping(layer: cr.Layer, before, after) -> None:
    x = np.arange(np.prod(before, dtype=int)).reshape(before).astype(float)
    np.testing.assert_array_equal(run(layer, x), x.reshape(after))
    symbolic = layer(cr.input("x", (None, *before[1:])))
    assert symbolic.shape == (None, *after[1:])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: cr.layers.Reshape((4,))(cr.input("x", (None, 6))), "the 6 elements"),
        (lambda: cr.layers.Reshape((4, -1))(cr.input("x", (None, 6))), "do not fit"),
        (lambda: cr.layers.Flatten()(cr.input("x", (2, None))), "known sizes after it"),
        (
            lambda: cr.layers.Flatten()(cr.input("x", ())),
            "flatten: x must have a batch axis",
        ),
    ],
)
def test_reshaping_that_cannot_be(build, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        build()


@pytest.mark.parametrize("shape", [(0,), (-2,), (-1, -1)])
def test_reshape_to_nonsense(shape: tuple[int, ...]) -> None:
    with pytest.raises(HyperparameterError, match="one may be -1"):
        cr.layers.Reshape(shape)


def test_batch_norm_normalizes_the_batch_while_training() -> None:
    layer = cr.layers.BatchNorm(epsilon=1e-12)
    x = RANDOM.standard_normal((50, 3)) * [1, 5, 0.1] + [0, 3, -7]
    got = run(layer, x, training=True)
    np.testing.assert_allclose(got.mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(got.var(0), 1, rtol=1e-6)


def test_batch_norm_keeps_running_averages() -> None:
    layer = cr.layers.BatchNorm(momentum=0.9)
    x = RANDOM.standard_normal((50, 3)) * [1, 5, 0.1] + [0, 3, -7]
    for _ in range(2):
        run(layer, x, training=True)
    owned = parameters(layer)
    kept = 0.9**2
    mean, variance = owned["moving_mean"].value, owned["moving_variance"].value
    np.testing.assert_allclose(mean, (1 - kept) * x.mean(0), rtol=1e-5)
    np.testing.assert_allclose(variance, kept + (1 - kept) * x.var(0), rtol=1e-5)
    before = mean.copy()
    got = run(layer, x)
    np.testing.assert_allclose(got, (x - mean) / np.sqrt(variance + 1e-3), rtol=1e-6)
    np.testing.assert_array_equal(mean, before)
    assert not owned["moving_mean"].trainable
    assert owned["gamma"].trainable


def test_batch_norm_over_more_axes() -> None:
    x = RANDOM.standard_normal((5, 4, 3)) + 2
    got = run(cr.layers.BatchNorm(), x, training=True)
    np.testing.assert_allclose(got.mean((0, 1)), 0, atol=1e-9)


def test_layer_norm() -> None:
    x = RANDOM.standard_normal((5, 8))
    expected = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-3)
    for training in (False, True):
        got = run(cr.layers.LayerNorm(), x, training=training)
        np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_activation_layer() -> None:
    layer = cr.layers.Activation("relu")
    np.testing.assert_array_equal(run(layer, [[-1.0, 2.0]]), [[0, 2]])


def test_parameters_are_made_once_and_shared() -> None:
    layer = cr.layers.Dense(2, activation="prelu")
    a, b = layer(cr.input("a", (None, 3))), layer(cr.input("b", (None, 3)))
    assert set(parameters(layer)) == {"kernel", "bias", "prelu_1/alpha"}
    assert set(cr.Graph([a]).parameters) == set(cr.Graph([b]).parameters)


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
def test_batch_norm_applied_twice_takes_one_update_after_the_other(
    backend: str,
) -> None:
    layer = cr.layers.BatchNorm(momentum=0.5)
    a, b = cr.input("a", (None, 1)), cr.input("b", (None, 1))
    model = cr.Model([a, b], cr.layers.Dense(1)(layer(a) + layer(b)))
    data = [np.full((4, 1), 2.0, np.float32), np.full((4, 1), 10.0, np.float32)]
    still = cr.optimizers.SGD(lr=1e-30)
    target = np.zeros((4, 1), np.float32)
    model.fit(data, target, loss="mse", optimizer=still, backend=backend)
    mean = model.parameters["batch_norm_1/moving_mean"].value
    assert mean == 0.5 * (0.5 * 0 + 0.5 * 2) + 0.5 * 10 == 5.5
    variance = model.parameters["batch_norm_1/moving_variance"].value
    assert variance == 0.25


def test_any_state_that_is_assigned_twice_in_a_step() -> None:
    count = cr.parameter("count", 0.0, trainable=False)
    x = cr.input("x", (2,))
    y: cr.Node = x
    for _ in range(3):
        y = cr.ops.also_update(y * 2, count, count + 1)
    cr.evaluate([y], {x: [1, 2]}, training=True)
    assert count.value == 3
