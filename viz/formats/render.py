"""DOT to pictures: in this process, with the Graphviz that pygraphviz brings along."""

from __future__ import annotations

import shutil
import subprocess
import threading
from typing import Annotated, Literal, TypeAlias, get_args

from chainrule.annotations import Range
from chainrule.checks import check_value
from chainrule.errors import RenderError
from chainrule.viz.formats.fonts import configure_fonts
from chainrule.viz.formats.messages import graphviz_messages

Engine: TypeAlias = Literal["pygraphviz", "dot"]
PICTURES = ("svg", "png", "pdf", "eps", "webp")
"""Pictures that Graphviz writes; not every Graphviz can write WebP."""
PIXELS = ("png", "webp")
"""Those that have a resolution."""
Resolution: TypeAlias = Annotated[int, Range(10, 1200)]
"""Dots per inch."""
_one_at_a_time = threading.Lock()  # Graphviz keeps state of its own


def render(
    dot: str, format: str, *, dpi: int = 96, engine: Engine = "pygraphviz"
) -> bytes:
    """Return a picture of some DOT.

    Args:
        dot: the source.
        format: one of `PICTURES`, or Graphviz's own name of another.
        dpi: resolution of a picture made of pixels.
        engine: ``"pygraphviz"``, which needs nothing installed, or ``"dot"``, the
            program of that name on PATH.

    Raises:
        RenderError: it cannot be rendered; the message says why and what to do.
    """
    if engine == "dot":
        return _by_program(dot, format, dpi)
    try:
        with _one_at_a_time, graphviz_messages() as messages:
            configure_fonts()
            data = _in_process(dot, format, dpi)
    except ImportError as error:
        raise RenderError(
            f"pictures need pygraphviz, which cannot be imported ({error}): "
            "pip install 'pygraphviz>=2', or choose engine='dot', or save as .dot"
        ) from error
    if not data:
        why = " ".join("".join(messages).split()) or "no output"
        raise RenderError(f"Graphviz cannot write {format!r}: {why}")
    return data


def resolution(dpi: int | None, format: str) -> int:
    """Return the resolution of a picture in a format, by default 144.

    Raises:
        RenderError: one is asked of a format that is not made of pixels.
        HyperparameterError: it is not a number that a picture can have.
    """
    if dpi is None:
        return 144
    check_value(dpi, Resolution, "dpi")
    if format not in PIXELS:
        raise RenderError(
            f"dpi must be left out for {format!r}, got {dpi}: only a PNG and a WebP "
            "have pixels; size=(width, height) of draw says how large a picture is"
        )
    return dpi


def check_engine(engine: str) -> None:
    """Raise an error if there is no such engine."""
    if engine not in get_args(Engine):
        known = " or ".join(map(repr, get_args(Engine)))
        raise RenderError(
            f"engine must be {known}, got {engine!r}: it is who renders, and the "
            "layout is always that of dot"
        )


def _in_process(dot: str, format: str, dpi: int) -> bytes:
    """Return a picture, or nothing where Graphviz says that it fails.

    This is ``AGraph.draw`` without its remark to standard error on large graphs.
    """
    import pygraphviz
    from pygraphviz import graphviz

    try:
        graph = pygraphviz.AGraph(string=dot)
    except pygraphviz.DotError:
        return b""
    if format in PIXELS:
        graph.graph_attr["dpi"] = str(dpi)
    context = graphviz.gvContextWithBuiltins()
    try:
        engine = graph.graph_attr.get("layout") or "dot"
        if graphviz.gvLayout(context, graph.handle, engine.encode()):
            return b""
        result = graphviz.gvRenderData(context, graph.handle, format.encode())
        graphviz.gvFreeLayout(context, graph.handle)
    finally:
        graphviz.gvFreeContext(context)
        graph.close()
    return b"" if isinstance(result, int) else bytes(result[1])


def _by_program(dot: str, format: str, dpi: int) -> bytes:
    program = shutil.which("dot")
    if program is None:
        raise RenderError(
            "there is no program 'dot' on PATH: leave engine='dot' out, pygraphviz "
            "renders without it, or install Graphviz"
        )
    command = [program, f"-T{format}"] + ([f"-Gdpi={dpi}"] if format in PIXELS else [])
    done = subprocess.run(command, input=dot.encode(), capture_output=True, check=False)
    if done.returncode:
        complaint = done.stderr.decode("utf-8", "replace").strip()
        raise RenderError(f"dot cannot write {format!r}: {complaint}")
    return done.stdout
