"""Initializers: the variance of the theory, the same numbers for the same seed."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import HyperparameterError

SHAPE = (300, 200)


def draw(name: str, shape=SHAPE, seed: int = 0, **fields) -> np.ndarray:
    cls = type(cr.initializers[name]) if not fields else cr.initializers[name.title()]
    return cls(**fields).sample(shape, seed=seed, stream="kernel")


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("glorot_uniform", 2 / 500), ("glorot_normal", 2 / 500),
        ("he_uniform", 2 / 300), ("he_normal", 2 / 300),
        ("lecun_uniform", 1 / 300), ("lecun_normal", 1 / 300),
        ("normal", 0.05**2), ("uniform", 0.1**2 / 12),
    ],
)  # fmt: skip
def test_spread(name: str, variance: float) -> None:
    values = draw(name)
    assert values.mean() == pytest.approx(0, abs=0.02 * variance**0.5)
    assert values.var() == pytest.approx(variance, rel=0.02)


@pytest.mark.parametrize("name", ["glorot_normal", "he_normal", "lecun_normal"])
def test_scaled_normals_are_cut_off(name: str) -> None:
    values = draw(name)
    assert np.abs(values).max() < 2.3 * values.std()


@pytest.mark.parametrize("name", ["glorot_uniform", "he_normal", "orthogonal"])
def test_seed_and_stream_decide(name: str) -> None:
    initializer: cr.Initializer = cr.initializers[name]
    one = initializer.sample(SHAPE, seed=3, stream="a")
    assert one.dtype == np.float32
    assert one.tobytes() == initializer.sample(SHAPE, seed=3, stream="a").tobytes()
    assert one.tobytes() != initializer.sample(SHAPE, seed=4, stream="a").tobytes()
    assert one.tobytes() != initializer.sample(SHAPE, seed=3, stream="b").tobytes()


def test_fans_of_other_shapes() -> None:
    kernel = cr.initializers.he_normal.sample((3, 3, 8, 64), seed=0, stream="k")
    assert kernel.var() == pytest.approx(2 / 72, rel=0.05)
    vector = cr.initializers.he_normal.sample((5000,), seed=0, stream="k")
    assert vector.var() == pytest.approx(2 / 5000, rel=0.05)


@pytest.mark.parametrize("shape", [(6, 6), (8, 3), (3, 8), (2, 3, 4)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    drawn = cr.initializers.Orthogonal(gain=2.0).sample(shape, seed=0, stream="k")
    q = drawn.reshape(-1, shape[-1]).astype(float) / 2
    small = q.T @ q if q.shape[0] >= q.shape[1] else q @ q.T
    np.testing.assert_allclose(small, np.eye(len(small)), atol=1e-6)


def test_given_values() -> None:
    constant = cr.initializers.Constant
    np.testing.assert_array_equal(constant(2).sample((2, 2), 0, ""), [[2, 2], [2, 2]])
    np.testing.assert_array_equal(constant([1, 2]).sample((2,), 0, ""), [1, 2])
    np.testing.assert_array_equal(draw("zeros"), np.zeros(SHAPE))
    np.testing.assert_array_equal(draw("ones"), np.ones(SHAPE))


def test_hyperparameters_of_tf_keras() -> None:
    assert (cr.initializers.normal.mean, cr.initializers.normal.stddev) == (0, 0.05)
    assert (cr.initializers.uniform.low, cr.initializers.uniform.high) == (-0.05, 0.05)


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("glorot", "glorot_uniform"), ("he", "he_normal"), ("lecun", "lecun_normal"),
        ("random_normal", "normal"), ("GlorotUniform", "glorot_uniform"),
    ],
)  # fmt: skip
def test_other_names(name: str, same: str) -> None:
    layer = cr.layers.Dense(2, kernel_initializer=name)
    assert type(layer.kernel_initializer).type_name == same


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: cr.initializers.Constant([1, 2]).sample((3,), 0, ""), "has 2 values"),
        (lambda: cr.initializers.Uniform(1.0, -1.0), "is empty"),
        (lambda: cr.initializers.Normal(stddev=-1.0), "stddev"),
        (lambda: cr.initializers.orthogonal.sample((3,), 0, ""), "needs a matrix"),
    ],
)
def test_what_cannot_be(build, message: str) -> None:
    with pytest.raises(HyperparameterError, match=message):
        build()


@pytest.mark.parametrize("name", ["zeros", "ones", "random_normal"])
def test_a_parameter_without_axes_has_none(name: str) -> None:
    class Slope(cr.Layer):
        def apply(self, x: cr.Node) -> cr.Node:
            return x * self.parameter("slope", (), cr.initializers[name])

    layer, x = Slope(), cr.input("x", (None, 2))
    y = layer(layer(x))
    assert cr.Model(x, y).parameters["slope_1/slope"].shape == ()
