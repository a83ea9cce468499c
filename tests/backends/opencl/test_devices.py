"""Choosing a device, and the messages where there is none."""

import mmap
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

import chainrule as cr
from chainrule.backends.opencl.device import devices as module
from chainrule.errors import BackendError
from chainrule.execution import open_backend


class Fake:
    """A device as pyopencl shows it."""

    def __init__(self, name, kind, version="OpenCL 3.0 x"):
        self.name, self.version = name, version
        self.type = {"cpu": 2, "gpu": 4}[kind]
        self.platform = SimpleNamespace(name="P", version="1", vendor="ACME")


@pytest.fixture
def devices(monkeypatch):
    pytest.importorskip("pyopencl")
    monkeypatch.delenv("PYOPENCL_CTX", raising=False)
    found = [Fake("Slow processor", "cpu"), Fake("Fast GPU", "gpu")]
    monkeypatch.setattr(
        module,
        "find_devices",
        lambda: [module.OpenCLDevice(i, handle) for i, handle in enumerate(found)],
    )
    return found


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        ("", 1),
        ("0", 0),
        ("1", 1),
        (" 1", 1),
        ("slow", 0),
        ("fast GPU", 1),
        ("acme", 0),
        ("gpu", 1),
        ("CPU", 0),
    ],
)
def test_a_device_is_chosen_by_number_name_or_vendor(devices, wanted, number):
    assert module.choose(wanted).number == number


@pytest.mark.parametrize("wanted", ["2", "-1", "NVIDIA"])
def test_a_missing_device_is_named_with_the_available_ones(devices, wanted):
    with pytest.raises(
        BackendError, match=rf"no OpenCL device '{wanted}'.*1: Fast GPU"
    ):
        module.choose(wanted)


def test_a_driver_that_is_too_old_is_refused(devices):
    devices[1].version = "OpenCL 1.1 x"
    with pytest.raises(
        BackendError, match=r"supports OpenCL 1.1, and 1.2 or later is needed"
    ):
        module.choose("")


def test_no_device_comes_with_the_command_that_installs_a_driver(devices):
    devices.clear()
    with pytest.raises(BackendError, match=r"pip install 'pyopencl\[pocl\]'"):
        module.choose("")
    assert not module.diagnose()[0][0]


def test_a_mistake_in_pyopencl_ctx_is_named(backend, monkeypatch):
    monkeypatch.setenv("PYOPENCL_CTX", "no such platform")
    with pytest.raises(BackendError, match="PYOPENCL_CTX='no such platform'"):
        module.choose("")


def test_pyopencl_ctx_chooses(backend, monkeypatch):
    monkeypatch.setenv("PYOPENCL_CTX", "0:0")
    assert module.choose("").number == 0


def test_devices_are_listed(backend):
    listed = backend.devices()
    assert listed
    assert all(d.name and d.kind and d.memory for d in listed)
    assert all(found for found, _ in backend.diagnose())
    assert open_backend("opencl:0").chosen() == listed[0]


def test_a_missing_device_stops_a_training_run_before_it_begins(backend):
    began = []

    class Watch(cr.Callback):
        def begin(self, run):
            began.append(run)

    model = cr.Sequential([cr.layers.Dense(1)], input_shape=1)
    with pytest.raises(BackendError, match=r"^no OpenCL device '99': write"):
        model.fit(
            [[1.0]], [[1.0]], loss="mse", callbacks=[Watch()], backend="opencl:99"
        )
    assert not began


def test_a_kernel_that_does_not_build_shows_source_and_log(backend):
    runtime = backend.session.runtime
    with pytest.raises(BackendError, match=r"cannot build[\s\S]*nonsense"):
        runtime.build("kernel void k(global float *a) { nonsense; }")


def test_float64_on_a_device_without_it(devices):
    devices[0].double_fp_config = 0
    device = module.OpenCLDevice(0, devices[0])
    said = r"this program is float64, which Slow processor .* cannot compute: use float"
    with pytest.raises(BackendError, match=said):
        device.require_float64("this program")


def flags_of(address):
    """Return what Linux has noted of the memory that an address lies in."""
    inside = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if area := re.match("([0-9a-f]+)-([0-9a-f]+) ", line):
            low, high = (int(end, 16) for end in area.groups())
            inside = low <= address < high
        elif inside and line.startswith("VmFlags:"):
            return line.split()[1:]
    raise AssertionError(f"no memory at {address:x}")


def test_much_memory_prefers_large_pages(backend):
    runtime = backend.session.runtime
    if not runtime.device.shares_memory or not hasattr(mmap, "MADV_HUGEPAGE"):
        pytest.skip("pages are for memory that host and device share, on Linux")
    large = runtime.allocate(1 << 23, "a test")
    middle = large.bytes(1 << 22, 1).ctypes.data
    assert "hg" in flags_of(middle)


def test_memory_is_freed_when_the_device_is_done_with_it(backend):
    """PoCL 3.0 would free other memory if it was asked to do so later."""
    runtime = backend.session.runtime
    if not runtime.device.shares_memory:
        pytest.skip("it is about memory that host and device share")
    import pyopencl as cl

    slow = """kernel void slow(global float *x) {
        for (long i = 0; i < 20000000; i++) x[0] = x[0] * 0.5f + 1;
    }"""
    kernel = cl.Kernel(runtime.build(slow), "slow")
    before = runtime.use.nbytes
    memory = runtime.allocate(1 << 12, "a test")
    kernel.set_arg(0, memory)
    event = cl.enqueue_nd_range_kernel(runtime.queue, kernel, (1,), None)
    runtime.queue.flush()
    assert event.command_execution_status != cl.command_execution_status.COMPLETE
    del memory
    assert event.command_execution_status == cl.command_execution_status.COMPLETE
    assert runtime.use.nbytes == before
