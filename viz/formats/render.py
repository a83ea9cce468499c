"""DOT to pictures: in this process, with the Graphviz that pygraphviz brings along."""

from __future__ import annotations

import shutil
import subprocess
import threading
from typing import Literal, TypeAlias

from chainrule.errors import RenderError
from chainrule.viz.formats.fonts import fonts, quiet

Engine: TypeAlias = Literal["pygraphviz", "dot"]
PICTURES = ("svg", "png", "pdf")
_one_at_a_time = threading.Lock()  # Graphviz keeps state of its own


def render(
    dot: str, format: str, *, dpi: int = 96, engine: Engine = "pygraphviz"
) -> bytes:
    """Return a picture of some DOT.

    Args:
        dot: the source.
        format: ``"svg"``, ``"png"`` or ``"pdf"``; with Graphviz' own names for others.
        dpi: resolution of a PNG.
        engine: ``"pygraphviz"``, which needs nothing installed, or ``"dot"``, the
            program of that name on PATH.

    Raises:
        RenderError: it cannot be rendered; says why, and what to do.
    """
    if engine == "dot":
        return _by_program(dot, format, dpi)
    try:
        import pygraphviz
    except ImportError as error:
        raise RenderError(
            f"pictures need pygraphviz, which cannot be imported ({error}): "
            "pip install 'pygraphviz>=2', or choose engine='dot', or save as .dot"
        ) from error
    with _one_at_a_time, fonts(), quiet() as complaints:
        graph = pygraphviz.AGraph(string=dot)
        try:
            if format == "png":
                graph.graph_attr["dpi"] = str(dpi)
            data = graph.draw(format=format, prog="dot")
        except (ValueError, OSError, AttributeError) as error:
            raise RenderError(f"Graphviz cannot write {format!r}: {error}") from error
        finally:
            graph.close()
    if not data:
        raise RenderError(
            f"Graphviz cannot write {format!r}: {' '.join(complaints) or 'no output'}"
        )
    return bytes(data)


def _by_program(dot: str, format: str, dpi: int) -> bytes:
    program = shutil.which("dot")
    if program is None:
        raise RenderError(
            "there is no program 'dot' on PATH: leave engine='dot' out, pygraphviz "
            "renders without it, or install Graphviz"
        )
    command = [program, f"-T{format}"] + ([f"-Gdpi={dpi}"] if format == "png" else [])
    done = subprocess.run(command, input=dot.encode(), capture_output=True, check=False)
    if done.returncode:
        complaint = done.stderr.decode("utf-8", "replace").strip()
        raise RenderError(f"dot cannot write {format!r}: {complaint}")
    return done.stdout
