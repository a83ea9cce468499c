"""Devices: which there are, which one is meant, and what to do if there is none."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from chainrule.errors import BackendError
from chainrule.kinds.backend import Device

REMEDY = (
    "Install a driver for your device, or a driver for the processor: "
    "pip install 'pyopencl[pocl]' (any Linux on x86-64), or on Debian and Ubuntu "
    "apt-get install pocl-opencl-icd"
)


@dataclass(frozen=True)
class Found:
    """A device and the name by which it can be chosen."""

    number: int
    handle: Any

    @property
    def name(self) -> str:
        """Its own name, and whose driver it is used through."""
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
    def described(self) -> Device:
        """The device as `chainrule devices` lists it."""
        return Device(
            name=self.name,
            kind=self.kind,
            memory=int(self.handle.global_mem_size),
            float64=bool(self.handle.double_fp_config),
        )


def find_devices() -> list[Found]:
    """List the devices of all platforms, in the order of their numbers.

    Raises:
        BackendError: pyopencl is not there, or no driver is.
    """
    try:
        import pyopencl as cl
    except ImportError as error:
        raise BackendError(
            f"the OpenCL backend needs pyopencl ({error}): pip install pyopencl"
        ) from error
    try:
        platforms = cl.get_platforms()
    except cl.Error as error:
        raise BackendError(f"there is no OpenCL driver here. {REMEDY}") from error
    handles = []
    for platform in platforms:
        try:
            handles += platform.get_devices()
        except cl.Error:  # a driver without a device of its kind
            continue
    return [Found(number, handle) for number, handle in enumerate(handles)]


def choose(wanted: str) -> Found:
    """Return the device that was asked for.

    ``""`` is what ``PYOPENCL_CTX`` says, or the first GPU, or the first device; a
    number counts devices; anything else is a part of the device's name, platform,
    vendor or kind.

    Raises:
        BackendError: there is no such device, or its driver is older than OpenCL 1.2.
    """
    devices = find_devices()
    if not devices:
        raise BackendError(f"OpenCL is here, but no device. {REMEDY}")
    found = _chosen(wanted.strip(), devices)
    version = found.handle.version.split()[1]
    if tuple(int(part) for part in version.split(".")) < (1, 2):
        raise BackendError(
            f"{found.name} speaks OpenCL {version}; 1.2 is needed: update its driver"
        )
    return found


def _chosen(wanted: str, devices: list[Found]) -> Found:
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
    raise BackendError(
        f"no OpenCL device {wanted!r}: write a number or a part of a name, such as "
        f"opencl:0. There {_listed(devices)}"
    )


def _listed(devices: list[Found]) -> str:
    listed = "; ".join(f"{d.number}: {d.name}" for d in devices)
    return f"is {listed}" if len(devices) == 1 else f"are {listed}"


def _from_environment(devices: list[Found]) -> Found:
    """Choose as pyopencl does: ``PYOPENCL_CTX`` is ``platform:device`` or a name."""
    import pyopencl as cl

    text = os.environ["PYOPENCL_CTX"]
    try:
        context = cl.create_some_context(interactive=False)
    except (cl.Error, RuntimeError, ValueError, IndexError) as error:
        raise BackendError(
            f"PYOPENCL_CTX={text!r} names no device: {error}; unset it, or write "
            "platform:device, such as 0:0"
        ) from error
    return next(d for d in devices if d.handle == context.devices[0])


def diagnose() -> list[tuple[bool, str]]:
    """Say for each thing that OpenCL needs whether it is there, and what brings it."""
    try:
        devices = find_devices()
    except BackendError as error:
        return [(False, str(error))]
    if not devices:
        return [(False, f"OpenCL is here, but no device. {REMEDY}")]
    found = [(True, f"opencl:{d.number} is {d.name}") for d in devices]
    try:
        chosen = choose("")
    except BackendError as error:
        return [*found, (False, str(error))]
    return [*found, (True, f"opencl chooses opencl:{chosen.number}")]
