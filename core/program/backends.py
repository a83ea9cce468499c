"""Choosing a backend: by argument, by environment variable, or the default."""

from __future__ import annotations

import functools
import os

from chainrule.errors import BackendError
from chainrule.kinds.backend import Backend
from chainrule.registry import registry


def open_backend(name: str | Backend | None = None) -> Backend:
    """Return the backend of a name such as ``"numpy"`` or ``"opencl:1"``.

    None means what ``CHAINRULE_BACKEND`` says, and NumPy if it says nothing. What
    follows the colon chooses a device.

    Raises:
        UnknownNameError: no plugin registers such a backend.
        BackendError: it is neither a name nor a backend.
    """
    if isinstance(name, Backend):
        return name
    if not isinstance(name, str | None):
        raise BackendError(
            f"{name!r} is no backend: give a name such as 'numpy', or an object"
        )
    return _opened(name or os.environ.get("CHAINRULE_BACKEND") or "numpy")


@functools.cache
def _opened(name: str) -> Backend:
    kind, _, device = name.partition(":")
    made: Backend = registry.find("backends", kind).target(device)
    return made
