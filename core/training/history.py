"""History: the numbers of a training run, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, NoReturn

from chainrule.by_name import ByName
from chainrule.errors import UnknownNameError, did_you_mean
from chainrule.habits import unknown_attribute
from chainrule.kinds.callback import Callback
from chainrule.profile.profile import Profile
from chainrule.registry import registry


class History(Callback, ByName[list[float]]):
    """The numbers of each epoch: ``history["loss"]``, ``history["val_accuracy"]`` ….

    It is a dict, so ``pandas.DataFrame(history)`` has a column for each name.

    `fit` returns one. Given to `fit` as a callback it is filled during training; given
    to several calls it continues where the last one ended.

    Attributes:
        interrupted: whether Ctrl-C ended the last training run.
        stopped: whether a rule or a callback ended it before its last epoch.
        restored: the epoch whose weights were restored at its end, from 1, or None.
        rates: the learning rate of the last step of each epoch.
        profile: how long each kernel took in the last training run, if it was profiled.
    """

    interrupted: bool = field(default=False, init=False)
    stopped: bool = field(default=False, init=False)
    restored: int | None = field(default=None, init=False)
    rates: list[float] = field(default_factory=list, init=False)
    profile: Profile | None = field(default=None, init=False)

    @classmethod
    def of(cls, values: Mapping[str, list[float]]) -> History:
        """Make a history of these numbers."""
        history = cls()
        history.update({name: list(numbers) for name, numbers in values.items()})
        return history

    def __missing__(self, name: object) -> list[float]:
        if not self.keys():
            raise UnknownNameError(
                f"no numbers called {name!r}: this history is empty until model.fit "
                "has trained an epoch"
            )
        known = did_you_mean(name, self.keys())
        raise UnknownNameError(
            f"no numbers called {name!r} in this history.{known} "
            "fit measures more if asked to: metrics=[…], validation=…"
        )

    if not TYPE_CHECKING:  # or every name would be an attribute to a type checker

        def __getattr__(self, name: str) -> NoReturn:
            keys = [] if name.startswith("_") else list(self.keys())
            key = name if name in keys else next(iter(keys), "loss")
            write = f"it is a mapping itself: write history[{key!r}]"
            known = name in ("history", *keys)
            raise unknown_attribute(self, name, "history", write if known else "")

    @property
    def epochs(self) -> int:
        """The number of epochs."""
        return max((len(values) for values in self.values()), default=0)

    @property
    def last(self) -> ByName[float]:
        """The numbers of the last epoch; none before the first."""
        return ByName((name, values[-1]) for name, values in self.items() if values)

    def plot(self) -> Any:
        """Return the training curves, as ``chainrule.plot.history`` draws them."""
        return registry.find("figures", "history").target(self)

    def expect(self, names: list[str]) -> None:
        """Add an empty list for each of these names that is new."""
        for name in names:
            self.setdefault(name, [])

    def append(self, numbers: Mapping[str, float]) -> None:
        """Add the numbers of an epoch."""
        for name, value in numbers.items():
            self.setdefault(name, []).append(value)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value:.4g}" for name, value in self.last.items())
        epochs = f"{self.epochs} epoch{'' if self.epochs == 1 else 's'}"
        return f"<History: {epochs}{'; ' if shown else ''}{shown}>"
