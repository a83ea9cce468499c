"""A plot: the data of a figure and how they are drawn; saved in any format."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, TypeAlias, TypedDict

import numpy as np
import numpy.typing as npt

from chainrule.annotations import FilePath, OfKind, Range
from chainrule.arguments import checked
from chainrule.errors import RenderError, did_you_mean
from chainrule.files import format_of, make_folder, write_file
from chainrule.frozen import Frozen
from chainrule.kinds.theme import Theme
from chainrule.plotting import palette
from chainrule.plotting.canvas import DPI, Canvas, styled
from chainrule.plotting.picture import Picture
from chainrule.plotting.rooms import Size, room_for
from chainrule.registry import registry

Data: TypeAlias = Mapping[str, npt.NDArray[Any]]
"""The arrays that a figure shows, by name."""
Drawing: TypeAlias = Callable[[Canvas, Data], None]
"""Draws the data on a canvas, with matplotlib."""

METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None, "Type": None, "Format": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
}
"""Format → what matplotlib must leave out: the same data give the same bytes."""
RESOLUTION = 144
"""Dots per inch of a PNG: one and a half for each pixel of a page."""


class Look(TypedDict, total=False):
    """What every figure takes by name.

    Attributes:
        theme: a theme or the name of one: ``"light"``, ``"dark"``, ``"transparent"``,
            ``"print"``, or one that a plugin brings.
        size: ``"slide"`` (1280 × 720 pixels, no text below 14), ``"column"`` (600
            pixels wide, no text below 8) or (width, height) in pixels.
        title: what stands above the figure.
    """

    theme: Annotated[Any, OfKind("themes")]
    size: Size
    title: str


class Plot(Picture, Frozen):
    """A figure: its data, and a picture of them, which notebooks show.

    A plugin's figure is a function that returns one::

        def spread(x, **look):
            \"\"\"Show how often numbers occur.\"\"\"
            return cr.Plot(draw, {"x": x}, **look)

        def draw(canvas, data):
            (axes,) = canvas.panels()
            axes.hist(data["x"], color=canvas.series(0).color)

    Args:
        draw: draws the data on a canvas; must depend on nothing else.
        data: the arrays that are shown, by name.
        theme: a theme, or the name of one.
        size: what the picture must fit.
        title: what stands above it.

    Attributes:
        data: the arrays, which cannot be changed.

    Raises:
        UnknownNameError: there is no such theme.
        GraphError: there is no such size.
    """

    formats = ("svg", "png", "pdf", "html")
    """The suffixes of files that `save` can write."""

    @checked
    def __init__(
        self,
        draw: Callable[..., None],
        data: Mapping[str, Any],
        *,
        theme: Annotated[Any, OfKind("themes")] = "light",
        size: Size = None,
        title: str = "",
    ) -> None:
        self.data: Data = MappingProxyType({k: _fixed(v) for k, v in data.items()})
        self._draw: Drawing = draw
        self._theme: Theme = registry.resolve("themes", theme)
        self._size = size
        self._room = room_for(size)
        self._title = title

    def __getstate__(self) -> dict[str, Any]:
        """Return it with a plain dict, for `pickle`."""
        return {**vars(self), "data": dict(self.data)}

    @checked
    def styled(self, *, theme: object = None, size: Size = None) -> Plot:
        """Return the same figure in another theme or for another size."""
        return Plot(
            self._draw, self.data, theme=self._theme if theme is None else theme,
            size=self._size if size is None else size, title=self._title,
        )  # fmt: skip

    @checked
    def render(
        self, format: str, *, dpi: Annotated[int, Range(10, 1200)] = RESOLUTION
    ) -> bytes:
        """Return the figure as the content of a file; the same data, the same bytes.

        Args:
            format: one of `formats`.
            dpi: resolution of a PNG; a pixel of the page is 1/96 inch.

        Raises:
            RenderError: there is no such format, or matplotlib is not installed.
        """
        if format not in self.formats:
            raise RenderError(
                f"no format {format!r}.{did_you_mean(format, self.formats)}"
            )
        if format == "html":
            return self._page().encode()
        memory = io.BytesIO()
        with self._drawn() as figure:
            figure.savefig(memory, format=format, dpi=dpi, metadata=METADATA[format])
        data = memory.getvalue()
        return self._tidy(data.decode()).encode() if format == "svg" else data

    @checked
    def figure(self) -> Any:
        """Return a new ``matplotlib.figure.Figure`` of it, to be changed at will.

        Raises:
            RenderError: matplotlib is not installed.
        """
        with self._drawn() as figure:
            return figure

    @contextmanager
    def _drawn(self) -> Iterator[Any]:
        """Draw it; in the block matplotlib saves in the style of the theme."""
        canvas = Canvas(self._theme, self._room)
        with styled(self._theme, canvas):
            self._draw(canvas, self.data)
            if self._title:
                size = canvas.points(canvas.text * 1.15)
                canvas.figure.suptitle(self._title, fontsize=size, x=0.02, ha="left")
            yield canvas.figure

    @checked
    def save(
        self,
        path: FilePath,
        *,
        dpi: Annotated[int, Range(10, 1200)] = RESOLUTION,
    ) -> Path:
        """Write the figure to a file, in the format of its suffix.

        Args:
            path: such as ``"curves.svg"``; missing folders are created.
            dpi: resolution of a PNG.

        Raises:
            RenderError: no format has this suffix, or matplotlib is not installed.
            OutputError: the file cannot be written.
        """
        file = Path(path)
        data = self.render(format_of(file, self.formats), dpi=dpi)
        make_folder(file.parent)
        return write_file(file, data)

    def _tidy(self, svg: str) -> str:
        """Return an SVG as an element: in pixels, titled, in the theme's fonts."""
        _, _, picture = svg.partition("<svg ")
        picture = re.sub(r"\s*<metadata>.*?</metadata>", "", picture, flags=re.S)
        picture = re.sub(r'<g id="[^"]*"', "<g", picture)
        picture = picture.replace("'DejaVu Sans'", _quoted(self._theme.font))
        said = f"<title>{html.escape(self._title)}</title>" if self._title else ""
        head, _, body = picture.partition(">")
        head = re.sub(r'"([\d.]+)pt"', _in_pixels, head)
        return f'<svg role="img" {head}>{said}{body}'

    def _page(self) -> str:
        svg, back = self._repr_svg_(), palette.paper(self._theme)
        return (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{html.escape(self._title or 'figure')}</title>\n<style>"
            f"body {{ margin: 1rem; background: {back}; }} "
            "svg { display: block; margin: auto; max-width: 100%; height: auto; }"
            f"</style></head>\n<body>\n{svg}</body></html>\n"
        )

    def __repr__(self) -> str:
        names = ", ".join(self.data)
        return f"<Plot of {names}; .save('a.svg'), .data>"


def _in_pixels(found: re.Match[str]) -> str:
    return f'"{float(found[1]) * DPI / 72:.6g}"'


def _fixed(value: Any) -> npt.NDArray[Any]:
    """Return a copy of an array that cannot be changed."""
    array = np.array(value)
    array.setflags(write=False)
    return array


def _quoted(fonts: str) -> str:
    """Return names of fonts for an SVG, the generic ones without quotes."""
    names = [name.strip() for name in fonts.split(",")]
    generic = ("serif", "sans-serif", "monospace")
    return ", ".join(name if name in generic else f"'{name}'" for name in names)
