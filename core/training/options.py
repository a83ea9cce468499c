"""What `fit` was asked for: resolved, checked, and the data converted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

from chainrule.annotations import PositiveInt, Seed, check_value
from chainrule.errors import DataError, HyperparameterError
from chainrule.execution import open_backend
from chainrule.kinds.backend import Backend
from chainrule.kinds.callback import Callback
from chainrule.kinds.optimizer import Optimizer
from chainrule.kinds.schedule import Schedule
from chainrule.registry import registry
from chainrule.training.criteria import Criteria, resolve_all
from chainrule.training.examples import Examples, held_out
from chainrule.training.network import Network


@dataclass
class Request:
    """A training that can begin."""

    criteria: Criteria
    optimizer: Optimizer
    examples: Examples
    validation: Examples | None
    epochs: int
    batch_size: int
    callbacks: list[Callback]
    schedule: Schedule | None
    backend: Backend
    seed: int
    shuffle: bool
    profile: bool

    @classmethod
    def of(
        cls,
        network: Network,
        x: Any,
        y: Any,
        *,
        criteria: Criteria,
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
        profile: bool,
    ) -> Request:
        """Return what a user asked for, checked.

        Raises:
            DataError: data that cannot be learned from.
            HyperparameterError: a number out of range.
            UnknownNameError: a name that nothing registered.
        """
        epochs = check_value(epochs, PositiveInt, "epochs")
        batch_size = check_value(batch_size, PositiveInt, "batch_size")
        seed = check_value(seed, Seed, "seed")
        shuffle = check_value(shuffle, bool, "shuffle")
        profile = check_value(profile, bool, "profile")
        examples = Examples.of(network, criteria, x, y, sample_weight)
        held = None
        if isinstance(validation, Real) and not isinstance(validation, bool):
            kept, out = held_out(len(examples), float(validation), seed)
            examples, held = examples.take(kept), examples.take(out)
        elif validation is not None:
            held = _validation(network, criteria, validation)
        rates = None if schedule is None else registry.resolve("schedules", schedule)
        return cls(
            criteria=criteria,
            optimizer=registry.resolve("optimizers", optimizer),
            examples=examples,
            validation=held,
            epochs=epochs,
            batch_size=batch_size,
            callbacks=resolve_all("callbacks", callbacks),
            schedule=rates,
            backend=open_backend(backend),
            seed=seed,
            shuffle=shuffle,
            profile=profile,
        )


def _validation(network: Network, criteria: Criteria, given: Any) -> Examples:
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
        raise HyperparameterError(
            "validation is a pair (x, y), a triple (x, y, sample_weight), or the "
            f"fraction of the data to hold out, got {type(given).__name__}"
        )
    try:
        return Examples.of(network, criteria, *given)
    except DataError as error:
        raise DataError(f"validation data: {error}") from error
