"""The fastest device for a class of work: each one is timed once on this machine.

The times are kept in the user's cache folder, and in this process.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container
from contextlib import suppress
from pathlib import Path
from threading import RLock
from typing import NamedTuple

import platformdirs

from chainrule.execution.opening import open_backend
from chainrule.files import read_table, write_table
from chainrule.kinds.backend import Backend
from chainrule.registry import registry

Times = dict[str, float]
"""Device, as `Candidate.title` writes it → seconds."""


class Candidate(NamedTuple):
    """A device that work can be done on.

    Attributes:
        name: what to write for it, such as ``"opencl:0"``.
        title: the same with the device's own name, and the release that runs on it.
        backend: runs on it.
    """

    name: str
    title: str
    backend: Backend


def candidates() -> list[Candidate]:
    """Return NumPy, and the devices of all other backends that have one here."""
    found = []
    for entry in registry.entries("backends"):
        with suppress(Exception):  # no driver, say, or a broken one: see `doctor`
            devices = open_backend(entry.name).devices()
            for number, device in enumerate(devices):
                name = f"{entry.name}:{number}" if entry.name != "numpy" else "numpy"
                release = f"{entry.distribution} {entry.version}"
                title = f"{name} on {device.name}, {release}"
                found.append(Candidate(name, title, open_backend(name)))
    return sorted(found, key=lambda one: one.name != "numpy")


def fastest(
    kind: str,
    seconds: Callable[[Candidate], float | None],
    cannot: Container[str] = (),
) -> Candidate | None:
    """Return the device on which a class of work takes the least time.

    Args:
        kind: names the class.
        seconds: how long the work takes on a device, or None if it fails there. Not
            called if all devices were timed before.
        cannot: the titles of devices that cannot do the work.

    Returns:
        The device, or None if none can do it.
    """
    with _timing:
        found = [one for one in candidates() if one.title not in cannot]
        times = known_times().get(kind, {})
        if len(found) > 1 and not {one.title for one in found} <= times.keys():
            each = {one.title: seconds(one) for one in found}
            times = {title: time for title, time in each.items() if time is not None}
            found = [one for one in found if one.title in times]
            if times:
                _timed_here[kind] = times
                write_table(_file(), known_times())
        return min(found, key=lambda one: times.get(one.title, math.inf), default=None)


def fastest_known(kind: str) -> Backend:
    """Return the device that was found to be the fastest, or NumPy."""
    times = known_times().get(kind, {})
    return min(candidates(), key=lambda one: times.get(one.title, math.inf)).backend


def known_times() -> dict[str, Times]:
    """Return the times that were measured on this machine, by the class of work."""
    table = read_table(_file())
    kept = {kind: times for kind, times in table.items() if _are_times(times)}
    return kept | _timed_here


_timed_here: dict[str, Times] = {}
"""What this process has timed: it may be impossible to write the file."""
_timing = RLock()
"""Held while devices are timed, or two threads would time each other."""


def _are_times(value: object) -> bool:
    """Return whether a value that was read is what was written."""
    return isinstance(value, dict) and all(
        isinstance(time, float) and 0 < time < math.inf for time in value.values()
    )


def _file() -> Path:
    return Path(platformdirs.user_cache_dir("chainrule")) / "backends.json"
