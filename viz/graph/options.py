"""The options of a drawing, checked once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args, get_type_hints

from chainrule.annotations import PositiveInt, Seed, check_value
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
        GraphError: an option is unknown, or has no effect beside the others.
        HyperparameterError: an option has another type, or is out of range.
    """

    level: Level | None = None
    direction: Direction = "forward"
    values: Mapping[Any, Any] | None = None
    names: Mapping[str, object] | None = None
    rankdir: str = "LR"
    depth: PositiveInt | None = None
    expand: Expand = None
    fold: bool = True
    show_shapes: bool = True
    title: str = "graph"
    example: int = 0
    check: bool = False
    training: bool = False
    seed: Seed = 0

    def __post_init__(self) -> None:
        if self.level is not None:
            check_choice("level", self.level, get_args(Level))
        check_choice("direction", self.direction, get_args(Direction))
        check_choice("rankdir", self.rankdir, RANKDIRS)
        hints = get_type_hints(type(self), include_extras=True)
        for option in _CHECKED:
            check_value(getattr(self, option), hints[option], option)
        if self.values is not None and not isinstance(self.values, Mapping):
            raise GraphError(
                "values must be arrays by input, such as {x: [[1.0, 2.0]]} or "
                f"{{'x': …}}, got {type(self.values).__name__}"
            )
        if self.check and self.values is None:
            raise GraphError(
                "check=True compares what is drawn with numbers: give values=… too"
            )
        for option, why in self._without_effect():
            raise GraphError(f"{option}=… has no effect here: {why}")

    def _without_effect(self) -> Iterator[tuple[str, str]]:
        """Yield what was asked for and cannot be seen, and why not."""
        neuron = self.level == "neuron"
        if neuron and self.depth is not None:
            yield "depth", "level='neuron' shows no scopes"
        if self.expand is not None and self.level in ("neuron", "op"):
            yield "expand", f"level={self.level!r} opens every layer; use level='layer'"
        if self.example and not neuron:
            yield "example", "only level='neuron' shows one example alone"


_CHECKED = (
    "depth", "fold", "show_shapes", "title", "example", "check", "training", "seed",
)  # fmt: skip
"""Options whose type or range is checked by their annotation."""


def check_choice(option: str, value: object, choices: Sequence[str]) -> None:
    """Raise a `GraphError` that names the choices, unless the value is one of them."""
    if value not in choices:
        raise GraphError(
            f"{option} must be one of {', '.join(map(repr, choices))}, got {value!r}."
            f"{did_you_mean(str(value), choices)}"
        )
