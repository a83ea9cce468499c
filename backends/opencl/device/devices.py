"""Devices: their properties, and how one is found and chosen."""

from __future__ import annotations

import os
from dataclasses import dataclass
from platform import machine
from typing import Any

from chainrule.backends.opencl.device.cache import (
    cache_folder,
    prepare,
    usable_folder,
)
from chainrule.backends.opencl.device.fork import note_use
from chainrule.backends.opencl.device.threads import WORKERS
from chainrule.backends.opencl.source.layout import Floats
from chainrule.errors import BackendError
from chainrule.kinds.backend import Device

REMEDY = (
    "Install a driver for your device, or a driver for the processor: "
    "pip install 'pyopencl[pocl]' (any Linux on x86-64), or on Debian and Ubuntu "
    "apt-get install pocl-opencl-icd"
)
NO_DEVICE = f"OpenCL is installed, but no device was found. {REMEDY}"
POCL = "Portable Computing Language"
"""The name of PoCL's platform."""


@dataclass(frozen=True)
class OpenCLDevice:
    """A device, its limits, and the number by which it can be chosen.

    Attributes:
        number: its place in the list of all devices.
        handle: the device as pyopencl has it.
    """

    number: int
    handle: Any

    @property
    def name(self) -> str:
        """Its own name, and the driver it is used through."""
        platform = self.handle.platform
        driver = " ".join(platform.version.split()[:4])  # what follows is build options
        return f"{self.handle.name.strip()} ({platform.name}, {driver})"

    @property
    def kind(self) -> str:
        """``"gpu"``, ``"cpu"`` or ``"accelerator"``."""
        import pyopencl as cl

        if self.handle.type & cl.device_type.GPU:
            return "gpu"
        return "cpu" if self.handle.type & cl.device_type.CPU else "accelerator"

    @property
    def is_cpu(self) -> bool:
        """Whether it is a processor, with wide vectors and no memory of its own."""
        return self.kind == "cpu"

    @property
    def shares_memory(self) -> bool:
        """Whether host and device can use the same memory at the same time."""
        import pyopencl as cl

        fine = cl.device_svm_capabilities.FINE_GRAIN_BUFFER
        return self.is_cpu and bool(self.handle.svm_capabilities & fine)

    @property
    def is_pocl(self) -> bool:
        """Whether it is a processor through PoCL, which does more than it must."""
        return self.is_cpu and self.handle.platform.name == POCL

    @property
    def has_threads(self) -> bool:
        """Whether its groups run on threads that can have a core each.

        One may then wait for what another has begun. OpenCL does not promise that.
        """
        return self.is_pocl and WORKERS.can_be_kept_in_place

    @property
    def works_in_place(self) -> bool:
        """Whether kernels work in the host's own arrays.

        OpenCL lets a driver work in a copy until the host asks for them.
        """
        return self.is_pocl

    @property
    def described(self) -> Device:
        """The device as `chainrule devices` lists it."""
        return Device(
            name=self.name,
            kind=self.kind,
            memory=self.memory,
            float64=self.float64,
        )

    # -- limits --------------------------------------------------------------------

    @property
    def memory(self) -> int:
        """The bytes of its memory."""
        return int(self.handle.global_mem_size)

    @property
    def largest_buffer(self) -> int:
        """The bytes that one buffer may have."""
        return int(self.handle.max_mem_alloc_size)

    @property
    def local_memory(self) -> int:
        """The bytes that a work group may share."""
        return int(self.handle.local_mem_size)

    @property
    def largest_group(self) -> int:
        """The work items that a group may have."""
        return int(self.handle.max_work_group_size)

    @property
    def compute_units(self) -> int:
        """The groups that it runs at once."""
        return int(self.handle.max_compute_units)

    @property
    def parallel_items(self) -> int:
        """The work items that keep it busy."""
        return self.compute_units * (4 if self.is_cpu else 256)

    @property
    def float64(self) -> bool:
        """Whether it computes in double precision."""
        return bool(self.handle.double_fp_config)

    def width(self, floats: Floats) -> int:
        """Return how many elements a work item takes at once: a register's on CPUs."""
        if not self.is_cpu:
            return 1
        native = int(getattr(self.handle, f"native_vector_width_{floats}"))
        return min(max(native, 4), 16)

    def registers(self, floats: Floats) -> int:
        """Return how many vectors of `width` elements a processor holds at once.

        OpenCL does not tell. x86-64 has sixteen, and thirty-two of 512 bits; AArch64,
        POWER and RISC-V have thirty-two of any size.
        """
        bits = self.width(floats) * (64 if floats == "double" else 32)
        x86 = machine().lower() in ("x86_64", "amd64", "i686", "x86")
        return 16 if x86 and bits < 512 else 32

    def require_float64(self, what: str) -> None:
        """Check that something in double precision can be computed.

        Raises:
            BackendError: it cannot; the message says `what` is in double precision.
        """
        if not self.float64:
            raise BackendError(
                f"{what} is float64, which {self.name} cannot compute: use "
                "float32, or another device (`chainrule devices` lists them)"
            )


