"""Opening a backend: by argument, by environment variable, or the default."""

from __future__ import annotations

import functools
import os
from collections.abc import Hashable
from threading import RLock

from chainrule.errors import BackendError, UnknownNameError, shown
from chainrule.kinds.backend import Backend
from chainrule.registry import registry

VARIABLE = "CHAINRULE_BACKEND"
"""The environment variable with the backend to use where none is given."""
AUTO = "auto"
"""What to write for the backend that `fit` finds to be the fastest."""


def open_backend(name: str | Backend | None = None) -> Backend:
    """Return the backend of a name such as ``"numpy"`` or ``"opencl:1"``.

    What follows the colon chooses a device. None means the backend that
    ``CHAINRULE_BACKEND`` names, and NumPy if it is not set. ``"auto"``
    means NumPy here: `fit` looks for the fastest one. Each name is opened once.

    Raises:
        UnknownNameError: no plugin registers such a backend.
        BackendError: `name` is neither a name nor a backend, or the environment
            variable names a device that does not exist.
    """
    if isinstance(name, Backend):
        return name
    if not isinstance(name, str | None):
        raise BackendError(
            f"backend must be a name such as 'numpy', or a Backend, got {shown(name)}"
        )
    named = os.environ.get(VARIABLE)
    return _from_environment(named) if named and not name else _open(name or "numpy")


def is_auto(name: str | Backend | None) -> bool:
    """Return whether the fastest backend is asked for, by argument or environment."""
    asked = name or os.environ.get(VARIABLE)
    return isinstance(asked, str) and asked.lower() == AUTO


@functools.cache
def _from_environment(name: str) -> Backend:
    """Open the backend that the variable names, and check that its device exists."""
    try:
        backend = _open(name)
        backend.number()
    except (UnknownNameError, BackendError) as error:
        raise type(error)(f"{VARIABLE}={name}: {error}") from error
    return backend


def generation(backend: Backend) -> Hashable:
    """Return what a program that a backend has compiled depends on, beside itself.

    It is void once the device was reopened, or a plugin was registered whose kernels
    the backend uses.
    """
    return backend.failures, registry.used_kernels(backend.type_name)


_opening = RLock()
_opened: dict[tuple[type[Backend], str], Backend] = {}


def _open(name: str) -> Backend:
    kind, _, device = ("numpy" if is_auto(name) else name).partition(":")
    if kind.lower() == AUTO:
        raise BackendError(
            f"backend='auto' chooses the device, too: write 'auto', got {shown(name)}"
        )
    if not registry.has("backends", kind):  # chainrule-x:name
        second, _, rest = device.partition(":")
        if registry.has("backends", f"{kind}:{second}"):
            kind, device = f"{kind}:{second}", rest
    make = registry.find("backends", kind).target
    with _opening:  # or two threads would get one backend each
        if (make, device) not in _opened:
            _opened[make, device] = make(device)
        return _opened[make, device]
