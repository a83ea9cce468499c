"""Findings: the proof-reader's answer to each thing that it checks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal, TypeAlias

Check: TypeAlias = Literal[
    "name",
    "formula",
    "value",
    "gradient",
    "edge",
    "sum",
    "link",
    "mark",
    "verdict",
    "layout",
]
"""What was checked: that a *name* stands for one thing; that a *formula*, or the one
on an *edge*, gives what its name is worth; that a *value* or *gradient* is the computed
one; that edges *sum* to the gradient where they end; that a *link* brings what a
formula names; that a *mark* fits its definition; that a *verdict* counts right; and, in
the *layout*, that no label covers anything."""


@dataclass(frozen=True)
class Finding:
    """One thing on a picture that was checked."""

    check: Check
    where: str
    """The title of the block or the edge, as it stands there."""
    wrong: str = ""
    """What is written, and what is so; empty if it is right."""

    def __str__(self) -> str:
        return f"{self.where}: {self.wrong or 'right'}"


@dataclass(frozen=True)
class Report:
    """All that was checked on a picture.

    Attributes:
        findings: one for each thing that was checked.
        unread: formulas that are cut short on the picture, so that nobody can check
            them.
    """

    findings: tuple[Finding, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """What is not so."""
        return tuple(dict.fromkeys(f for f in self.findings if f.wrong))

    @property
    def counts(self) -> Counter[Check]:
        """How many things of each kind were checked."""
        return Counter(finding.check for finding in self.findings)

    def __str__(self) -> str:
        return "\n".join(map(str, self.wrong)) or "nothing on it is false"
