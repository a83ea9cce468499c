"""Files: written whole or not at all, and read with every failure put into words."""

from __future__ import annotations

import itertools
import json
import os
import stat
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from chainrule.errors import LONGEST_SHOWN, ChainRuleError, OutputError, RenderError

locks: ModuleType | None
try:
    import fcntl as locks
except ImportError:  # Windows
    locks = None

TEMPORARY = ".chainrule-saving"
"""What the names of temporary files begin with."""


def write_file(path: str | os.PathLike[str], content: bytes | str) -> Path:
    """Write a file: whatever fails, the file is the new one or the earlier one, whole.

    The content goes to a temporary file in the same folder, from there to the disk, and
    takes the place of an earlier file in one step. A file keeps its mode and owner, a
    symbolic link stays one; a device or a pipe is written to directly.

    A process that is killed may leave its temporary file. The next that writes to the
    folder reuses the name, so there are never more than processes that write at once.

    Args:
        path: the file.
        content: what to write; text is encoded as UTF-8.

    Raises:
        OutputError: the file cannot be written; an earlier one is unchanged.
    """
    with _writing(path):
        data = content.encode() if isinstance(content, str) else content
        target = Path(os.path.realpath(path))
        earlier = _status(target)
        if earlier and not stat.S_ISREG(earlier.st_mode):
            target.write_bytes(data)
            return Path(path)
        with _temporary(target.parent) as (descriptor, temporary):
            if earlier:
                _take_over(descriptor, earlier)
            with open(descriptor, "wb", closefd=False) as file:
                file.write(data)
            os.fsync(descriptor)
            if locks is None:
                os.close(descriptor)  # or Windows would not rename it
            temporary.replace(target)
        _sync_folder(target.parent)
    return Path(path)


def read_table(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file of a cache; none if it is missing or damaged."""
    with suppress(OSError, ValueError, RecursionError):
        check_ends(path, OutputError)
        table = json.loads(path.read_text())
        if isinstance(table, dict):
            return table
    return {}


def write_table(path: Path, table: Mapping[str, Any]) -> None:
    """Write a JSON object to a file of a cache, if that can be written."""
    with suppress(OutputError):
        check_ends(path, OutputError)  # nobody may ever read a pipe
        make_folder(path.parent)
        write_file(path, json.dumps(dict(table), indent=1))


def make_folder(path: str | os.PathLike[str]) -> Path:
    """Create a folder, and those that it is in, unless it exists.

    Raises:
        OutputError: it cannot be created.
    """
    with _writing(path, "to the folder "):
        Path(path).mkdir(parents=True, exist_ok=True)
    return Path(path)


def check_writable(folder: str | os.PathLike[str]) -> None:
    """Try whether files can be created in a folder.

    Raises:
        OutputError: they cannot.
    """
    with _writing(folder, "to the folder "), _temporary(Path(folder)):
        pass


@contextmanager
def reading(
    path: str | os.PathLike[str], error: type[ChainRuleError], what: str
) -> Iterator[None]:
    """Turn whatever fails in the block into an error that names the file.

    A damaged file makes the libraries that read it fail in any way: with errors of
    zlib and struct, of recursion and of memory.

    Args:
        path: the file that is read in the block.
        error: the error to raise; one of chainrule passes as it is.
        what: what the file should be, such as ``"an NPZ file"``.
    """
    named = shortened(path)
    try:
        check_ends(path, error)
        yield
    except ChainRuleError:
        raise
    except FileNotFoundError:
        raise error(f"there is no file {named}") from None
    except Exception as failure:  # see above
        as_what = "" if getattr(failure, "errno", None) else f" as {what}"
        raise error(f"{named} cannot be read{as_what}: {reason(failure)}") from failure


def check_ends(path: str | os.PathLike[str], error: type[ChainRuleError]) -> None:
    """Refuse to read what may have no end: a device or a pipe.

    Raises:
        ChainRuleError: of the type `error`, if there is such a thing at the path.
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):  # whoever reads it says what is wrong
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise error(f"{shortened(path)} must be a file, got a device or a pipe")


def shortened(path: str | os.PathLike[str]) -> str:
    """Return a path as messages show it."""
    text = str(path) or "the path ''"
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def format_of(path: Path, formats: Iterable[str]) -> str:
    """Return the format that the suffix of a file says.

    Raises:
        RenderError: it has no suffix.
    """
    if not path.suffix[1:]:
        raise RenderError(
            f"{shortened(path)} must end in a suffix, which says the format: one of "
            f"{', '.join(f'.{each}' for each in formats)}"
        )
    return path.suffix[1:].lower()


def reason(failure: Exception) -> str:
    """Return why something failed, as the end of a message."""
    if isinstance(failure, OSError) and failure.strerror:
        return failure.strerror
    if isinstance(failure, RecursionError):
        return "it is nested too deeply"
    if isinstance(failure, MemoryError):
        return str(failure) or "out of memory"
    return str(failure) or type(failure).__name__


@contextmanager
def _writing(path: str | os.PathLike[str], what: str = "") -> Iterator[None]:
    """Turn what fails in the block into an OutputError that names the path."""
    try:
        yield
    except (OSError, ValueError) as failure:  # ValueError: a NUL in a path, say
        text = f"cannot write {what}{shortened(path)}: {reason(failure)}"
        raise OutputError(text) from failure


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _take_over(descriptor: int, earlier: os.stat_result) -> None:
    """Give a file the owner and the mode of an earlier one, where that is allowed."""
    if hasattr(os, "fchown"):
        with suppress(PermissionError):
            os.fchown(descriptor, earlier.st_uid, earlier.st_gid)
        os.fchmod(descriptor, stat.S_IMODE(earlier.st_mode))


def _sync_folder(folder: Path) -> None:
    """Bring a rename to the disk, on systems that can open folders."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _temporary(folder: Path) -> Iterator[tuple[int, Path]]:
    """Create a file in a folder; remove it after the block, unless it was renamed."""
    descriptor, path = _created(folder)
    try:
        yield descriptor, path
    finally:
        if locks is None:
            with suppress(OSError):  # it was closed
                os.close(descriptor)
            path.unlink(missing_ok=True)
        else:
            if _is_at(descriptor, path):  # if renamed, the name may be another's
                path.unlink()
            os.close(descriptor)


def _created(folder: Path) -> tuple[int, Path]:
    """Create a temporary file under the first name that nobody uses.

    A file in use is locked. One that is not was left by a process that was killed, and
    is removed. Without locks every name is another one, and what is left stays.
    """
    for number in itertools.count(1):
        path = folder / f"{TEMPORARY}-{number if locks else uuid.uuid4().hex}"
        if os.path.lexists(path) and not _removed(path):
            continue
        with suppress(FileExistsError):  # somebody was faster
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            if locks is None or (
                _lock(descriptor) is not False and _is_at(descriptor, path)
            ):
                return descriptor, path
            os.close(descriptor)  # somebody took it for left
    raise AssertionError("unreachable")


def _removed(path: Path) -> bool:
    """Remove a temporary file that is not in use; return whether that was done."""
    with suppress(OSError):  # it is not ours, or not a file
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if _lock(descriptor) and _is_at(descriptor, path):
                path.unlink()
                return True
        finally:
            os.close(descriptor)
    return False


def _lock(descriptor: int) -> bool | None:
    """Lock a file; return False if it is locked already, None if nothing can be."""
    assert locks is not None
    try:
        locks.flock(descriptor, locks.LOCK_EX | locks.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether an open file is the one at a path."""
    there = _status(path)
    return there is not None and os.path.samestat(os.fstat(descriptor), there)
