"""A diagram as an HTML page: one file for use offline, which computes its numbers anew.

Nothing is fetched: style, script and data are in the file, and a
Content-Security-Policy names their hashes and forbids everything else.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from string import Template

from chainrule.kinds.theme import Theme
from chainrule.plotting.rooms import Room
from chainrule.viz.page.data import page_data
from chainrule.viz.page.extras import Extras
from chainrule.viz.page.javascript import PAGE, asset, script
from chainrule.viz.page.palettes import (
    follows_reader,
    is_dark,
    palettes,
    with_variables,
)
from chainrule.viz.readings import Reading, readings_in
from chainrule.viz.scene import DROPPED, Block, Line, Scene
from chainrule.viz.text import Plain, row

PICTURE = Room("the picture of a page", 880, 560, 8)
"""What a page has for its picture on a screen of 1280 × 720 pixels."""
_SPACE = "\u2007"
"""A space as wide as a digit."""


def to_page(scene: Scene, svg: str, extras: Extras, theme: Theme) -> str:
    """Return the diagram as an HTML page.

    Args:
        scene: what the diagram shows.
        svg: the picture of `with_room(scene)` in the theme `stand_in(theme)`.
        extras: what is shown on request, and what computes.
        theme: the diagram's colours; the light one follows the reader's preference.
    """
    style, code = palettes(theme) + asset("page.css"), script(PAGE)
    chosen = "dark" if is_dark(theme) else "auto" if follows_reader(theme) else "light"
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; "
        f"script-src '{_hash(code)}'; base-uri 'none'; form-action 'none'"
    )
    bare = re.sub(r' style="[^"]*"', "", svg, count=1)  # the policy forbids it
    return Template(asset("page.html")).substitute(
        policy=html.escape(policy),
        title=html.escape(scene.name),
        style=style,
        script=code,
        svg=with_variables(bare, theme),
        theme=chosen,
        data=_safe_json(page_data(scene, extras)),
    )


def with_room(scene: Scene) -> Scene:
    """Return a scene with room for what a page may come to show.

    That is longer numbers, and that a unit is dropped.
    """
    return replace(
        scene,
        blocks=[
            replace(b, lines=[*_wider(b.lines), *_may_drop(b)]) for b in scene.blocks
        ],
        links=[replace(link, lines=_wider(link.lines)) for link in scene.links],
    )


def _may_drop(block: Block) -> list[Line]:
    """Return what a unit that is not dropped says where it is."""
    active = block.switches and "dropped" not in block.marks
    return [Line(Plain(DROPPED), "mark")] if active else []


def _wider(lines: Sequence[Line]) -> list[Line]:
    return [_with_room(line) for line in lines]


def _with_room(line: Line) -> Line:
    """Widen a line to what its readings may need for a sign and a power of ten."""
    parts = readings_in(line.text)
    lacking = sum(_lacks(part) for part in parts if isinstance(part, Reading))
    space = _SPACE * -(-lacking // 2)
    return replace(line, text=row(space, line.text, space)) if space else line


def _lacks(reading: Reading) -> int:
    """Return how much longer than now a reading may become."""
    if reading.form == "vector":
        return 2 * (reading.said.count(",") + 1)
    if reading.form == "range":
        return 4
    return max(0, reading.digits + 5 - len(reading.said))


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _safe_json(data: object) -> str:
    """Return JSON in which nothing can end the script element that holds it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
