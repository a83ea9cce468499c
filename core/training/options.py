"""The options of `fit`: as they are written, and resolved to what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, TypeAlias

from chainrule.errors import DataError, HyperparameterError
from chainrule.execution import open_backend
from chainrule.execution.opening import is_auto
from chainrule.kinds.backend import Backend
from chainrule.kinds.callback import Callback
from chainrule.kinds.optimizer import Optimizer
from chainrule.kinds.schedule import Schedule
from chainrule.program.program import FloatDtype
from chainrule.registry import registry
from chainrule.training.class_weights import weighted_by_class
from chainrule.training.criteria import Criteria, resolve_all
from chainrule.training.examples import Examples, held_out
from chainrule.training.network import Network

Verbosity: TypeAlias = Literal["auto", 0, 1, 2]
"""How much `fit` says, as in tf.keras."""


@dataclass(frozen=True, kw_only=True)
class FitOptions:
    """The arguments of `Model.fit`, where they are documented.

    It has checked their types; what names and data mean is found out when resolved.
    """

    x: Any
    y: Any
    loss: Any
    optimizer: Any
    epochs: int
    batch_size: int
    validation: Any
    regularizers: Any
    callbacks: Any
    metrics: Any
    schedule: Any
    backend: Any
    seed: int
    sample_weight: Any
    class_weight: Mapping[int, float] | None
    loss_weights: Sequence[Any] | Mapping[str, Any] | None
    shuffle: bool
    profile: bool
    dtype: FloatDtype
    deterministic: bool
    verbose: bool | Verbosity

    def resolved(self, network: Network) -> Setup:
        """Look up names, open the backend, and check and convert the data.

        Raises:
            DataError: data that cannot be learned from.
            HyperparameterError: `validation` is neither data nor a fraction, a metric
                is not a number, or a loss weight is not a finite one.
            UnknownNameError: a name that nothing registered.
        """
        criteria = Criteria.of(
            network, self.loss, self.metrics, self.regularizers, self.loss_weights
        )
        criteria.check_numbers()
        examples = Examples.of(
            network, criteria, self.x, self.y, self.sample_weight, floats=self.dtype
        )
        examples, validation = self._divided(network, criteria, examples)
        if self.class_weight is not None:
            examples = weighted_by_class(examples, self.class_weight, self.dtype)
        schedule = (
            None
            if self.schedule is None
            else registry.resolve("schedules", self.schedule)
        )
        return Setup(
            options=self,
            criteria=criteria,
            optimizer=registry.resolve("optimizers", self.optimizer),
            examples=examples,
            validation=validation,
            callbacks=self._callbacks(),
            schedule=schedule,
            backend=open_backend(self.backend),
            chooses=is_auto(self.backend),
        )

    def _callbacks(self) -> Sequence[Callback]:
        """Return the callbacks, with one that shows progress unless there is one."""
        given = resolve_all("callbacks", self.callbacks)
        progress = registry.find("callbacks", "progress").target
        if self.verbose == 0 or any(isinstance(one, progress) for one in given):
            return given
        return [*given, progress(lines=self.verbose == 2)]

    def _divided(
        self, network: Network, criteria: Criteria, examples: Examples
    ) -> tuple[Examples, Examples | None]:
        """Return the examples to train on, and those to validate on."""
        given = self.validation
        if given is None:
            return examples, None
        if isinstance(given, Real) and not isinstance(given, bool):
            train, held = held_out(len(examples), float(given), self.seed)
            return examples.take(train), examples.take(held)
        if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
            raise HyperparameterError(
                "validation must be a pair (x, y), a triple (x, y, sample_weight), or "
                f"the fraction of the data to hold out, got {type(given).__name__}"
            )
        try:
            return examples, Examples.of(network, criteria, *given, floats=self.dtype)
        except DataError as error:
            raise DataError(f"validation data: {error}") from error


@dataclass(frozen=True)
class Setup:
    """The task of a training run: the options of `fit`, resolved.

    Attributes:
        options: what was written; its numbers and switches are used as they are.
        criteria: the losses, metrics and regularizers.
        examples: the rows to train on.
        validation: the rows to validate on after each epoch, or None.
        backend: where to train.
        chooses: whether the backend is to be replaced by the fastest one.
    """

    options: FitOptions
    criteria: Criteria
    optimizer: Optimizer
    examples: Examples
    validation: Examples | None
    callbacks: Sequence[Callback]
    schedule: Schedule | None
    backend: Backend
    chooses: bool

    @property
    def batch_size(self) -> int:
        """The rows of a step: at most all of them."""
        rows = len(self.examples)
        return rows if self.optimizer.full_batch else min(self.options.batch_size, rows)
