"""A finished diagram: look at it, save it, or take its graph."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainrule.errors import OutputError, RenderError, did_you_mean
from chainrule.viz.dot import to_digraph
from chainrule.viz.render import Engine, render
from chainrule.viz.scene import Scene
from chainrule.viz.svg import finish

if TYPE_CHECKING:
    import graphviz
    import networkx


class Diagram:
    """A picture of a graph; in a notebook it shows itself.

    Attributes:
        scene: what it shows, without how it looks.
    """

    formats = ("svg", "png", "pdf", "dot")
    """What `save` can write, by the name of the file."""

    def __init__(self, scene: Scene, *, legend: bool = True) -> None:
        self.scene = scene
        self._legend = legend

    @functools.cached_property
    def digraph(self) -> graphviz.Digraph:
        """The diagram as a `graphviz.Digraph`."""
        return to_digraph(self.scene, legend=self._legend)

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

    def render(
        self, format: str, *, dpi: int = 144, engine: Engine = "pygraphviz"
    ) -> bytes:
        """Return the diagram as a file of a format.

        Raises:
            RenderError: there is no such format, or it cannot be rendered here.
        """
        if format == "dot":
            return self.source.encode()
        if format not in self.formats:
            raise RenderError(
                f"no format {format!r}.{did_you_mean(format, self.formats)}"
            )
        data = render(self.source, format, dpi=dpi, engine=engine)
        return finish(data.decode(), self.scene).encode() if format == "svg" else data

    def save(
        self, path: str | Path, *, dpi: int = 144, engine: Engine = "pygraphviz"
    ) -> Path:
        """Write the diagram to a file; its suffix says the format.

        Args:
            path: such as ``"net.svg"``; folders are made.
            dpi: resolution of a PNG.
            engine: ``"pygraphviz"``, or ``"dot"`` for the program on PATH.

        Raises:
            RenderError: the suffix is no format.
            OutputError: the file cannot be written.
        """
        file = Path(path)
        data = self.render(file.suffix[1:].lower() or "?", dpi=dpi, engine=engine)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        except OSError as error:
            raise OutputError(f"cannot write {file}: {error}") from error
        return file

    def _repr_svg_(self) -> str:
        return self.render("svg").decode()

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, str]:
        return {"image/svg+xml": self._repr_svg_(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return (
            f"<Diagram {self.scene.name!r}: {len(self.scene.blocks)} blocks, "
            f"{len(self.scene.links)} edges; .save('a.svg'), .source>"
        )
