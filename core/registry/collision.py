"""Collisions: names that several components claim, and which of them they mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


class Claimant(Protocol):
    """What claims a name: a component or a kernel."""

    @property
    def distribution(self) -> str:
        """The package that brings it."""

    @property
    def overrides(self) -> bool:
        """Whether it claims its name against others."""


@dataclass(frozen=True)
class Collision:
    """A name that several distributions claim.

    Attributes:
        kind: what is named, such as ``"activation"``.
        name: the name.
        winner: the distribution whose component it means; empty if that is not clear.
        others: the other distributions.
        intended: whether the winner overrides by intent.
    """

    kind: str
    name: str
    winner: str
    others: tuple[str, ...]
    intended: bool

    @classmethod
    def of(
        cls, kind: str, name: str, winner: Claimant | None, claims: Iterable[Claimant]
    ) -> Collision:
        """Return the collision of these claims, which `winner` wins."""
        others = dict.fromkeys(c.distribution for c in claims if c is not winner)
        return cls(
            kind,
            name,
            winner.distribution if winner else "",
            tuple(others),
            bool(winner and winner.overrides),
        )

    def __str__(self) -> str:
        what, others = f"{self.kind} {self.name!r}", " and ".join(self.others)
        if self.intended:
            return f"{what} of {others} is overridden by {self.winner}"
        if self.winner:
            return (
                f"{what} of {others} is not used: it is that of {self.winner}, and "
                "nothing says that it overrides"
            )
        return (
            f"{what} is claimed by {others}: write the distribution before it, as in "
            f"'{self.others[0]}:{self.name}'"
        )
