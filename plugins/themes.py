"""The built-in themes of diagrams."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule import hookimpl
from chainrule.kinds.theme import Theme


class Light(Theme):
    """The lecture's colours on white."""


class Transparent(Theme):
    """The lecture's colours, on the page's own background."""

    paper: str = "transparent"


class Dark(Theme):
    """Light colours on a dark slide."""

    paper: str = "#16181D"
    ink: str = "#ECECF1"
    faint: str = "#A9B0B8"
    forward: str = "#8A929B"
    good: str = "#7BD490"
    alarm: str = "#FF8A8F"

    loss: str = "#DDC4FF"
    between: str = "#FF6B72"
    parameter: str = "#86BDF5"
    data: str = "#A9B0B8"

    input_fill: str = "#16181D"
    parameter_fill: str = "#1B2D42"
    op_fill: str = "#262B33"
    loss_fill: str = "#3A301A"
    input_border: str = "#16181D"
    parameter_border: str = "#5AA2EE"
    op_border: str = "#8A929B"
    loss_border: str = "#E0A640"
    heat: tuple[str, str, str, str, str] = (
        "#2B2619", "#43361A", "#5C4516", "#775410", "#94620A",
    )  # fmt: skip


class Print(Theme):
    """Greys on white; dashes tell the edges apart."""

    ink: str = "#000000"
    faint: str = "#444444"
    forward: str = "#8C8C8C"
    good: str = "#000000"
    alarm: str = "#000000"

    loss: str = "#000000"
    between: str = "#333333"
    parameter: str = "#000000"
    data: str = "#666666"
    between_dash: str = "dashed"
    parameter_dash: str = "dotted"

    parameter_fill: str = "#F2F2F2"
    op_fill: str = "#FFFFFF"
    loss_fill: str = "#E6E6E6"
    parameter_border: str = "#000000"
    op_border: str = "#444444"
    loss_border: str = "#000000"
    heat: tuple[str, str, str, str, str] = (
        "#FAFAFA", "#F0F0F0", "#E4E4E4", "#D8D8D8", "#CCCCCC",
    )  # fmt: skip


@hookimpl
def register_themes() -> Sequence[type[Theme]]:
    """Return the built-in themes."""
    return [Light, Dark, Transparent, Print]