def find_devices() -> list[OpenCLDevice]:
    """List the devices of all platforms, in the order of their numbers.

    Raises:
        BackendError: pyopencl or an OpenCL driver is not installed, or the process was
            forked from one that uses a driver.
    """
    prepare()
    try:
        import pyopencl as cl
    except ImportError as error:
        raise BackendError(
            f"the OpenCL backend needs pyopencl ({error}): pip install pyopencl"
        ) from error
    note_use()
    try:
        with WORKERS.opening():
            platforms = cl.get_platforms()
    except cl.Error as error:
        raise BackendError(f"no OpenCL driver is installed. {REMEDY}") from error
    handles = []
    for platform in platforms:
        try:
            handles += platform.get_devices()
        except cl.Error:  # a driver without a device of its kind
            continue
    return [OpenCLDevice(number, handle) for number, handle in enumerate(handles)]


def choose(wanted: str) -> OpenCLDevice:
    """Return the device that was asked for.

    ``""`` stands for what ``PYOPENCL_CTX`` says, else the first GPU, else the first
    device; a number for a place in the list of devices; anything else is part of the
    device's name, platform, vendor or kind.

    Raises:
        BackendError: there is no such device, or its driver is older than OpenCL 1.2.
    """
    devices = find_devices()
    if not devices:
        raise BackendError(NO_DEVICE)
    found = _chosen(wanted.strip(), devices)
    version = found.handle.version.split()[1]
    if tuple(int(part) for part in version.split(".")) < (1, 2):
        raise BackendError(
            f"{found.name} supports OpenCL {version}, and 1.2 or later is needed: "
            "update its driver"
        )
    return found


def _chosen(wanted: str, devices: list[OpenCLDevice]) -> OpenCLDevice:
    if not wanted and os.environ.get("PYOPENCL_CTX"):
        return _from_environment(devices)
    if not wanted:
        gpus = [d for d in devices if d.kind == "gpu"]
        return (gpus or devices)[0]
    for device in devices:
        vendor = device.handle.platform.vendor
        described = f"{device.name} {vendor} {device.kind}".lower()
        number = wanted == str(device.number)
        if number or (not wanted.isdecimal() and wanted.lower() in described):
            return device
    available = "; ".join(f"{d.number}: {d.name}" for d in devices)
    raise BackendError(
        f"no OpenCL device {wanted!r}: write a number or part of a name, such as "
        f"opencl:0. Available: {available}"
    )


def _from_environment(devices: list[OpenCLDevice]) -> OpenCLDevice:
    """Choose as pyopencl does: ``PYOPENCL_CTX`` is ``platform:device`` or a name."""
    import pyopencl as cl

    text = os.environ["PYOPENCL_CTX"]
    try:
        context = cl.create_some_context(interactive=False)
    except (cl.Error, RuntimeError, ValueError, IndexError) as error:
        raise BackendError(
            f"PYOPENCL_CTX={text!r} does not name a device: {error}; unset it, or "
            "write platform:device, such as 0:0"
        ) from error
    return next(d for d in devices if d.handle == context.devices[0])


def diagnose() -> list[tuple[bool, str]]:
    """Report for each of OpenCL's requirements whether it is met, or how to meet it."""
    try:
        devices = find_devices()
    except BackendError as error:
        return [(False, str(error))]
    if not devices:
        return [(False, NO_DEVICE)]
    found = [(True, f"opencl:{d.number} is {d.name}") for d in devices]
    try:
        chosen = choose("")
    except BackendError as error:
        return [*found, (False, str(error))]
    found.append((True, f"opencl chooses opencl:{chosen.number}"))
    if usable_folder() is None:
        said = f"{cache_folder()} cannot be written: kernels are built anew in each run"
        found.append((False, said))
    return found
