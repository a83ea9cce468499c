"""What `fit` was asked for: resolved, checked, and the data converted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.errors import DataError, HyperparameterError
from chainrule.kinds.backend import Backend
from chainrule.kinds.callback import Callback
from chainrule.kinds.optimizer import Optimizer
from chainrule.kinds.schedule import Schedule
from chainrule.program import open_backend
from chainrule.registry import registry
from chainrule.spec import NonNegativeInt, PositiveInt, check_value
from chainrule.training import data
from chainrule.training.data import Array
from chainrule.training.goal import Goal
from chainrule.training.network import Network
from chainrule.training.targets import target


@dataclass
class Request:
    """A training that can begin.

    `arrays` and `validation` are inputs, targets and perhaps sample weights, in the
    order of the objective's leaves.
    """

    goal: Goal
    optimizer: Optimizer
    arrays: list[Array]
    validation: list[Array] | None
    epochs: int
    batch_size: int
    callbacks: list[Callback]
    schedule: Schedule | None
    backend: Backend
    seed: int
    shuffle: bool


def request(
    network: Network,
    x: Any,
    y: Any,
    *,
    goal: Goal,
    optimizer: Any,
    epochs: int,
    batch_size: int,
    validation: Any,
    callbacks: Sequence[Any],
    schedule: Any,
    backend: str | Backend | None,
    seed: int,
    sample_weight: Any,
    shuffle: bool,
) -> Request:
    """Return a checked request.

    Raises:
        DataError: data that cannot be learned from.
        HyperparameterError: a number out of range.
        UnknownNameError: a name that nothing registered.
    """
    epochs = check_value(epochs, PositiveInt, "epochs")
    batch_size = check_value(batch_size, PositiveInt, "batch_size")
    seed = check_value(seed, NonNegativeInt, "seed")
    arrays = examples(network, goal, x, y, sample_weight)
    held = None
    if isinstance(validation, (int, float)) and not isinstance(validation, bool):
        kept, out = data.held_out(len(arrays[0]), validation, seed)
        arrays, held = [a[kept] for a in arrays], [a[out] for a in arrays]
    elif validation is not None:
        if not isinstance(validation, (tuple, list)) or len(validation) not in (2, 3):
            raise HyperparameterError(
                "validation is a pair (x, y), a triple (x, y, sample_weight), or the "
                f"fraction of the data to hold out, got {type(validation).__name__}"
            )
        weight = validation[2] if len(validation) == 3 else None
        held = examples(
            network, goal, validation[0], validation[1], weight, prefix="validation "
        )
    return Request(
        goal=goal,
        optimizer=registry.resolve("optimizers", optimizer),
        arrays=arrays,
        validation=held,
        epochs=epochs,
        batch_size=batch_size,
        callbacks=[registry.resolve("callbacks", callback) for callback in callbacks],
        schedule=None if schedule is None else registry.resolve("schedules", schedule),
        backend=open_backend(backend),
        seed=seed,
        shuffle=shuffle,
    )


def examples(
    network: Network,
    goal: Goal,
    x: Any,
    y: Any,
    sample_weight: Any = None,
    prefix: str = "",
) -> list[Array]:
    """Return inputs, targets and, if there are any, sample weights, all checked.

    Raises:
        DataError: see `data.inputs`, `targets.target` and `data.weights`.
    """
    try:
        arrays = data.inputs(network, x)
        names = network.output_names
        parts = data.spread(y, names, "output")
        for name, part, prediction, loss in zip(
            names, parts, network.outputs, goal.losses, strict=True
        ):
            label = "y" if len(names) == 1 else f"y[{name!r}]"
            arrays.append(target(part, prediction, loss, label))
        labels = ["x"] * len(network.inputs) + ["y"] * len(names)
        for label, array in zip(labels, arrays, strict=True):
            data.same_length({"x": arrays[0], label: array})
        if sample_weight is not None:
            arrays.append(data.weights(sample_weight, len(arrays[0])))
    except DataError as error:
        if not prefix:
            raise
        raise DataError(f"{prefix}data: {error}") from error
    return arrays
