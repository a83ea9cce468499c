"""A diagram as an HTML page: one file for use offline, with a slider through the story.

Nothing is fetched: style, script and data are in the file, and a
Content-Security-Policy names their hashes and forbids everything else.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib.resources import files
from string import Template

from chainrule.viz.formats.story import Extras, tell
from chainrule.viz.scene import Scene


def to_page(scene: Scene, svg: str, extras: Extras) -> str:
    """Return the diagram as an HTML page."""
    style, script = _asset("page.css"), _asset("page.js")
    data = {
        "steps": [
            {"phase": frame.chapter, "text": frame.text, "shows": frame.shows}
            for frame in tell(scene, extras)
        ],
        "blocks": {
            block.id: {
                "title": block.title.unicode(),
                "lines": [line.text.unicode() for line in block.lines],
                "details": extras.details.get(block.id, []),
                "why": extras.explanations.get(block.id, ""),
                "update": extras.updates.get(block.id, ""),
            }
            for block in scene.blocks
        },
    }
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; "
        f"script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )
    bare = re.sub(r' style="[^"]*"', "", svg, count=1)  # the policy forbids it
    return Template(_asset("page.html")).substitute(
        policy=html.escape(policy),
        title=html.escape(scene.name),
        style=style,
        script=script,
        svg=bare,
        data=_safe_json(data),
    )


def _asset(name: str) -> str:
    return (files("chainrule.viz.formats") / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _safe_json(data: object) -> str:
    """Return JSON in which nothing can end the script element that holds it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
