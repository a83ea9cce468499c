"""Training in double precision, and with bytes that do not depend on threads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.execution import open_backend

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(40, 5)), RNG.normal(size=(40, 2))


def model() -> cr.Sequential:
    layers = [cr.layers.Dense(6, "tanh"), cr.layers.BatchNorm(), cr.layers.Dense(2)]
    return cr.Sequential(layers, input_shape=5)


def fitted(**options: Any) -> cr.Sequential:
    made = model()
    given = {"loss": "mse", "epochs": 3, "batch_size": 16, "callbacks": [], **options}
    made.fit(X, Y, **given)
    return made


def test_everything_is_in_double_precision() -> None:
    made = fitted(dtype="float64", optimizer="adam", validation=0.25)
    assert {w.dtype.name for w in made.get_weights().values()} == {"float64"}
    assert made.predict(X).dtype == np.float64
    single = fitted(optimizer="adam", validation=0.25)
    assert {w.dtype.name for w in single.get_weights().values()} == {"float32"}
    for path, value in made.get_weights().items():
        np.testing.assert_allclose(
            value, single.get_weights()[path], rtol=1e-3, atol=1e-4
        )
        assert not np.array_equal(value, single.get_weights()[path])


def slope_error(dtype: Any) -> float:
    """How far a step of gradient descent is from finite differences in float64."""
    made = model()
    before = {path: w.astype(float) for path, w in made.get_weights().items()}
    made.fit(
        X,
        Y,
        loss="mse",
        optimizer=cr.optimizers.GradientDescent(lr=1.0),
        verbose=0,
        dtype=dtype,
    )
    path = "dense_1/kernel"
    got = before[path] - made.get_weights()[path]
    fresh = model()
    x, t = fresh.inputs[0], cr.input("t", (None, 2))
    loss = cr.losses.mse(t, fresh.outputs[0])
    kernel = fresh.parameters[path]
    wanted = np.zeros_like(got)
    for at in np.ndindex(*got.shape):
        values = []
        for step in (-1e-5, 1e-5):
            moved = before[path].copy()
            moved[at] += step
            kernel.value = moved
            feeds = {x: X, t: Y}
            values.append(cr.evaluate([loss], feeds, dtype="float64", training=True)[0])
        wanted[at] = (values[1] - values[0]) / 2e-5
    return float(np.abs(got - wanted).max())


def test_gradients_agree_with_finite_differences_far_better() -> None:
    double, single = slope_error("float64"), slope_error("float32")
    assert double < 1e-9
    assert single > 100 * double


def test_data_keep_their_digits() -> None:
    x = 1 + 1e-12 * np.arange(8.0)[:, None]
    made = cr.Sequential([cr.layers.Dense(1)], input_shape=1)
    made.fit(x, x, loss="mse", verbose=0, dtype="float64")
    assert len(np.unique(made.predict(x))) == 8
    made.fit(x, x, loss="mse", verbose=0)
    assert len(np.unique(made.predict(x))) == 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_saved_model_goes_on_in_its_precision(dtype: Any, tmp_path: Path) -> None:
    made = fitted(dtype=dtype, optimizer="adam", seed=1)
    made.save(tmp_path / "model")
    again = cr.load(tmp_path / "model")
    assert again.predict(X).dtype == made.predict(X).dtype == dtype
    np.testing.assert_array_equal(again.predict(X), made.predict(X))
    assert again.evaluate(X, Y) == made.evaluate(X, Y)
    for each in (made, again):
        each.fit(
            X,
            Y,
            loss="mse",
            optimizer="adam",
            verbose=0,
            seed=1,
            dtype=dtype,
            batch_size=16,
        )
    for path, value in made.get_weights().items():
        np.testing.assert_array_equal(value, again.get_weights()[path])


def test_a_training_run_can_change_its_precision() -> None:
    made = fitted(dtype="float64", optimizer="adam")
    made.fit(X, Y, loss="mse", optimizer="adam", verbose=0)
    assert made.predict(X).dtype == np.float32
    state = made.session.state
    assert state is not None
    assert state.step == 3 * 3 + 2
    assert {p.value.dtype.name for p in state.parameters} == {"float32"}


def test_a_precision_that_there_is_not() -> None:
    with pytest.raises(
        ArgumentError, match="dtype must be one of 'float32', 'float64'"
    ):
        fitted(dtype="float16")


TRAINING = """
import hashlib, sys, numpy as np, chainrule as cr
backend, deterministic = sys.argv[1], sys.argv[2] == "deterministic"
rng = np.random.default_rng(0)
x, y = rng.normal(size=(512, 784)), rng.normal(size=(512, 8))
model = cr.Sequential([cr.layers.Dense(190, "tanh"), cr.layers.Dense(8)])
model.fit(
    x, y, loss="mse", epochs=2, batch_size=256, verbose=0, backend=backend,
    deterministic=deterministic, seed=0,
)
bytes_ = b"".join(w.tobytes() for w in model.get_weights().values())
print(hashlib.sha256(bytes_).hexdigest())
"""
"""Trains 150,000 weights; BLAS sums 784 products in parts, which threads share."""


def hash_of_weights(threads: int, backend: str = "numpy", how: str = "") -> str:
    variables = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    env = os.environ | dict.fromkeys(variables, str(threads))
    run = [sys.executable, "-c", TRAINING, backend, how]
    done = subprocess.run(run, env=env, capture_output=True, text=True, check=True)
    return done.stdout


def test_deterministic_bytes_do_not_depend_on_the_number_of_threads() -> None:
    alike = {hash_of_weights(n, how="deterministic") for n in (1, 2)}
    assert len(alike) == 1
    if hash_of_weights(1) == hash_of_weights(2):
        pytest.skip("this BLAS adds in one order for any number of threads")


def test_the_same_number_of_threads_gives_the_same_bytes() -> None:
    assert hash_of_weights(2) == hash_of_weights(2)


def test_opencl_gives_the_same_bytes_in_every_process() -> None:
    if not all(met for met, _ in open_backend("opencl").diagnose()):
        pytest.skip("there is no OpenCL device")
    hash_of_weights(2, "opencl")  # which tunes products, if that is to be done
    assert hash_of_weights(2, "opencl") == hash_of_weights(1, "opencl")
