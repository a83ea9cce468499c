"""Topics: words, formulas and code, as a file of Markdown holds them.

Code in ``python`` blocks is run, and the value of its last line is shown. A block
``formula`` is shown large. A block ``elsewhere`` shows what other frameworks write, and
is not run. Every heading ``##`` begins a new slide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Literal, TypeAlias

from chainrule.errors import unknown_name

NAMES = (
    "perceptron", "activations", "nonlinearity", "networks", "loss", "losses",
    "descent", "backpropagation", "rates", "optimizers", "batches", "fitting",
    "dropout", "stopping", "features",
)  # fmt: skip
"""The topics, in the order of the lecture."""

Kind: TypeAlias = Literal["words", "python", "formula", "elsewhere"]
_BLOCK = re.compile(r"^```(python|formula|elsewhere)\n(.*?)^```\n", re.M | re.S)


@dataclass(frozen=True)
class Part:
    """A part of a slide: words in Markdown, or a block."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Slide:
    """What stands between two headings."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Topic:
    """A topic of the lecture.

    Attributes:
        name: what the command calls it.
        title: its heading.
        slides: what follows.
    """

    name: str
    title: str
    slides: tuple[Slide, ...]

    @property
    def lines(self) -> int:
        """The lines of code that are run, without empty ones."""
        code = (p.text for s in self.slides for p in s.parts if p.kind == "python")
        return sum(bool(line.strip()) for text in code for line in text.splitlines())


def read_topic(name: str) -> Topic:
    """Read a topic.

    Raises:
        UnknownNameError: there is none of that name; suggests similar ones.
    """
    if name not in NAMES:
        raise unknown_name("topic", name, NAMES)
    file = resources.files("chainrule.lecture.topics") / f"{name}.md"
    return parse(name, file.read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Topic:
    """Return the topic that a text in Markdown describes."""
    heading, _, rest = text.partition("\n")
    title = heading.removeprefix("# ")
    slides = []
    for i, piece in enumerate(re.split(r"^## ", rest, flags=re.M)):
        own, _, body = piece.partition("\n")
        slides.append(Slide(own if i else title, tuple(_parts(body if i else piece))))
    return Topic(name, title, tuple(slide for slide in slides if slide.parts))


def _parts(text: str) -> Iterator[Part]:
    pieces = _BLOCK.split(text)
    for i in range(0, len(pieces), 3):
        if pieces[i].strip():
            yield Part("words", pieces[i].strip())
        if i + 2 < len(pieces):
            kind = pieces[i + 1]
            if kind == "python":
                yield Part("python", pieces[i + 2].rstrip())
            elif kind == "formula":
                yield Part("formula", pieces[i + 2].rstrip())
            else:
                yield Part("elsewhere", pieces[i + 2].rstrip())
