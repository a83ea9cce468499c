"""The deck: every topic run, as pages, pictures and notebooks in a folder."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from chainrule.files import make_folder, write_file
from chainrule.lecture.example import Example
from chainrule.lecture.notebook import notebook
from chainrule.lecture.page import index_page, topic_page
from chainrule.lecture.pictures import Picture, picture_of
from chainrule.lecture.running import tell
from chainrule.lecture.topic import Topic


@dataclass(frozen=True)
class Made:
    """A topic that was written.

    Attributes:
        topic: the topic.
        page: its page.
        seconds: how long it took.
    """

    topic: Topic
    page: Path
    seconds: float


def write_deck(
    topics: Sequence[Topic], example: Example, folder: Path
) -> Iterator[Made]:
    """Run topics, and write their pages, pictures and notebooks; yield each.

    Raises:
        OutputError: a file cannot be written.
        RenderError: matplotlib is not installed.
    """
    notebooks = make_folder(folder / "notebook")
    for topic in topics:
        begun = time.perf_counter()
        page = _write_topic(topic, topics, example, folder)
        write_file(notebooks / f"{topic.name}.ipynb", notebook(topic, example.code))
        yield Made(topic, page, time.perf_counter() - begun)
    write_file(folder / "index.html", index_page(topics))


def _write_topic(
    topic: Topic, topics: Sequence[Topic], example: Example, folder: Path
) -> Path:
    numbers = count(1)

    def picture(value: Any) -> tuple[Picture, str]:
        name, made = f"{topic.name}-{next(numbers)}", picture_of(value)
        if made.svg:
            write_file(folder / f"{name}.svg", made.svg)
            write_file(folder / f"{name}.png", made.png)
        return made, name

    page = topic_page(tell(topic, example.code), example.code, picture, topics)
    return write_file(folder / f"{topic.name}.html", page)
