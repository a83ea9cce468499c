"""The cache: compiled kernels and tuning results, where a folder can be written."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Return the folder that compiled kernels and tuning results belong in."""
    return Path(platformdirs.user_cache_dir("chainrule")) / "opencl"


def usable_folder() -> Path | None:
    """Return the folder of compiled kernels and tuning results; None: do without."""
    folder = cache_folder()
    return folder if _is_writable(folder) else None


@functools.cache
def _is_writable(folder: Path) -> bool:
    """Return whether files can be made in a folder, which is made if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@functools.cache
def prepare() -> None:
    """Let pyopencl and PoCL do without caches that they cannot write.

    pyopencl could not be imported otherwise, and PoCL would have no device.
    """
    if not _is_writable(Path(platformdirs.user_cache_dir("pyopencl"))):
        os.environ.setdefault("PYOPENCL_NO_CACHE", "1")
    home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    own = os.environ.get("POCL_CACHE_DIR") or Path(home) / "pocl" / "kcache"
    if not _is_writable(Path(own)):
        folder = tempfile.mkdtemp(prefix="chainrule-pocl-")
        os.environ["POCL_CACHE_DIR"] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
