"""A finished diagram: shown in a notebook, saved in any format, taken as a graph."""

from __future__ import annotations

import functools
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeAlias

from chainrule.annotations import FilePath, Range
from chainrule.arguments import checked
from chainrule.errors import RenderError, did_you_mean
from chainrule.files import format_of, make_folder, write_file
from chainrule.habits import unknown_attribute
from chainrule.kinds.theme import Theme
from chainrule.plotting.picture import Picture
from chainrule.plotting.rooms import Room, Size, room_for
from chainrule.viz.arranging import arranged, wrapped
from chainrule.viz.formats.dot import to_digraph
from chainrule.viz.formats.frames import frame_picture
from chainrule.viz.formats.json import to_json
from chainrule.viz.formats.render import (
    PICTURES,
    PIXELS,
    Engine,
    check_engine,
    render,
    resolution,
)
from chainrule.viz.formats.rows import Span, spans_of
from chainrule.viz.formats.story import tell
from chainrule.viz.formats.svg import finish
from chainrule.viz.formats.tikz import to_document, to_tikz
from chainrule.viz.page.extras import Extras
from chainrule.viz.page.html import PICTURE, to_page, with_room
from chainrule.viz.page.inline import HEIGHT, InlinePage
from chainrule.viz.page.palettes import stand_in
from chainrule.viz.proof.finding import Report
from chainrule.viz.proof.proofread import proofread
from chainrule.viz.proof.truth import Truth
from chainrule.viz.room import Measured
from chainrule.viz.scene import Scene
from chainrule.viz.style import LIGHT, resolve_theme

if TYPE_CHECKING:
    import graphviz
    import networkx


_TEXT_FORMATS: dict[str, Callable[[Diagram], str]] = {
    "dot": lambda d: d.source,
    "json": lambda d: to_json(d.scene),
    "tikz": lambda d: to_tikz(d.scene, d.source, d._theme),
    "tex": lambda d: to_document(d.scene, d.source, d._theme),
    "html": lambda d: d._page(),
}
"""Format → what writes a diagram in it; pictures are rendered from DOT."""


Dpi: TypeAlias = Annotated[int, Range(10, 1200)]
"""Dots per inch of a picture made of pixels."""


