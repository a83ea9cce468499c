"""The inputs of a call of a module: as many as its `apply` takes."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from chainrule.errors import GraphError
from chainrule.node import Node


class Takes(NamedTuple):
    """How many inputs a function takes, and what it calls them."""

    least: int
    most: float
    names: tuple[str, ...]

    @classmethod
    def of(cls, apply: Callable[..., Any]) -> Takes:
        """Read the signature of a function."""
        parameters = inspect.signature(apply).parameters.values()
        several = [p for p in parameters if p.kind is p.VAR_POSITIONAL]
        single = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        return cls(
            max(sum(p.default is p.empty for p in single), 1),
            math.inf if several else len(single),
            (*(p.name for p in single), *(f"*{p.name}" for p in several)),
        )

    def inputs(self, given: Sequence[Any], label: str) -> Sequence[Any]:
        """Return what a call was given, one by one or as one list.

        Raises:
            GraphError: it is another number than the function takes.
        """
        listed = given[0] if len(given) == 1 else None
        if isinstance(listed, (list, tuple)) and (
            self.most > 1 or any(isinstance(x, Node) for x in listed)
        ):
            given = listed
        if self.least <= len(given) <= self.most:
            return given
        raise GraphError(
            f"{label} takes {self._count()} ({', '.join(self.names)}), got {len(given)}"
        )

    def _count(self) -> str:
        if self.most == math.inf:
            return f"{self.least} or more inputs"
        if self.least < self.most:
            return f"{self.least} to {self.most} inputs"
        return f"{self.most} input{'s' * (self.most != 1)}"
