"""Texts as data: plain text, and readings that a page can read anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chainrule.node import Node
from chainrule.notation.styles import Written
from chainrule.viz.page.extras import Extras
from chainrule.viz.readings import Reading, readings_in
from chainrule.viz.scene import Scene


class Writer:
    """Writes texts as lists of strings and readings.

    Args:
        place: node → its place in the page's program; a reading of any other node is
            written as the text that it was.
    """

    def __init__(self, place: Mapping[Node, int]) -> None:
        self._place = place

    def text(self, text: Written | None) -> list[Any]:
        """Return the parts of a text."""
        parts: list[Any] = []
        for part in readings_in(text) if text is not None else ():
            if isinstance(part, Reading) and part.node in self._place:
                parts.append(self.reading(part))
            else:
                plain = part if isinstance(part, str) else part.said
                if parts and isinstance(parts[-1], str):
                    parts[-1] += plain
                else:
                    parts.append(plain)
        return parts

    def reading(self, reading: Reading) -> dict[str, Any]:
        """Return what to read, how to write it, and what it was."""
        return {
            "at": self._place[reading.node], "form": reading.form,
            "entry": reading.entry, "digits": reading.digits, "was": reading.said,
        }  # fmt: skip


def nodes_read(scene: Scene, extras: Extras) -> Iterator[Node]:
    """Yield the nodes that something on a page is the value of."""
    for text in (*_texts_in(scene), *extras.texts()):
        for part in readings_in(text):
            if isinstance(part, Reading):
                yield part.node
    parts = [part.switches for part in scene.blocks]
    parts += [part.switches for part in scene.links]
    yield from (node for switches in parts for node, _ in switches)


def _texts_in(scene: Scene) -> Iterable[Written]:
    for block in scene.blocks:
        yield from (line.text for line in block.lines)
    for link in scene.links:
        yield from (line.text for line in link.lines)
        if link.flow is not None:
            yield from (*link.flow.factors, link.flow.product, link.flow.text)
