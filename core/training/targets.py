"""Targets, checked against the prediction and the loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.data.arrays import (
    Array,
    as_numbers,
    as_rows,
    check_integers,
    position_text,
)
from chainrule.errors import DataError
from chainrule.graph import topological
from chainrule.kinds.loss import Loss
from chainrule.node import Input, Node
from chainrule.shapes import Shape, shape_fits, shape_text


def targets_for(
    prediction: Node, loss: Any, value: Any, name: str = "y", floats: str = "float32"
) -> Array:
    """Return the targets of one output in the form that its loss compares.

    A vector is taken for a single column, and the reverse; nothing is broadcast. A
    user's function gets integers with one axis less than the prediction as labels.

    Raises:
        DataError: wrong shape, NaN or infinity, labels that are not integers or out of
            range, one-hot rows where labels are needed or the reverse.
    """
    if isinstance(loss, Loss) and loss.target != "same":
        exact = as_rows(value, name, floats="float64")  # float32 would round labels
        return _labels(exact, prediction, loss, name)
    array = _as_column(as_rows(value, name, floats=floats), prediction.shape)
    if not isinstance(loss, Loss):
        whole = as_numbers(value, name).dtype.kind in "iu"
        labels = whole and array.ndim == prediction.ndim - 1
        return as_rows(value, name, "int") if labels else array
    if not _fits(array, prediction.shape):
        if loss.for_other_targets and _look_like_labels(array, prediction.shape[-1]):
            raise DataError(
                f"{name} holds class labels, shape {array.shape}, but "
                f"{loss.type_name} takes rows of shape {shape_text(prediction.shape)}"
                f'; use loss="{loss.for_other_targets}", or one-hot rows'
            )
        raise DataError(
            f"{name} has shape {array.shape}, but the prediction has shape "
            f"{shape_text(prediction.shape)} and {loss.type_name} compares them "
            f"element by element{_rank_hint(array.ndim, prediction)}"
        )
    _check_range(array, loss, name)
    return array


def _labels(array: Array, prediction: Node, loss: Loss, name: str) -> Array:
    classes = prediction.shape[-1] or 0
    wanted = prediction.shape[:-1]
    if array.ndim == len(wanted) + 1 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim == len(wanted) + 1 and array.shape[-1] == classes:
        other = f'use loss="{loss.for_other_targets}", or ' * bool(
            loss.for_other_targets
        )
        raise DataError(
            f"{name} holds rows of {classes}, shape {array.shape}, but "
            f"{loss.type_name} takes class labels of shape {shape_text(wanted)}; "
            f"{other}give labels: {name}.argmax(-1)"
        )
    if not _fits(array, wanted):
        rank = array.ndim + (array.shape[-1] != classes)  # with an axis of classes
        raise DataError(
            f"{name} has shape {array.shape}, but {loss.type_name} takes class labels "
            f"of shape {shape_text(wanted)}{_rank_hint(rank, prediction)}"
        )
    check_integers(array, name)
    outside = (array < 0) | (array >= classes)
    if outside.any() and loss.target == "classes":
        at = tuple(int(i) for i in np.argwhere(outside)[0])
        raise DataError(
            f"{name} has label {array[at]:g} in {position_text(at)}, but the model has "
            f"{classes} outputs, for labels 0 to {classes - 1}"
        )
    return np.ascontiguousarray(array, np.int64)


def _as_column(array: Array, shape: Shape) -> Array:
    """Turn (n,) into (n, 1) or the reverse, if the prediction has that shape."""
    if array.ndim == 1 and len(shape) == 2 and shape[1] == 1:
        return array[:, None]
    if array.ndim == 2 and array.shape[1] == 1 and len(shape) == 1:
        return array[:, 0]
    return array


def _fits(array: Array, shape: Shape) -> bool:
    """Return whether rows fit a shape, whose first axis may have any size."""
    return array.ndim == len(shape) and shape_fits(array.shape[1:], shape[1:])


def _rank_hint(rank: int, prediction: Node) -> str:
    """Say that the inputs give the prediction more axes than the targets have."""
    leaves = [x for x in topological([prediction]) if isinstance(x, Input)]
    deepest = max(leaves, key=lambda leaf: leaf.ndim, default=None)
    if deepest is None or not min(deepest.ndim, prediction.ndim) > max(rank, 2):
        return ""
    return (
        f"; the prediction has shape {shape_text(prediction.shape)} because "
        f"{deepest.name or 'x'} has rank {deepest.ndim}: cr.layers.Flatten() as first "
        "layer makes one row of each example"
    )


def _look_like_labels(array: Array, classes: int | None) -> bool:
    flat = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    inside = (flat >= 0) & (flat < (classes or 0)) & (flat == np.floor(flat))
    return flat.ndim == 1 and bool(inside.all())


def _check_range(array: Array, loss: Loss, name: str) -> None:
    """Reject targets outside the range that the loss is defined for."""
    if loss.target_range is None:
        return
    low, high = loss.target_range
    outside = (array < low) | (array > high)
    if outside.any():
        at = tuple(int(i) for i in np.argwhere(outside)[0])
        raise DataError(
            f"{name} has {array[at]:g} in {position_text(at)}, but {loss.type_name} "
            f"takes targets from {low:g} to {high:g}"
        )
