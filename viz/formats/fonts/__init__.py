"""Fonts for rendering: the ones that come with chainrule, then the machine's own.

A bare machine has no font at all, and Graphviz would draw every letter as an empty box.
So fontconfig is shown this folder first: DejaVu Sans, cut down to Latin, Greek and
mathematics.
"""

from __future__ import annotations

import functools
import html
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_VARIABLE = "FONTCONFIG_FILE"
_SYSTEM = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts",
    "/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts", "C:/Windows/Fonts",
)  # fmt: skip


@contextmanager
def fonts() -> Iterator[None]:
    """Let what is rendered in the block find the fonts; FONTCONFIG_FILE comes first."""
    if os.environ.get(_VARIABLE):
        yield
        return
    os.environ[_VARIABLE] = str(_configuration())
    try:
        yield
    finally:
        del os.environ[_VARIABLE]


@functools.cache
def _configuration() -> Path:
    """Write fontconfig's configuration to a temporary folder, once per process."""
    folder = Path(tempfile.mkdtemp(prefix="chainrule-fonts-"))
    own = Path(__file__).parent
    places = [own, *(Path(place).expanduser() for place in _SYSTEM)]
    dirs = "".join(f"<dir>{html.escape(str(place))}</dir>" for place in places)
    file = folder / "fonts.conf"
    file.write_text(
        '<?xml version="1.0"?><fontconfig>'
        f"{dirs}<cachedir>{html.escape(str(folder))}</cachedir>"
        "<config><rescan><int>0</int></rescan></config></fontconfig>",
        encoding="utf-8",
    )
    return file


@contextmanager
def quiet() -> Iterator[list[str]]:
    """Catch what C libraries print to standard error, less fontconfig's remarks.

    Yields a list that holds the remaining lines once the block is left.
    """
    lines: list[str] = []
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # no standard error at all, as under some GUIs
        yield lines
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield lines
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            caught.seek(0)
            text = caught.read().decode("utf-8", "replace")
            lines += [
                line for line in text.splitlines()
                if line.strip() and not line.startswith("Fontconfig")
            ]  # fmt: skip
