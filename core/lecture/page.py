"""The HTML pages of the lecture: one for each topic, and an index."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator, Sequence
from importlib import resources
from typing import Any

from chainrule.lecture.pictures import Picture
from chainrule.lecture.running import Shown, Told
from chainrule.lecture.topic import Slide, Topic

Pictures = Callable[[Any], tuple[Picture, str]]
"""What was shown → its picture, and the name of its files without suffix."""


def topic_page(
    told: Told, setup: str, pictures: Pictures, topics: Sequence[Topic]
) -> str:
    """Return the page of a topic.

    Args:
        told: the topic, run.
        setup: the code of the example.
        pictures: makes the picture of what was shown.
        topics: all topics of the deck, to lead from one to the next.
    """
    topic = told.topic
    slides = [
        _slide(slide, shown, pictures, setup if number == 0 else "")
        for number, (slide, shown) in enumerate(told.slides)
    ]
    way = _way(topic, topics)
    body = f"{way}\n<main>\n{''.join(slides)}</main>\n{way}"
    return document(topic.title, body)


def index_page(topics: Sequence[Topic]) -> str:
    """Return the page that lists the topics."""
    rows = "".join(
        f'<li><a href="{topic.name}.html">{html.escape(topic.title)}</a> '
        f'<small>{topic.lines} lines of code · <a href="notebook/{topic.name}.ipynb">'
        "notebook</a></small></li>\n"
        for topic in topics
    )
    said = (
        "Every figure was made by the code beside it. The example that all topics "
        "follow may be changed: <code>chainrule lecture --config lecture.toml</code>."
    )
    return document(
        "An introduction to deep learning",
        f'<main><section class="slide"><h1>An introduction to deep learning</h1>\n'
        f"<p>{said}</p>\n<ol>\n{rows}</ol></section></main>",
    )


def document(title: str, body: str) -> str:
    """Return an HTML document that needs no other file."""
    style = resources.files("chainrule.lecture.assets") / "lecture.css"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n"
        f"<style>\n{style.read_text(encoding='utf-8')}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )


def _way(topic: Topic, topics: Sequence[Topic]) -> str:
    """Return links to the index and to the topics before and after."""
    place = [each.name for each in topics].index(topic.name)
    before = topics[place - 1] if place else None
    after = topics[place + 1] if place + 1 < len(topics) else None
    links = [
        _link(before, "← {}"),
        '<a href="index.html">all topics</a>',
        f'<a href="notebook/{topic.name}.ipynb">notebook</a>',
        _link(after, "{} →"),
    ]
    return f"<nav>{' '.join(links)}</nav>"


def _link(topic: Topic | None, text: str) -> str:
    if topic is None:
        return "<span></span>"
    return f'<a href="{topic.name}.html">{text.format(html.escape(topic.title))}</a>'


def _slide(slide: Slide, shown: Sequence[Shown], pictures: Pictures, setup: str) -> str:
    left: list[str] = []
    right: list[str] = []
    for each in shown:
        left.append(_left(each))
        right += _right(each, pictures)
    level = "h1" if setup else "h2"
    heading = f"<{level}>{html.escape(slide.title)}</{level}>\n"
    if setup:
        code = f'<pre class="code">{html.escape(setup)}</pre>'
        left.append(f"<details><summary>our example</summary>{code}</details>\n")
    columns = "both" if right else "one"
    beside = f'<div class="shown">{"".join(right)}</div>\n' if right else ""
    return (
        f'<section class="slide {columns}">\n{heading}'
        f'<div class="told">{"".join(left)}</div>\n{beside}</section>\n'
    )


def _left(shown: Shown) -> str:
    part = shown.part
    if part.kind == "words":
        return _markdown(part.text)
    text = html.escape(part.text)
    if part.kind == "formula":
        return f'<pre class="formula">{text}</pre>\n'
    label = '<p class="where">elsewhere</p>' if part.kind == "elsewhere" else ""
    return f'{label}<pre class="code {part.kind}">{text}</pre>\n'


def _right(shown: Shown, pictures: Pictures) -> Iterator[str]:
    if shown.printed:
        yield f'<pre class="printed">{html.escape(shown.printed)}</pre>\n'
    if shown.value is not None:
        picture, name = pictures(shown.value)
        links = ""
        if picture.svg:
            links = (
                f'<figcaption>for a slide: <a href="{name}.svg">SVG</a> '
                f'<a href="{name}.png">PNG</a></figcaption>'
            )
        yield f"<figure>{picture.markup}{links}</figure>\n"


def _markdown(text: str) -> str:
    from markdown_it import MarkdownIt

    made: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return made
