"""Data sets: their shapes and values, which are the same everywhere."""

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError


def test_digits() -> None:
    (x, y), (x_test, y_test) = cr.datasets.digits()
    assert (x.shape, x_test.shape) == ((1438, 64), (359, 64))
    assert (x.dtype, y.dtype) == (np.float32, np.int64)
    assert (x.min(), x.max()) == (0, 1)
    counts, held_out = np.bincount(y), np.bincount(y_test)
    np.testing.assert_allclose(held_out / (counts + held_out), 0.2, atol=0.005)
    everything = np.concatenate([x, x_test])
    assert len(np.unique(everything, axis=0)) == len(np.unique(x, axis=0)) + len(
        np.unique(x_test, axis=0)
    )


def test_the_split_of_the_digits_depends_on_the_seed_alone() -> None:
    (x, _), _ = cr.datasets.digits(seed=1)
    (again, _), _ = cr.datasets.digits(seed=1)
    (other, _), (small, _) = cr.datasets.digits(seed=2, test_fraction=0.1)
    np.testing.assert_array_equal(x, again)
    assert len(small) == pytest.approx(180, abs=2)
    assert not np.array_equal(x[:100], other[:100])


def test_xor() -> None:
    x, y = cr.datasets.xor()
    np.testing.assert_array_equal(y, x[:, 0] != x[:, 1])


@pytest.mark.parametrize("name", ["spirals", "moons", "circles", "blobs"])
def test_points_in_the_plane(name: str) -> None:
    make = getattr(cr.datasets, name)
    x, y = make(101, seed=3)
    assert (x.shape, x.dtype, y.dtype) == ((101, 2), np.float32, np.int64)
    assert np.ptp(np.bincount(y)) <= 1
    assert np.abs(x).max() < 3
    assert not (np.diff(y) >= 0).all()
    again, _ = make(101, seed=3)
    other, _ = make(101, seed=4)
    np.testing.assert_array_equal(x, again)
    assert not np.array_equal(x, other)


def test_shapes_of_the_plane() -> None:
    x, y = cr.datasets.circles(100, factor=0.3, noise=0)
    np.testing.assert_allclose(np.hypot(*x.T), np.where(y == 0, 1, 0.3), rtol=1e-6)
    x, y = cr.datasets.spirals(90, classes=3, noise=0, turns=0.5)
    assert set(y) == {0, 1, 2}
    assert np.hypot(*x.T).max() == pytest.approx(1)
    x, y = cr.datasets.blobs(90, classes=5, spread=0)
    assert len(np.unique(x.round(5), axis=0)) == 5
    x, y = cr.datasets.moons(50, noise=0)
    np.testing.assert_allclose(np.hypot(*x[y == 0].T), 1, rtol=1e-6)


WRONG: Any = "sin"


@pytest.mark.parametrize("curve", ["sine", "cubic", "bumps", "step"])
def test_curves(curve: Any) -> None:
    x, y = cr.datasets.noisy_curve(300, curve=curve, noise=0)
    assert x.shape == y.shape == (300, 1)
    assert np.abs(x).max() <= 1
    assert np.abs(y).max() <= 1.01
    _, noisy = cr.datasets.noisy_curve(300, curve=curve, noise=0.2)
    assert np.std(noisy - y) == pytest.approx(0.2, rel=0.15)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cr.datasets.spirals(0), "n must be ≥ 1"),
        (lambda: cr.datasets.moons(noise=-1), "noise must be ≥ 0"),
        (lambda: cr.datasets.blobs(spread=-1), "spread must be"),
        (lambda: cr.datasets.circles(factor=2), "factor must be"),
        (lambda: cr.datasets.digits(test_fraction=1), "test_fraction must be"),
        (lambda: cr.datasets.noisy_curve(curve=WRONG), "must be one of 'sine'"),
    ],
)
def test_arguments_out_of_range(call, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        call()
