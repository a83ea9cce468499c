"""Units of columns: circles, and sums with the function behind them."""

from __future__ import annotations

from chainrule.kinds.theme import Theme
from chainrule.viz.formats.html_labels import as_label, line_html, points, table
from chainrule.viz.scene import Block, Line

CURVE_WIDTH, CURVE_HEIGHT = 44, 22
"""The place of a curve, in points."""
PLACE = "\u2003"
"""Stands in the middle of that place, and is not seen."""


def unit_look(block: Block, theme: Theme) -> dict[str, str]:
    """Return the attributes of a unit's node."""
    if "more" in block.marks:
        return {
            "label": "⋮", "shape": "plain", "fontsize": points(20, theme),
            "fontcolor": theme.ink,
        }  # fmt: skip
    if block.sign:
        return {"label": as_label(_sum(block, theme))}
    fill, border = theme.block(block.kind)
    small = "bias" in block.marks
    return {
        "label": as_label(table([Line(block.title, "title"), *block.lines], theme)),
        "shape": "circle", "fillcolor": fill, "margin": "0.02",
        "style": "filled,dashed" if "dropped" in block.marks else "filled",
        "color": theme.faint if block.kind in ("input", "constant") else border,
        "width": "0.4" if small else "0.6", "penwidth": "1.3",
    }  # fmt: skip


def _sum(block: Block, theme: Theme) -> str:
    """Return a unit as a table: its name, Σ and z beside the curve of g and g(z)."""
    _, border = theme.block(block.kind)
    size, color = points(16, theme), theme.ink
    sign = _cell(f'<FONT POINT-SIZE="{size}" COLOR="{color}">{block.sign}</FONT>')
    cells = [_written(line, theme) for line in block.lines]
    rows = [
        f"<TR>{_cell(_written(Line(block.title, 'title'), theme), 2)}</TR>",
        "<HR/>",
    ]
    if block.curve:
        scale = theme.text_scale
        room = (
            f'<TD WIDTH="{CURVE_WIDTH * scale:.0f}" HEIGHT="{CURVE_HEIGHT * scale:.0f}"'
            f">{PLACE}</TD>"
        )
        first, second = [*cells, "", ""][:2]
        rows.append(f"<TR>{sign}<VR/>{room}</TR>")
        rows.append(f"<TR>{_cell(first)}<VR/>{_cell(second)}</TR>")
        cells = cells[2:]
    else:
        rows.append(f"<TR>{sign}</TR>")
    rows += [f"<TR>{_cell(cell, 2)}</TR>" for cell in cells]
    dashed = "rounded,dashed" if "dropped" in block.marks else "rounded"
    return (
        f'<TABLE BORDER="1" COLOR="{border}" STYLE="{dashed}" CELLBORDER="0" '
        f'CELLSPACING="0" CELLPADDING="2">{"".join(rows)}</TABLE>'
    )


def _cell(text: str, span: int = 1) -> str:
    return f'<TD COLSPAN="{span}">{text}</TD>' if span > 1 else f"<TD>{text}</TD>"


def _written(line: Line, theme: Theme) -> str:
    return f"&#8201;{line_html(line, theme)}&#8201;"
