"""A diagram as JSON, for other tools; `diagram.schema.json` says what is in it."""

from __future__ import annotations

import json
from typing import Any

from chainrule.viz.scene import Line, Scene

SCHEMA = "chainrule.diagram/1"
"""Name and version; the number changes with anything that readers rely on."""


def to_json(scene: Scene) -> str:
    """Return the scene as JSON text; the same scene gives the same text."""
    return json.dumps(as_data(scene), ensure_ascii=False, indent=1) + "\n"


def as_data(scene: Scene) -> dict[str, Any]:
    """Return the scene as plain data."""
    return {
        "schema": SCHEMA,
        "name": scene.name,
        "rankdir": scene.rankdir,
        "blocks": [
            {
                "id": block.id, "kind": block.kind, "title": _text(block.title),
                "lines": [_line(line) for line in block.lines],
                "cluster": list(block.cluster), "marks": list(block.marks),
                "times": block.times,
            }
            for block in scene.blocks
        ],
        "links": [
            {
                "tail": link.tail, "head": link.head, "kind": link.kind,
                "role": link.role if link.kind == "backward" else None,
                "lines": [_line(line) for line in link.lines],
                "marks": list(link.marks), "weight": link.weight,
            }
            for link in scene.links
        ],
        "clusters": [
            {"path": list(path), "label": label}
            for path, label in scene.clusters.items()
        ],
        "caption": [_line(line) for line in scene.caption],
    }  # fmt: skip


def _text(text: Any) -> dict[str, str]:
    return {"text": text.unicode(), "latex": text.latex()}


def _line(line: Line) -> dict[str, Any]:
    return {"kind": line.kind, "role": line.role, **_text(line.text)}
