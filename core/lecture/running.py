"""Running: the code of a topic, block by block, with what each one shows."""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chainrule.lecture.topic import Part, Slide, Topic


@dataclass(frozen=True)
class Shown:
    """A part of a slide, with what its code has shown.

    Attributes:
        part: the part.
        printed: what its code has printed.
        value: the figure, diagram or page that its last line gives, or None.
    """

    part: Part
    printed: str = ""
    value: Any = None


@dataclass(frozen=True)
class Told:
    """A topic that was run.

    Attributes:
        topic: the topic.
        slides: each slide with its parts.
        names: the variables that its code has set.
    """

    topic: Topic
    slides: tuple[tuple[Slide, tuple[Shown, ...]], ...]
    names: Mapping[str, Any]


def tell(topic: Topic, setup: str) -> Told:
    """Run the code of a topic after that of the example; raise what it raises."""
    names: dict[str, Any] = {"__name__": f"lecture_{topic.name}"}
    _run(setup, names, "example")
    count = iter(range(1, 1000))
    slides = tuple(
        (slide, tuple(_shown(slide, topic.name, names, count)))
        for slide in topic.slides
    )
    return Told(topic, slides, names)


def _shown(
    slide: Slide, name: str, names: dict[str, Any], count: Iterator[int]
) -> Iterator[Shown]:
    for part in slide.parts:
        if part.kind != "python":
            yield Shown(part)
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            value = _run(part.text, names, f"{name}, block {next(count)}")
        yield Shown(part, printed.getvalue(), value if is_shown(value) else None)


def is_shown(value: Any) -> bool:
    """Return whether a value is a picture or a page, which notebooks show too."""
    return any(
        hasattr(type(value), name)
        for name in ("_repr_svg_", "_repr_html_", "_repr_mimebundle_")
    )


def _run(code: str, names: dict[str, Any], where: str) -> Any:
    """Run code, and return the value of its last line if that is an expression."""
    file = f"<{where}>"
    linecache.cache[file] = len(code), None, code.splitlines(keepends=True), file
    tree = ast.parse(code, file)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, file, "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), file, "eval"), names)
