"""The device that these tests use: PoCL where it is, so that no GPU is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chainrule.backends.opencl import OpenCLBackend
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
    """Return the backend on its default device."""
    reason = _reason()
    if reason:
        pytest.skip(reason)
    return open_backend("opencl")


class Pretender:
    """A pyopencl device that claims other properties."""

    def __init__(self, handle: Any, **properties: Any) -> None:
        self.__dict__.update(properties, handle=handle)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.handle, name)


@pytest.fixture(scope="session")
def pretend() -> Callable[..., None]:
    """Return a function that gives the device of a backend other properties."""

    def pretend(backend: OpenCLBackend, **properties: Any) -> None:
        runtime = backend.session.runtime
        handle = Pretender(runtime.device.handle, **properties)
        runtime.device = replace(runtime.device, handle=handle)

    return pretend


@pytest.fixture(scope="session")
def gpu(backend: Backend, pretend: Callable[..., None]) -> OpenCLBackend:
    """Return a backend that takes its device for a GPU."""
    cl = pytest.importorskip("pyopencl")
    made = OpenCLBackend(backend.device)
    pretend(made, type=cl.device_type.GPU)
    return made
