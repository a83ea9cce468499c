"""Labels in Graphviz's HTML: lines as tables, blocks with a frame, the legend."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.kinds.theme import Theme
from chainrule.viz.scene import Block, Line, Scene
from chainrule.viz.style import FRAME, SIZE
from chainrule.viz.text import Plain

_MARK = {"solid": "◀━━", "bold": "◀━━", "dashed": "◀╍╍", "dotted": "◀┈┈"}
"""How an edge looks in the legend."""


def as_label(markup: str) -> str:
    r"""Return a label in HTML, in which no backslash is an escape such as ``\N``."""
    return f"<{markup}>".replace("\\", r"\\")


def table(lines: Sequence[Line], theme: Theme, *, in_line: bool = False) -> str:
    """Return lines as an HTML table, below one another or side by side."""
    cells = (f"<TD>&#8201;{line_html(line, theme)}&#8201;</TD>" for line in lines)
    rows = ("" if in_line else "</TR><TR>").join(cells)
    frame = 'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1"'
    return f"<TABLE {frame}><TR>{rows}</TR></TABLE>"


def framed(block: Block, theme: Theme) -> str:
    """Return the title and the lines of a block as a table with a frame."""
    fill, border = theme.block(block.kind)
    fill = fill if block.heat is None else theme.heat[block.heat]
    width = {"parameter": 2, "input": 0, "constant": 0}.get(block.kind, 1)
    title = Line(block.title, "title")
    rows = "".join(
        ("<HR/>" if new_section else "")
        + f"<TR><TD>&#8201;{line_html(line, theme)}&#8201;</TD></TR>"
        for line, new_section in _sections([title, *block.lines])
    )
    return (
        f'<TABLE BORDER="{width}" COLOR="{border}" STYLE="rounded" '
        f'CELLBORDER="0" CELLSPACING="0" CELLPADDING="3" BGCOLOR="{fill}">'
        f"{rows}</TABLE>"
    )


def _sections(lines: Sequence[Line]) -> list[tuple[Line, bool]]:
    """Pair each line with whether a rule is drawn above it.

    It is drawn above the gradients of a long label.
    """
    kinds = [line.kind for line in lines]
    first = kinds.index("gradient") if "gradient" in kinds and len(lines) > 5 else -1
    return [(line, number == first) for number, line in enumerate(lines)]


def line_html(line: Line, theme: Theme) -> str:
    """Return one line in its size and colour."""
    color = theme.roles[line.role] if line.role else theme.ink
    if line.kind in ("mark", "good"):
        color = theme.good if line.kind == "good" else theme.alarm
    elif line.role is None and line.kind in ("shape", "value", "note"):
        color = theme.faint
    text = line.text.html()
    for role, tint in theme.roles.items():
        text = text.replace(f'COLOR="{role}"', f'COLOR="{tint}"')
    if line.kind in ("symbol", "time"):
        text = f"<B>{text}</B>"
    size = points(SIZE[line.kind], theme)
    return f'<FONT POINT-SIZE="{size}" COLOR="{color}">{text}</FONT>'


def points(size: float, theme: Theme) -> str:
    """Return a size of text in a theme."""
    return f"{size * theme.text_scale:.3g}"


def legend(scene: Scene, theme: Theme) -> str:
    """Return a table of what the colours, dashes and derivatives of edges mean."""
    cells = "".join(
        f'<TD><FONT POINT-SIZE="{points(FRAME, theme)}" COLOR="{theme.roles[role]}">'
        f"{_MARK[theme.dashes[role]]} {Plain(text).html()}</FONT></TD>"
        for role, text in scene.legend
    )
    forward = (
        f'<TD><FONT POINT-SIZE="{points(FRAME, theme)}" COLOR="{theme.faint}">'
        "→ forward</FONT></TD>"
        if any(link.kind == "forward" for link in scene.links)
        else ""
    )
    return (
        '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="8"><TR>'
        f"{forward}{cells}</TR>{_two_derivatives(scene, theme)}</TABLE>"
    )


def _two_derivatives(scene: Scene, theme: Theme) -> str:
    """Return a row that tells factors from their products, where both are written."""
    if not any(line.kind == "gradient" for b in scene.blocks for line in b.lines):
        return ""
    text = Plain("∂a/∂z: the factor of one step   ∂J/∂a: all factors since J").html()
    return (
        f'<TR><TD COLSPAN="{len(scene.legend) + 1}">'
        f'<FONT POINT-SIZE="{points(FRAME, theme)}" COLOR="{theme.faint}">{text}</FONT>'
        "</TD></TR>"
    )


def scale(scene: Scene, theme: Theme) -> str:
    """Return a table of what the colours of blocks mean."""
    cells = "".join(
        f'<TD BGCOLOR="{theme.heat[heat]}"><FONT POINT-SIZE="{points(FRAME, theme)}" '
        f'COLOR="{theme.ink}">{Plain(text).html()}</FONT></TD>'
        for heat, text in scene.scale
    )
    return (
        f'<TABLE BORDER="1" COLOR="{theme.faint}" CELLBORDER="0" CELLSPACING="0" '
        f'CELLPADDING="4"><TR>{cells}</TR></TABLE>'
    )
