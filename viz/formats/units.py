"""Units of columns: circles, and sums with the function behind them."""

from __future__ import annotations

from chainrule.kinds.theme import Theme
from chainrule.viz.formats.html_labels import as_label, line_html, points, table
from chainrule.viz.scene import Block, Image, Line

CURVE_WIDTH, CURVE_HEIGHT = 44, 22
"""The room of a curve, in points."""
LONGEST = 12
"""Characters of a line that a circle has room for."""
IMAGE_SIDE = 96
"""The longer side of an image, in points."""
PLACE = "\u2003"
"""Stands in the middle of what is drawn there, and is not seen."""


def unit_look(block: Block, theme: Theme) -> dict[str, str]:
    """Return the attributes of a unit's node."""
    if "more" in block.marks:
        return {
            "label": "⋮", "shape": "plain", "fontsize": points(20, theme),
            "fontcolor": theme.ink,
        }  # fmt: skip
    if block.sign:
        return {"label": as_label(_sum(block, theme))}
    if block.image:
        return {"label": as_label(_framed(block, theme))}
    fill, border = theme.block(block.kind)
    small = "bias" in block.marks
    long = any(len(line.text.unicode()) > LONGEST for line in block.lines)
    return {
        "label": as_label(table([Line(block.title, "title"), *block.lines], theme)),
        "shape": "box" if long else "circle", "fillcolor": fill, "margin": "0.02",
        "style": "filled" + ",rounded" * long + ",dashed" * ("dropped" in block.marks),
        "color": theme.faint if block.kind in ("input", "constant") else border,
        "width": "0.4" if small else "0.6", "penwidth": "1.3",
    }  # fmt: skip


def _sum(block: Block, theme: Theme) -> str:
    """Return a unit as a table: its name, Σ and z beside the curve of g and g(z)."""
    _, border = theme.block(block.kind)
    size, color = points(16, theme), theme.ink
    sign = f'<FONT POINT-SIZE="{size}" COLOR="{color}">{block.sign}</FONT>'
    cells = [_written(line, theme) for line in block.lines]
    rows = [
        f"<TR>{_cell(_written(Line(block.title, 'title'), theme), 2)}</TR>",
        "<HR/>",
    ]
    if block.curve:
        scale = theme.text_scale
        room = _place(CURVE_WIDTH * scale, CURVE_HEIGHT * scale)
        first, second = [*cells, "", ""][:2]
        rows.append(f"<TR>{_cell(sign)}<VR/>{room}</TR>")
        rows.append(f"<TR>{_cell(first)}<VR/>{_cell(second)}</TR>")
        cells = cells[2:]
    else:
        rows.append(f"<TR>{_cell(sign, 2)}</TR>")
    rows += [f"<TR>{_cell(cell, 2)}</TR>" for cell in cells]
    dashed = "rounded,dashed" if "dropped" in block.marks else "rounded"
    return (
        f'<TABLE BORDER="1" COLOR="{border}" STYLE="{dashed}" CELLBORDER="0" '
        f'CELLSPACING="0" CELLPADDING="2">{"".join(rows)}</TABLE>'
    )


def _framed(block: Block, theme: Theme) -> str:
    """Return an input as a table: its name below the place of its image."""
    _, border = theme.block("op")
    name = _cell(_written(Line(block.title, "title"), theme))
    return (
        f'<TABLE BORDER="0" COLOR="{border}" CELLBORDER="0" CELLSPACING="0">'
        f"<TR>{_place(*image_size(block.image, theme))}</TR><TR>{name}</TR></TABLE>"
    )


def image_size(image: Image, theme: Theme) -> tuple[float, float]:
    """Return the width and height of an image, in points; its pixels are squares."""
    pixel = IMAGE_SIDE * theme.text_scale / max(len(image), len(image[0]))
    return pixel * len(image[0]), pixel * len(image)


def _place(wide: float, high: float) -> str:
    return f'<TD WIDTH="{wide:.0f}" HEIGHT="{high:.0f}">{PLACE}</TD>'


def _cell(text: str, span: int = 1) -> str:
    return f'<TD COLSPAN="{span}">{text}</TD>' if span > 1 else f"<TD>{text}</TD>"


def _written(line: Line, theme: Theme) -> str:
    return f"&#8201;{line_html(line, theme)}&#8201;"
