"""The options of a drawing, checked once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from chainrule.annotations import PositiveInt, Seed
from chainrule.errors import GraphError

Level: TypeAlias = Literal["model", "layer", "op", "neuron"]
Direction: TypeAlias = Literal["forward", "backward", "both"]
Rankdir: TypeAlias = Literal["LR", "TB", "RL", "BT"]
"""Directions in which Graphviz can lay a diagram out."""
Expand: TypeAlias = str | Sequence[str] | Callable[[str], bool] | None
"""Names or patterns of scopes to open, or a function that chooses them."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What `draw` was asked for; its docstring describes each option.

    With `most_blocks` the middle of a larger picture is left out.

    Raises:
        GraphError: an option has no effect beside the others.
    """

    level: Level | None = None
    direction: Direction = "forward"
    values: Mapping[Any, Any] | None = None
    names: Mapping[str, object] | None = None
    rankdir: Rankdir = "LR"
    depth: PositiveInt | None = None
    expand: Expand = None
    fold: bool = True
    show_shapes: bool = True
    show_counts: bool = False
    show_dtypes: bool = False
    title: str = ""
    example: int = 0
    image: tuple[int, int] | None = None
    check: bool = False
    training: bool = False
    seed: Seed = 0
    most_blocks: PositiveInt | None = None

    def __post_init__(self) -> None:
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
        if self.image is not None and (not neuron or self.values is None):
            yield "image", "only level='neuron' with values=… shows inputs as images"
