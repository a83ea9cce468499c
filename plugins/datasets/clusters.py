"""Points in the plane, in classes.

Each function returns (x, y): x float32 of shape (n, 2), y int64 class numbers of shape
(n,), in random order. The same arguments give the same points on every machine.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule.annotations import NonNegative, PositiveInt, Probability, Seed
from chainrule.arguments import checked
from chainrule.philox import generator

Labelled: TypeAlias = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]


@checked
def xor() -> Labelled:
    """Return the four rows of exclusive or, which one perceptron cannot learn.

    >>> x, y = xor()
    >>> y.tolist()
    [0, 1, 1, 0]
    """
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    return x, np.array([0, 1, 1, 0])


@checked
def spirals(
    n: PositiveInt = 400,
    *,
    classes: PositiveInt = 2,
    turns: NonNegative = 1.0,
    noise: NonNegative = 0.02,
    seed: Seed = 0,
) -> Labelled:
    """Return `n` points on interleaved spirals of radius 1, one for each class.

    Args:
        n: number of points, divided evenly among the classes.
        classes: number of spirals.
        turns: number of turns of each spiral around the origin.
        noise: standard deviation of the noise added to both coordinates.
        seed: seed of the noise and the order.
    """
    label = _labels(n, classes)
    along = _along(label, classes)
    angle = 2 * np.pi * (turns * along + label / classes)
    radius = 0.1 + 0.9 * along  # at the origin the arms could not be told apart
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _shuffled(x, label, noise, seed, "spirals")


@checked
def moons(
    n: PositiveInt = 400, *, noise: NonNegative = 0.1, seed: Seed = 0
) -> Labelled:
    """Return `n` points on two interleaved half circles.

    Args:
        n: number of points, half of them on each.
        noise: standard deviation of the noise added to both coordinates.
        seed: seed of the noise and the order.
    """
    label = _labels(n, 2)
    angle = np.pi * _along(label, 2)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    x = np.where(label[:, None] == 0, upper, lower)
    return _shuffled(x, label, noise, seed, "moons")


@checked
def circles(
    n: PositiveInt = 400,
    *,
    factor: Probability = 0.5,
    noise: NonNegative = 0.05,
    seed: Seed = 0,
) -> Labelled:
    """Return `n` points on two circles around the origin, one inside the other.

    Args:
        n: number of points, half of them on each.
        factor: radius of the inner circle, class 1; the outer one has radius 1.
        noise: standard deviation of the noise added to both coordinates.
        seed: seed of the noise and the order.
    """
    label = _labels(n, 2)
    angle = 2 * np.pi * _along(label, 2)
    radius = np.where(label == 0, 1.0, factor)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _shuffled(x, label, noise, seed, "circles")


@checked
def blobs(
    n: PositiveInt = 300,
    *,
    classes: PositiveInt = 3,
    spread: NonNegative = 0.2,
    seed: Seed = 0,
) -> Labelled:
    """Return `n` points in round clusters, with centres spaced evenly on a circle.

    Args:
        n: number of points, divided evenly among the classes.
        classes: number of clusters.
        spread: standard deviation of a cluster; the circle has radius 1.
        seed: seed of the points and the order.
    """
    label = _labels(n, classes)
    angle = 2 * np.pi * label / classes
    centre = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _shuffled(centre, label, spread, seed, "blobs")


def _labels(n: int, classes: int) -> npt.NDArray[np.int64]:
    return np.arange(n) % classes


def _along(label: npt.NDArray[np.int64], classes: int) -> npt.NDArray[np.float64]:
    """Return the position of each point along the curve of its class, from 0 to 1."""
    rank = np.arange(len(label)) // classes
    return rank / max(int(rank[-1]), 1)


def _shuffled(
    x: npt.NDArray[Any],
    label: npt.NDArray[np.int64],
    noise: float,
    seed: int,
    stream: str,
) -> Labelled:
    random = generator(seed, stream)
    order = random.permutation(len(x))
    noisy = x + noise * random.standard_normal(x.shape)
    return noisy[order].astype(np.float32), label[order]