class Diagram(Picture):
    """A picture of a graph; in a notebook it shows itself.

    Attributes:
        scene: what it shows, without how it looks.
    """

    formats = (*PICTURES, "svgz", *_TEXT_FORMATS)
    """The suffixes of files that `save` can write."""

    if not TYPE_CHECKING:  # or type checkers would accept any attribute

        def __getattr__(self, name: str) -> NoReturn:
            raise unknown_attribute(self, name, "diagram")

    @checked
    def __init__(
        self,
        scene: Scene,
        *,
        legend: bool = True,
        extras: Callable[[], Extras] = Extras,
        truth: Callable[[], Truth | None] = lambda: None,
        theme: Theme = LIGHT,
        room: Room | None = None,
    ) -> None:
        self.scene: Scene = scene
        self._whole: Scene = scene
        self._theme: Theme = theme
        self._room = room
        self._legend = legend
        self._gather = extras
        self._truth = truth

    def __getstate__(self) -> dict[str, Any]:
        """Return it with what it would gather later, for `pickle`."""
        kept = ("scene", "_whole", "_theme", "_room", "_legend")
        return {name: vars(self)[name] for name in kept} | {
            "_gather": functools.partial(_same, self.extras),
            "_truth": functools.partial(_same, self._truth()),
        }

    def __copy__(self) -> Diagram:
        return self  # it never changes

    def __deepcopy__(self, memo: dict[int, Any]) -> Diagram:
        return self

    @functools.cached_property
    def extras(self) -> Extras:
        """Details that a page shows on request: values, explanations, updates."""
        return self._gather()

    @functools.cached_property
    def digraph(self) -> graphviz.Digraph:
        """The diagram as a `graphviz.Digraph`."""
        return to_digraph(self.scene, with_legend=self._legend, theme=self._theme)

    @property
    def source(self) -> str:
        """The diagram in the DOT language; the same input gives the same bytes."""
        return str(self.digraph.source)

    @property
    def graph(self) -> networkx.MultiDiGraph[str]:
        """The diagram as a networkx graph: blocks, and forward and backward edges."""
        import networkx

        graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph(name=self.scene.name)
        for block in self.scene.blocks:
            graph.add_node(
                block.id, kind=block.kind, title=block.title.unicode(),
                lines=[line.text.unicode() for line in block.lines],
                cluster="/".join(block.cluster), nodes=block.nodes,
            )  # fmt: skip
        for link in self.scene.links:
            ends = (link.tail, link.head)
            graph.add_edge(
                *(ends if link.kind == "forward" else ends[::-1]),
                kind=link.kind, role=link.role,
                lines=[line.text.unicode() for line in link.lines],
            )  # fmt: skip
        return graph

    @checked
    def proofread(self) -> Report:
        """Read the finished picture back, and check everything on it.

        Formulas are evaluated as they are printed and compared with the values beside
        them, edges are walked as they are drawn, marks are held against their
        definitions, and labels must not cover anything. A diagram without values is
        checked for its labels alone.
        """
        return proofread(self._repr_svg_(), self._truth())

    @checked
    def render(
        self, format: str, *, dpi: Dpi | None = None, engine: Engine = "pygraphviz"
    ) -> bytes:
        """Return the diagram as the content of a file.

        Args:
            format: one of `formats`.
            dpi: resolution of a PNG or a WebP, from 10 to 1200; by default 144.
            engine: ``"pygraphviz"``, or ``"dot"`` for the program on PATH.

        Raises:
            RenderError: there is no such format or engine, or it cannot be rendered
                here, as WebP by the Graphviz inside pygraphviz, or it has no
                resolution.
            HyperparameterError: the resolution is out of range.
        """
        dpi = resolution(dpi, format)
        check_engine(engine)
        try:
            return self._rendered(format, dpi, engine)
        except UnicodeEncodeError as error:
            half = ascii(error.object[error.start])
            raise RenderError(
                f"a diagram's names and title must be Unicode text, got {half} in one"
            ) from error

    def _rendered(self, format: str, dpi: int, engine: Engine) -> bytes:
        if format in _TEXT_FORMATS:
            if engine != "pygraphviz":
                raise RenderError(
                    f"engine must be left out for {format!r}, got {engine!r}: it "
                    f"renders pictures only, which are {', '.join(PICTURES)}"
                )
            return _TEXT_FORMATS[format](self).encode()
        if format == "svgz":
            return gzip.compress(self.render("svg", engine=engine), mtime=0)
        if format not in PICTURES:
            raise RenderError(
                f"no format {format!r}.{did_you_mean(format, self.formats)}"
            )
        scale = self._scale
        if scale is not None and format in PIXELS:
            dpi = max(round(72 * scale * dpi / 96), 1)
        data = render(self.source, format, dpi=dpi, engine=engine)
        if format == "svg":
            return finish(data.decode(), self.scene, scale).encode()
        return data

    @property
    def _scale(self) -> float | None:
        """Pixels for each point, where the picture has a room to fit."""
        if self._room is None:
            return None
        return self._room.scale(self.measured.width, self.measured.height)

    @functools.cached_property
    def measured(self) -> Measured:
        """How large the picture and its smallest text are, in points."""
        return Measured.of(render(self.source, "svg").decode())

    @functools.cached_property
    def spans(self) -> dict[str, Span]:
        """Where each block is, along the flow of the picture and across it."""
        return spans_of(render(self.source, "json0"), self.scene.rankdir)

    @property
    def notes(self) -> tuple[str, ...]:
        """What stands below: remarks, what a size cost, ``✗`` where it is too small."""
        return tuple(line.text.unicode() for line in self.scene.caption)

    @checked
    def styled(self, *, theme: object = None, size: Size = None) -> Diagram:
        """Return the same diagram in another theme, or arranged to fit a size.

        Args:
            theme: a theme, or the name of one, such as ``"dark"``.
            size: ``"slide"``, ``"column"`` or (width, height) in pixels. As in `draw`,
                but for the level and what is elided: to fit, long chains run in rows,
                shapes and the legend are left out; the caption says which, or that it
                does not fit.

        Raises:
            UnknownNameError: no theme has that name.
            GraphError: there is no such size.
        """
        chosen = self._theme if theme is None else resolve_theme(theme)
        room = room_for(size)
        if room is None:
            return self._again(self.scene, chosen, self._room, self._whole)
        return self._again(self._whole, chosen, None, self._whole).in_room(room)

    @checked
    def in_room(self, room: Room) -> Diagram:
        """Return the diagram arranged to fit a room; it says so where it does not."""
        found = arranged(self, room)
        return self._again(found.scene, self._theme, room, self._whole)

    @checked
    def with_scene(self, scene: Scene) -> Diagram:
        """Return a diagram of another scene that looks the same."""
        return self._again(scene, self._theme, self._room, scene)

    @checked
    def shown_as(self, scene: Scene) -> Diagram:
        """Return the diagram shown as a scene of the same with less in it."""
        return self._again(scene, self._theme, self._room, self._whole)

    def _again(
        self, scene: Scene, theme: Theme, room: Room | None, whole: Scene
    ) -> Diagram:
        made = Diagram(
            scene, legend=self._legend, extras=self._gather, truth=self._truth,
            theme=theme, room=room,
        )  # fmt: skip
        made._whole = whole
        return made

    @checked
    def save(
        self, path: FilePath, *, dpi: Dpi | None = None, engine: Engine = "pygraphviz"
    ) -> Path:
        """Write the diagram to a file, in the format of its suffix.

        Args:
            path: such as ``"net.svg"``; missing folders are created.
            dpi: resolution of a PNG or a WebP, from 10 to 1200; by default 144.
            engine: ``"pygraphviz"``, or ``"dot"`` for the program on PATH.

        Raises:
            RenderError: no format has this suffix, it has no resolution, or it cannot
                be rendered here.
            HyperparameterError: the resolution is out of range.
            OutputError: the file cannot be written.
        """
        file = Path(path)
        data = self.render(format_of(file, self.formats), dpi=dpi, engine=engine)
        make_folder(file.parent)
        return write_file(file, data)

    @checked
    def save_frames(self, folder: FilePath) -> list[Path]:
        """Write the story step by step as ``001.svg``, ``002.svg`` …, for slides.

        Raises:
            OutputError: a file cannot be written.
        """
        svg, frames = self._repr_svg_(), tell(self.scene, self.extras.updates)
        width = max(3, len(str(len(frames))))
        place = make_folder(folder)
        return [
            write_file(
                place / f"{number + 1:0{width}}.svg",
                frame_picture(svg, self.scene, frames, number),
            )
            for number in range(len(frames))
        ]

    @checked
    def page(self, *, height: Annotated[int, Range(200, 4000)] = HEIGHT) -> InlinePage:
        """Return the HTML page, which computes, for a notebook to show inline.

        Args:
            height: of its frame, in pixels, from 200 to 4000.

        Raises:
            HyperparameterError: the height is out of range.
        """
        return InlinePage(self._page(), self.scene.name, height)

    def _page(self) -> str:
        roomy = Diagram(
            with_room(self.scene), legend=self._legend, theme=stand_in(self._theme)
        )
        if not roomy.scene.rows:
            roomy = wrapped(roomy, PICTURE, note=False)
        return to_page(self.scene, roomy._repr_svg_(), self.extras, self._theme)

    def __repr__(self) -> str:
        return (
            f"<Diagram {self.scene.name!r}: {len(self.scene.blocks)} blocks, "
            f"{len(self.scene.links)} edges; .save('a.svg'), .source>"
        )


def _same(value: Any) -> Any:
    """Return the value: what is left of a function that was called already."""
    return value
