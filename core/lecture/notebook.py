"""Notebooks of the lecture's topics, in the format of Jupyter (nbformat 4.5)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chainrule.lecture.topic import Part, Topic

KERNEL = {
    "kernelspec": {
        "display_name": "Python 3", "language": "python", "name": "python3",
    },
    "language_info": {"name": "python"},
}  # fmt: skip


def notebook(topic: Topic, setup: str) -> str:
    """Return a topic as a notebook, whose cells are still to be run."""
    cells = list(_cells(topic, setup))
    for number, cell in enumerate(cells):
        cell["id"] = f"{topic.name}-{number}"
    made = {"cells": cells, "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def _cells(topic: Topic, setup: str) -> Iterator[dict[str, Any]]:
    yield _words(f"# {topic.title}")
    yield _code(setup)
    for slide in topic.slides:
        if slide.title != topic.title:
            yield _words(f"## {slide.title}")
        for part in slide.parts:
            yield _code(part.text) if part.kind == "python" else _words(_markdown(part))


def _markdown(part: Part) -> str:
    return part.text if part.kind == "words" else f"```\n{part.text}\n```"


def _words(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code(text: str) -> dict[str, Any]:
    return {
        "cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [],
        "source": text.rstrip(),
    }  # fmt: skip
