"""The options of a drawing, checked once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from chainrule.errors import GraphError, did_you_mean

Level: TypeAlias = Literal["model", "layer", "op", "neuron"]
Direction: TypeAlias = Literal["forward", "backward", "both"]
RANKDIRS = ("LR", "TB", "RL", "BT")
"""Directions in which Graphviz can lay a diagram out."""
Expand: TypeAlias = "str | Sequence[str] | Callable[[str], bool] | None"
"""Names or patterns of scopes to open, or a function that chooses them."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What `draw` was asked for; its docstring describes each option.

    Raises:
        GraphError: an option is unknown or out of range.
    """

    level: Level | None = None
    direction: Direction = "forward"
    values: Mapping[Any, Any] | None = None
    names: Mapping[str, object] | None = None
    rankdir: str = "LR"
    depth: int | None = None
    expand: Expand = None
    fold: bool = True
    show_shapes: bool = True
    title: str = "graph"
    example: int = 0
    check: bool = False
    training: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.level is not None:
            check_choice("level", self.level, get_args(Level))
        check_choice("direction", self.direction, get_args(Direction))
        check_choice("rankdir", self.rankdir, RANKDIRS)
        if self.check and self.values is None:
            raise GraphError(
                "check=True compares what is drawn with numbers: give values=… too"
            )
        if self.depth is not None and self.depth < 1:
            raise GraphError(
                f"depth must be at least 1, got {self.depth}; leave it out to show all"
            )


def check_choice(option: str, value: object, choices: Sequence[str]) -> None:
    """Raise a `GraphError` that names the choices, unless the value is one of them."""
    if value not in choices:
        raise GraphError(
            f"{option} must be one of {', '.join(map(repr, choices))}, got {value!r}."
            f"{did_you_mean(str(value), choices)}"
        )
