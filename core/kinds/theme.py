"""Themes: the colours, dashes and fonts of diagrams."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar

from chainrule.annotations import Range
from chainrule.component import Component
from chainrule.errors import HyperparameterError, shown

_COLOR = re.compile(r"#[0-9A-Fa-f]{6}|transparent")
_DASHES = ("solid", "dashed", "dotted", "bold")
_ROLES = ("loss", "between", "parameter", "data")
_FONTS = re.compile(r"[\w ,.-]+")


class Theme(Component):
    """Base of themes, and the light one: override the fields that differ.

    Colours are written ``"#RRGGBB"``. `loss`, `between`, `parameter` and `data` are
    those of backward edges: out of the loss, in between, into a parameter, into an
    input. Two of them with the same dashes differ by 40 of 255 in luminance, so that
    they can be told apart without colours.
    """

    kind: ClassVar[str] = "themes"

    font: str = "DejaVu Sans,Verdana,Helvetica,Arial,sans-serif"
    """DejaVu Sans comes with chainrule; the others are for viewers that lack it."""
    text_scale: Annotated[float, Range(0.5, 3)] = 1.0
    """What sizes of text are multiplied by."""

    paper: str = "white"
    ink: str = "#1B1B1E"
    faint: str = "#5C636A"
    forward: str = "#9AA0A6"
    good: str = "#2B7A3D"
    alarm: str = "#9D0208"

    loss: str = "#4A148C"
    between: str = "#D62839"
    parameter: str = "#0353A4"
    data: str = "#6C757D"
    loss_dash: str = "solid"
    between_dash: str = "solid"
    parameter_dash: str = "dashed"
    data_dash: str = "dotted"

    input_fill: str = "#FFFFFF"
    parameter_fill: str = "#EAF2FB"
    op_fill: str = "#FAFAFA"
    loss_fill: str = "#FFF7E6"
    input_border: str = "#FFFFFF"
    parameter_border: str = "#0353A4"
    op_border: str = "#5C636A"
    loss_border: str = "#B7791F"
    heat: tuple[str, str, str, str, str] = (
        "#FFF9EB", "#FFEBC2", "#FFDA94", "#FFC663", "#FFAE3D",
    )  # fmt: skip
    """Colours from little to much time; text of every colour can be read on them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value in self.hyperparameters().items():
            self._check(name, value)

    def _check(self, name: str, value: object) -> None:
        """Reject what Graphviz would not take, or would take for something else."""
        where = f"{type(self).__name__}({name}=…)"
        if name.endswith("_dash") and value not in _DASHES:
            known = ", ".join(map(repr, _DASHES))
            raise HyperparameterError(
                f"{where} must be one of {known}, got {shown(value)}"
            )
        if name == "font" and not _FONTS.fullmatch(str(value)):
            raise HyperparameterError(
                f"{where} must be names of fonts with commas between, "
                f"got {shown(value)}"
            )
        if name in ("font", "text_scale") or name.endswith("_dash"):
            return
        for color in value if isinstance(value, tuple) else (value,):
            if not _COLOR.fullmatch(str(color)) and (name, color) != ("paper", "white"):
                raise HyperparameterError(
                    f"{where} must be a colour such as '#0353A4', got {color!r}"
                )

    @property
    def roles(self) -> Mapping[str, str]:
        """Role of a backward edge → its colour."""
        return {role: getattr(self, role) for role in _ROLES}

    @property
    def dashes(self) -> Mapping[str, str]:
        """Role of a backward edge → its dashes."""
        return {role: getattr(self, f"{role}_dash") for role in _ROLES}

    def block(self, kind: str) -> tuple[str, str]:
        """Return the background and the border of a kind of block."""
        like = {"constant": "input", "layer": "op"}.get(kind, kind)
        return getattr(self, f"{like}_fill"), getattr(self, f"{like}_border")
