"""Evaluate: the numbers of any nodes, for given inputs."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from threading import RLock
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.annotations import Seed, check_value
from chainrule.errors import BackendError, DataError, GraphError, did_you_mean
from chainrule.execution.opening import open_backend
from chainrule.graph import topological
from chainrule.kinds.backend import Backend, Executable
from chainrule.node import Input, Node, Parameter
from chainrule.program.program import LEARNING_RATE, STEP, Program, Width
from chainrule.shapes import Shape, shape_fits, shape_text

Feeds = Mapping[Any, npt.ArrayLike]


def evaluate(
    nodes: Sequence[Node],
    feeds: Feeds | None = None,
    *,
    backend: str | Backend | None = None,
    dtype: Width = "float32",
    training: bool = False,
    seed: int = 0,
    step: int = 1,
    lr: float = 0.0,
) -> list[npt.NDArray[Any]]:
    """Compute nodes and return their values as arrays.

    Args:
        nodes: what to compute.
        feeds: a value for every input that `nodes` depend on, by input or by name.
        backend: name or object; None is the default.
        dtype: width of floats, ``"float32"`` or ``"float64"``.
        training: whether dropout and its like are active.
        seed: seed of random ops.
        step: the step that random ops and optimizers see.
        lr: the learning rate that optimizers see.

    Raises:
        DataError: an input has no value, or a value has the wrong shape.
        HyperparameterError: the seed is negative, or has more than 64 bits.
    """
    if isinstance(nodes, Node):
        raise GraphError("evaluate takes a list of nodes: write cr.evaluate([node], …)")
    if not isinstance(nodes, Sequence) or not all(isinstance(n, Node) for n in nodes):
        raise GraphError(f"evaluate takes a list of nodes, got {nodes!r}")
    values = bind_feeds(nodes, {} if feeds is None else feeds)
    shapes = tuple((leaf, value.shape) for leaf, value in values.items())
    device = open_backend(backend)
    seed = check_value(seed, Seed, "seed")
    with _one_at_a_time:
        parameters = [n for n in topological(nodes) if isinstance(n, Parameter)]
        try:
            executable = _compiled(
                device, device.failures, tuple(nodes), shapes, training, dtype
            )
            device.pull(parameters)  # from a training that is going on there
            device.push(parameters)
            for leaf, value in values.items():
                executable.put(leaf, value)
            executable.run(seed=seed, step=step, lr=lr)
            results = [executable.fetch(i) for i in range(len(nodes))]
            device.pull(parameters)  # running averages, say
        except BackendError:
            _compiled.cache_clear()  # what is compiled for a device that failed
            raise
        return results


_one_at_a_time = RLock()
"""Compiled programs are shared, and each has one set of buffers."""


@functools.lru_cache(maxsize=32)
def _compiled(
    backend: Backend,
    failures: int,
    nodes: tuple[Node, ...],
    shapes: tuple[tuple[Input, Shape], ...],
    training: bool,
    dtype: Width,
) -> Executable:
    return backend.compile(
        Program(nodes, shapes=dict(shapes), training=training, dtype=dtype)
    )


def bind_feeds(nodes: Sequence[Node], feeds: Feeds) -> dict[Input, npt.NDArray[Any]]:
    """Return an array for every input that `nodes` depend on.

    Raises:
        DataError: an input without a value, a name that is no input, a wrong shape.
    """
    if not isinstance(feeds, Mapping):
        raise DataError(
            f"values are given by input or name, {{x: …}}, got {type(feeds).__name__}"
        )
    leaves = [n for n in topological(nodes) if isinstance(n, Input)]
    needed = [leaf for leaf in leaves if leaf not in (LEARNING_RATE, STEP)]
    by_name = {leaf.name: leaf for leaf in needed}
    given: dict[Input, npt.NDArray[Any]] = {}
    for key, value in feeds.items():
        leaf = by_name.get(key) if isinstance(key, str) else key
        if isinstance(key, str) and leaf is None:
            known = [name for name in by_name if name]
            raise DataError(f"no input named {key!r}.{did_you_mean(key, known)}")
        if not isinstance(leaf, Input):
            raise DataError(f"{key!r} is fed but is no input")
        if leaf in needed:
            given[leaf] = checked(leaf, value)
    missing = [leaf for leaf in needed if leaf not in given]
    if missing:
        told = ", ".join(
            f"{leaf.name} of shape {shape_text(leaf.shape)}" for leaf in missing
        )
        each = ", ".join(f"{leaf.name}: …" for leaf in missing)
        raise DataError(
            f"no value was given for input {told}; values are given by node or by "
            f"name, as {{{each}}}"
        )
    return given


def checked(leaf: Input, value: npt.ArrayLike) -> npt.NDArray[Any]:
    """Return a value as an array of the input's shape.

    Raises:
        DataError: it is not numeric, not integral where it must be, or has another
            shape.
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise DataError(f"input {leaf.name}: not an array: {error}") from error
    if array.dtype.kind not in "fiub":
        raise DataError(f"input {leaf.name}: {array.dtype} is not numeric")
    if leaf.dtype == "int" and not np.array_equal(array, np.floor(array)):
        raise DataError(f"input {leaf.name}: holds integers, got fractions")
    if not shape_fits(array.shape, leaf.shape):
        raise DataError(
            f"input {leaf.name}: expected shape {shape_text(leaf.shape)}, "
            f"got {shape_text(array.shape)}"
        )
    return array
