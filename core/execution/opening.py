"""Choosing a backend: by argument, by environment variable, or the default."""

from __future__ import annotations

import functools
import os

from chainrule.errors import BackendError, UnknownNameError
from chainrule.kinds.backend import Backend
from chainrule.registry import registry

VARIABLE = "CHAINRULE_BACKEND"
"""What to run on where no backend is named."""


def open_backend(name: str | Backend | None = None) -> Backend:
    """Return the backend of a name such as ``"numpy"`` or ``"opencl:1"``.

    None means what ``CHAINRULE_BACKEND`` says, and NumPy if it says nothing. What
    follows the colon chooses a device.

    Raises:
        UnknownNameError: no plugin registers such a backend.
        BackendError: it is neither a name nor a backend, or the environment variable
            names a device that is not there.
    """
    if isinstance(name, Backend):
        return name
    if not isinstance(name, str | None):
        raise BackendError(
            f"{name!r} is no backend: give a name such as 'numpy', or an object"
        )
    named = os.environ.get(VARIABLE)
    return _from_environment(named) if named and not name else _opened(name or "numpy")


@functools.cache
def _from_environment(name: str) -> Backend:
    """Open what the variable names, and say at once if it is not there."""
    try:
        made = _opened(name)
        made.number()
    except (UnknownNameError, BackendError) as error:
        raise type(error)(f"{VARIABLE}={name}: {error}") from error
    return made


@functools.cache
def _opened(name: str) -> Backend:
    kind, _, device = name.partition(":")
    made: Backend = registry.find("backends", kind).target(device)
    return made
