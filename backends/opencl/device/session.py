"""The session: everything that the programs of a backend share on a device."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager

from chainrule.backends.opencl.device.devices import OpenCLDevice
from chainrule.backends.opencl.device.mirrors import Mirrors
from chainrule.backends.opencl.device.profile import Recorder
from chainrule.backends.opencl.device.runtime import Runtime
from chainrule.backends.opencl.device.speed import speed
from chainrule.errors import BackendError
from chainrule.profile.profile import Profile
from chainrule.profile.speed import Speed


class Session:
    """An opened device with the parameters on it and the profile being made.

    Raises:
        BackendError: the device cannot be opened.

    Attributes:
        runtime: the device.
        mirrors: its copies of parameters.
        recorder: notes the times of kernels in a profile, if one is being made.
    """

    def __init__(self, device: OpenCLDevice) -> None:
        self.runtime = Runtime(device)
        self.mirrors = Mirrors(self.runtime)
        self.recorder: Recorder | None = None

    @functools.cached_property
    def speed(self) -> Speed:
        """The best that the device can do."""
        return speed(self.runtime)

    @contextmanager
    def profiled(self) -> Iterator[Profile]:
        """Note the time of every kernel that is launched in the block.

        Raises:
            BackendError: that is done already.
        """
        name = self.runtime.device.name
        if self.recorder is not None:
            raise BackendError(
                f"{name} is being profiled already: end that block first"
            )
        with self.runtime.timed() as queue:
            self.recorder = recorder = Recorder(name, self.speed, queue)
            try:
                yield recorder.profile
            finally:
                recorder.close()
                self.recorder = None

    def close(self) -> None:
        """Release all memory; programs that were compiled before are void."""
        self.mirrors = Mirrors(self.runtime)
        self.runtime.close()
