"""Fonts for rendering: the ones that come with chainrule, then the machine's own.

A bare machine has no font at all, and Graphviz would draw every letter as an empty box.
So fontconfig is shown this folder first: DejaVu Sans, cut down to Latin, Greek and
mathematics.
"""

from __future__ import annotations

import ctypes
import functools
import html
import os
from pathlib import Path

import platformdirs

from chainrule.viz.formats.c_libraries import c_function

_SYSTEM = (
    "/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts",
    "/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts", "C:/Windows/Fonts",
)  # fmt: skip


@functools.cache
def configure_fonts() -> None:
    """Tell fontconfig where the fonts are, once for the process.

    The user's FONTCONFIG_FILE comes first. The configuration is handed over in memory:
    left to itself, fontconfig also reads the system's, and prints a warning for all in
    it that is newer than the copy inside pygraphviz. Where there is no fontconfig, as
    on macOS, Graphviz finds the system's fonts without it.
    """
    create = c_function("fontconfig", "FcConfigCreate")
    from_file = c_function("fontconfig", "FcConfigParseAndLoad")
    from_memory = c_function("fontconfig", "FcConfigParseAndLoadFromMemory")
    set_current = c_function("fontconfig", "FcConfigSetCurrent")
    if not (create and from_file and from_memory and set_current):
        return
    create.restype = ctypes.c_void_p
    config = ctypes.c_void_p(create())
    complain = 1
    if os.environ.get("FONTCONFIG_FILE"):
        from_file(config, None, complain)
    else:
        from_memory(config, _configuration().encode(), complain)
    set_current(config)


def _configuration() -> str:
    """Return a configuration: where fonts are, and where to cache what is in them."""
    places = (str(Path(__file__).parent), *_SYSTEM)
    dirs = "".join(f"<dir>{html.escape(place)}</dir>" for place in places)
    cache = Path(platformdirs.user_cache_dir("chainrule")) / "fonts"
    return (
        '<?xml version="1.0"?><fontconfig>'
        f"{dirs}<cachedir>{html.escape(str(cache))}</cachedir>"
        "<config><rescan><int>0</int></rescan></config></fontconfig>"
    )
