from pathlib import Path

import chainrule as cr
import numpy as np
from chainrule.testing import check_layer

from chainrule_spectral import SpectralDense


def test_spectral_dense() -> None:
    check_layer(SpectralDense(3))
    check_layer(SpectralDense(4, activation="tanh"))


def trained() -> cr.Model:
    model = cr.Sequential([SpectralDense(5)], input_shape=8)
    random = np.random.default_rng(0)
    x, y = random.normal(size=(64, 8)), random.normal(size=(64, 5))
    slow = cr.optimizers.SGD(lr=1e-4)
    model.fit(x, y, loss="mse", optimizer=slow, epochs=20, verbose=0)
    return model


def test_the_kernel_is_divided_by_its_largest_singular_value() -> None:
    model = trained()
    kernel = model.parameters["spectral_dense_1/kernel"].value
    x = np.eye(8, dtype=np.float32)
    expected = kernel / np.linalg.norm(kernel, 2)
    bias = model.parameters["spectral_dense_1/bias"].value
    np.testing.assert_allclose(model.predict(x) - bias, expected, rtol=1e-3)


def test_the_state_is_saved(tmp_path: Path) -> None:
    model = trained()
    model.save(tmp_path / "a.safetensors")
    x = np.ones((3, 8))
    loaded = cr.load(tmp_path / "a.safetensors")
    np.testing.assert_array_equal(loaded.predict(x), model.predict(x))
