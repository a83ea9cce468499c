"""The values in a diagram: computed in one run, and written short."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from chainrule.execution.evaluate import evaluate
from chainrule.node import Constant, Node
from chainrule.notation.numbers import number

Values: TypeAlias = Mapping[Node, npt.NDArray[Any]]

SHORT = 4
"""Numbers of a vector that is written whole, in order."""


def evaluated(
    nodes: Iterable[Node],
    feeds: Mapping[Any, Any],
    seed: int = 0,
    *,
    training: bool = False,
    lr: float = 0.0,
) -> Values:
    """Return the values of nodes in one run, in float64, which changes nothing.

    Args:
        nodes: what to compute.
        feeds: values for the inputs, by node or by name.
        seed: of the random numbers.
        training: whether dropout and its like are active.
        lr: the learning rate that optimizers see.

    Raises:
        DataError: an input has no value, or a value has the wrong shape.
    """
    wanted = list(dict.fromkeys(nodes))
    computed = [node for node in wanted if not isinstance(node, Constant)]
    arrays = evaluate(
        computed, dict(feeds), dtype="float64", seed=seed, training=training, lr=lr,
        updating=False,
    )  # fmt: skip
    constants = {node: node.value for node in wanted if isinstance(node, Constant)}
    return dict(zip(computed, map(np.asarray, arrays), strict=True)) | constants


def shown(array: npt.NDArray[Any]) -> str:
    """Write a value: a number, a short vector, or the norm of something larger.

    A row or a column, such as a batch of one example, is a vector as well.

    >>> shown(np.array([[0.5]])), shown(np.array([[1.0, -2.0]])), shown(np.ones((3, 3)))
    ('0.5', '[1, −2]', '‖·‖ = 3')
    """
    if array.size == 1:
        return number(float(array.reshape(())))
    if array.size in array.shape and 0 < array.size <= SHORT:
        flat = array.reshape(-1)
        return f"[{', '.join(number(float(v), digits=3) for v in flat)}]"
    return f"‖·‖ = {number(norm(array))}"


def spanned(array: npt.NDArray[Any]) -> str:
    """Write a value: a number, a short vector, or the smallest and the largest.

    >>> spanned(np.array([[0.5, 1.0], [-3.0, 2.0]]))
    '−3 … 2'
    """
    text = shown(array)
    if not text.startswith("‖") or not array.size:
        return text
    if not np.all(np.isfinite(array)):
        wrong = int(np.sum(~np.isfinite(array)))
        return f"⚠ {wrong} of {array.size} not finite"
    low, high = np.min(array), np.max(array)
    return f"{number(float(low), digits=3)} … {number(float(high), digits=3)}"


def norm(array: npt.NDArray[Any]) -> float:
    """Return √Σx²."""
    return float(np.linalg.norm(np.asarray(array, dtype=np.float64).reshape(-1)))
