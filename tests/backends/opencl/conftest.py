"""The device that these tests use: PoCL where it is, so that no GPU is needed."""

from __future__ import annotations

import pytest

from chainrule.errors import BackendError
from chainrule.execution import open_backend
from chainrule.kinds.backend import Backend


def _reason() -> str:
    backend = open_backend("opencl")
    try:
        backend.devices()
    except BackendError as error:
        return str(error)
    return ""


@pytest.fixture(scope="session")
def backend() -> Backend:
    """Return the backend on the device it chooses itself."""
    reason = _reason()
    if reason:
        pytest.skip(reason)
    return open_backend("opencl")
