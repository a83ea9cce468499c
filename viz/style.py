"""The style of diagrams: the lecture's colours, fonts and sizes."""

from __future__ import annotations

from chainrule.viz.scene import BlockKind, LineKind, Role

FONT = "DejaVu Sans,Verdana,Helvetica,Arial,sans-serif"
"""DejaVu Sans comes with chainrule; the others are for viewers that lack it."""

COLOR: dict[Role, str] = {
    "loss": "#7B2CBF",
    "between": "#C1121F",
    "parameter": "#0353A4",
    "data": "#6C757D",
}
"""Role of a backward edge → colour: purple ∂J/∂ŷ, red ∂ŷ/∂z, blue ∂z/∂w."""

DASH: dict[Role, str] = {
    "loss": "solid",
    "between": "solid",
    "parameter": "dashed",
    "data": "dotted",
}
"""Role of a backward edge → its dashes, for those who do not see colours."""

INK, FAINT, FORWARD = "#1B1B1E", "#5C636A", "#9AA0A6"
GOOD, ALARM = "#2B7A3D", "#9D0208"

FILL: dict[BlockKind, tuple[str, str]] = {
    "input": ("#FFFFFF", "#FFFFFF"),
    "constant": ("#FFFFFF", "#FFFFFF"),
    "parameter": ("#EAF2FB", "#0353A4"),
    "op": ("#FAFAFA", "#5C636A"),
    "layer": ("#FAFAFA", "#5C636A"),
    "loss": ("#FFF7E6", "#B7791F"),
}
"""Kind of block → background and border."""

HEAT = ("#FFF9EB", "#FFEBC2", "#FFDA94", "#FFC663", "#FFAE3D")
"""Colours from little to much time; text of every colour can be read on them."""

SIZE: dict[LineKind, int] = {
    "title": 16,
    "symbol": 13,
    "formula": 12,
    "shape": 10,
    "value": 12,
    "gradient": 12,
    "note": 11,
    "mark": 11,
    "good": 11,
    "equation": 17,
    "time": 12,
}
"""Kind of line → point size."""
