"""Two directions in the space of all weights, along which a loss is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.data.arrays import Array
from chainrule.errors import ArgumentError
from chainrule.model.model import Model
from chainrule.philox import generator
from chainrule.plugins.callbacks.trajectory import Trajectory
from chainrule.plugins.figures.movable import Movable, Weights, flat


@dataclass(frozen=True)
class Plane:
    """A plane through the weights of a model.

    Attributes:
        loss: of a point of the plane.
        names: of the axes.
        paths: the path of a training run, projected onto the plane.
    """

    loss: Callable[[Array], float]
    names: tuple[str, str]
    paths: Mapping[str, Array]


def plane_of(
    model: Model, x: Any, y: Any, path: Any, loss: Any, directions: str, seed: int
) -> Plane:
    """Return the plane along random directions, or the principal ones of a path.

    Raises:
        ArgumentError: the path is not a `Trajectory`, or is too short.
    """
    if path is not None and not isinstance(path, Trajectory):
        raise ArgumentError(
            "the path of a model must be the callback cr.callbacks.Trajectory() that "
            "was given to fit"
        )
    movable = Movable(model, x, y, loss)
    paths = list(movable.weights)
    centre = flat(movable.weights, paths)
    steps = [flat(weights, paths) - centre for weights in path.weights] if path else []
    if directions == "pca":
        first, second, names = _principal(steps)
    else:
        first, second = _random(movable.weights, paths, seed)
        names = ("a random direction", "another one")
    basis = np.stack([first, second], axis=1)
    sizes = {each: np.shape(movable.weights[each]) for each in paths}

    def height(point: Array) -> float:
        return movable.loss(_shaped(centre + basis @ point, sizes))

    found: dict[str, Array] = {}
    if steps:
        found[""] = np.linalg.lstsq(basis, np.stack(steps, axis=1), rcond=None)[0].T
    return Plane(height, names, found)


def _principal(steps: list[Array]) -> tuple[Array, Array, tuple[str, str]]:
    """Return the two directions in which a path varies most, and their shares."""
    if len(steps) < 3:
        raise ArgumentError(
            'directions="pca" needs path=trajectory, with at least three epochs'
        )
    rows = np.stack(steps)
    _, sizes, axes = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    share = 100 * sizes**2 / np.square(sizes).sum()
    names = tuple(f"component {i + 1}: {share[i]:.0f} % of the path" for i in (0, 1))
    return axes[0], axes[1], (names[0], names[1])


def _random(weights: Weights, paths: list[str], seed: int) -> tuple[Array, Array]:
    """Return two directions that change each parameter in proportion to its norm."""
    random = generator(seed, "landscape")
    found = []
    for _ in range(2):
        parts = []
        for path in paths:
            value = np.asarray(weights[path])
            part = random.standard_normal(value.shape)
            part *= np.linalg.norm(value) / max(float(np.linalg.norm(part)), 1e-12)
            parts.append(part.ravel())
        found.append(np.concatenate(parts))
    return found[0], found[1]


def _shaped(vector: Array, sizes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """Return a vector as parameters of these shapes."""
    shaped, start = {}, 0
    for path, size in sizes.items():
        end = start + int(np.prod(size))
        shaped[path] = vector[start:end].reshape(size)
        start = end
    return shaped
