"""The check of an explanation: one gradient computed in three ways."""

from __future__ import annotations

from dataclasses import dataclass

from chainrule.notation.numbers import number

RELATIVE, ABSOLUTE = 1e-4, 1e-7
"""How far a finite difference may be off."""


@dataclass(frozen=True)
class Check:
    """One gradient, computed in three ways.

    Attributes:
        paths: the sum over all paths, which is the product of the factors.
        autodiff: what the reverse sweep computes.
        finite_difference: (J(w + h) − J(w − h)) / 2h.
    """

    paths: float
    autodiff: float
    finite_difference: float

    @property
    def exact(self) -> bool:
        """Whether the sum over the paths is what the reverse sweep computes."""
        return abs(self.paths - self.autodiff) <= 1e-9 * max(1.0, abs(self.autodiff))

    @property
    def near(self) -> bool:
        """Whether the finite difference is as near as it can be."""
        off = abs(self.finite_difference - self.autodiff)
        return off <= ABSOLUTE + RELATIVE * abs(self.autodiff)

    @property
    def agrees(self) -> bool:
        """Whether all three agree."""
        return self.exact and self.near

    def verdicts(self) -> list[str]:
        """Return what was compared, each with ✓ or ✗."""
        compared = {
            f"autodiff {number(self.autodiff)}": self.exact,
            f"finite difference {number(self.finite_difference)}": self.near,
        }
        return [f"{'✓' if ok else '✗'} {text}" for text, ok in compared.items()]

    def __str__(self) -> str:
        return "   ".join(self.verdicts())
