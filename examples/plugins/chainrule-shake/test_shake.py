import chainrule as cr
import numpy as np
from chainrule.testing import check_regularizer

from chainrule_shake import GaussianDropout


def test_gaussian_dropout() -> None:
    check_regularizer(GaussianDropout())
    check_regularizer(GaussianDropout(rate=0.2))


def test_mean_and_variance_are_those_of_dropout() -> None:
    x = cr.constant(np.full(100_000, 2.0))
    (shaken,) = cr.evaluate([GaussianDropout(0.2).transform(x, "a")], seed=1)
    assert abs(shaken.mean() - 2) < 0.02
    assert abs(shaken.std() - 2 * 0.5) < 0.02


def test_it_acts_in_training_only() -> None:
    layers = [cr.layers.Dense(8, activation="tanh"), cr.layers.Dense(1)]
    model = cr.Sequential(layers, input_shape=3)
    x = np.random.default_rng(0).normal(size=(32, 3))
    regularizers = [GaussianDropout()]
    model.fit(x, x[:, :1], loss="mse", regularizers=regularizers, verbose=0)
    np.testing.assert_array_equal(model.predict(x), model.predict(x))
