"""Products: kernels with epilogues and column sums."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.backends.opencl.device import devices
from chainrule.backends.opencl.device.devices import OpenCLDevice
from chainrule.backends.opencl.products import cpu, product, tuning
from chainrule.backends.opencl.products.cpu import Variant
from chainrule.backends.opencl.products.gpu import TILES, tiles
from chainrule.backends.opencl.products.problem import Problem
from chainrule.errors import DivergenceError
from chainrule.program import Program


@pytest.fixture(autouse=True)
def one_launch_each(monkeypatch):
    """Give each kernel a launch of its own, to count them."""
    module = "chainrule.backends.opencl.lowering.lower"
    monkeypatch.setattr(f"{module}.merge_small", lambda launches, *_: launches)


@pytest.fixture(params=["backend", "gpu"])
def device(request):
    """Return the backend, and one that takes its device for a GPU."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def processor(backend):
    """Return the backend if its device is a processor."""
    if not backend.session.runtime.device.is_cpu:
        pytest.skip("other forms are for GPUs")
    return backend


def computed(device, outputs, feeds):
    """Check what a device computes; return how many kernels it needs."""
    executable = device.compile(Program(outputs=outputs))
    for leaf, value in feeds.items():
        executable.put(leaf, value)
    executable.run()
    got = [executable.fetch(i) for i in range(len(outputs))]
    for result, expected in zip(got, cr.evaluate(outputs, feeds), strict=True):
        assert np.allclose(result, expected, rtol=1e-4, atol=1e-4)
    return len(re.findall("^kernel ", executable.source, re.MULTILINE))


def matrices(*shapes):
    """Return inputs of some shapes, and random values for them."""
    rng = np.random.default_rng(0)
    leaves = [cr.input(f"x{i}", shape) for i, shape in enumerate(shapes)]
    return leaves, {x: rng.standard_normal(x.shape).astype(np.float32) for x in leaves}


@pytest.mark.parametrize("shape", [(33, 21, 45), (5, 7, 1), (1, 3, 16), (40, 1, 70)])
def test_bias_and_activation_and_mask_are_in_the_epilogue(shape, device):
    m, k, n = shape
    (x, w, b), feeds = matrices((m, k), (k, n), (n,))
    z = x @ w + b
    y = ops.relu(z)
    assert computed(device, [y, ops.tanh(z), ops.to_float(z > 0)], feeds) == 1


@pytest.mark.parametrize("sides", ["nn", "nt", "tn", "tt"])
@pytest.mark.parametrize("shape", [(19, 35, 27), (64, 48, 32)], ids=str)
def test_all_transposes_times_a_mask(sides, shape, device):
    m, k, n = shape
    shapes = [
        (rows, columns) if side == "n" else (columns, rows)
        for side, (rows, columns) in zip(sides, [(m, k), (k, n)], strict=True)
    ]
    (x, w, mask), feeds = matrices(*shapes, (m, n))
    a, b = (
        ops.transpose(leaf) if side == "t" else leaf
        for side, leaf in zip(sides, (x, w), strict=True)
    )
    assert computed(device, [(a @ b) * mask], feeds) == 1


def test_the_product_is_stored_too_where_others_need_it(device):
    (x, w), feeds = matrices((30, 20), (20, 40))
    p = x @ w
    assert computed(device, [p, ops.exp(-p * p), ops.sum(p)], feeds) == 2


@pytest.mark.parametrize("activation", [ops.relu, ops.tanh, ops.sigmoid])
def test_the_derivative_of_an_activation_is_not_stored(activation, device):
    (x, w, v), feeds = matrices((30, 20), (20, 40), (40, 10))
    y = ops.sum(ops.tanh(activation(x @ w) @ v))
    program = Program(outputs=cr.grad(y, [w, v]))
    assert computed(device, program.outputs, feeds) > 1
    executable = device.compile(program)
    first = executable.launches[0].launch
    stored = [argument for argument in first.arguments if argument.slot.nbytes == 4800]
    assert len(stored) == 1


def test_more_simple_operands_than_a_kernel_computes(device):
    (x, w, v), feeds = matrices((30, 20), (20, 40), (40, 10))
    h = x @ w
    total = sum((h * float(i) + 1.0) * (h - float(i)) for i in range(40))
    assert computed(device, [total, h * 2.0, h @ v], feeds) > 2


@pytest.mark.parametrize("reader", [
    lambda z, s: ops.exp(z), lambda z, s: ops.stop_gradient(z) + 1.0,
    lambda z, s: ops.sum(z, 1), lambda z, s: ops.softmax(z),
    lambda z, s: ops.where(z > 0, z, -z), lambda z, s: ops.reshape(z, (40, 30)) * 2.0,
    lambda z, s: z * ops.sum(s), lambda z, s: ops.transpose(z) + 1.0,
])  # fmt: skip
def test_simple_operands_of_any_reader(reader, device):
    (x, w, v), feeds = matrices((30, 20), (20, 40), (40, 10))
    h = ops.relu(x @ w)
    y, z = h @ v, h * 0.5
    computed(device, [reader(z, y), y], feeds)
    computed(device, [reader(z, y), z, y], feeds)


def test_batches_of_products(device):
    (x, w, b), feeds = matrices((3, 2, 9, 5), (3, 1, 5, 18), (9, 1))
    assert computed(device, [ops.sigmoid(x @ w + b)], feeds) == 1


@pytest.mark.parametrize("shape", [(8, 5, 33), (40, 64, 10), (6, 70, 1)], ids=str)
def test_a_bias_gradient_is_summed_where_the_weights_gradient_is(shape, device):
    rows, m, n = shape
    (x, g), feeds = matrices((rows, m), (rows, n))
    count = computed(device, [ops.transpose(x) @ g, ops.sum(g, 0)], feeds)
    assert count == (1 if device.session.runtime.device.is_cpu else 2)


TILED = [tile for registers in cpu.TILES.values() for tile in registers]


@pytest.mark.parametrize("tile", TILED, ids=str)
@pytest.mark.parametrize("panels", [0, 1, 4])
def test_large_products_in_every_variant(tile, panels, processor, monkeypatch):
    variant = Variant(*tile, panels > 0, panels)
    monkeypatch.setattr(product, "choose", lambda *args: variant)
    (x, w, b), feeds = matrices((70, 300), (300, 150), (150,))
    assert computed(processor, [ops.relu(x @ w + b)], feeds) == 1
    assert computed(processor, [ops.transpose(w) @ ops.transpose(x)], feeds) == 1
    (y, z), feeds = matrices((3, 300, 70), (150, 300))
    turned = ops.transpose(y, (0, 2, 1)) @ ops.transpose(z)
    assert computed(processor, [turned], feeds) == 1


@pytest.mark.parametrize("shape", [(5, 40, 7), (40, 37, 90), (64, 64, 128)], ids=str)
def test_packed_products_in_double_precision(shape, processor, monkeypatch):
    monkeypatch.setattr(product, "choose", lambda *args: Variant(6, 2, True))
    m, k, n = shape
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((k, m)), rng.standard_normal((n, k))
    x, w = cr.input("x", a.shape), cr.input("w", b.shape)
    y = ops.transpose(x) @ ops.transpose(w)
    executable = processor.compile(Program(outputs=[y], dtype="float64"))
    executable.put(x, a)
    executable.put(w, b)
    executable.run()
    assert np.allclose(executable.fetch(0), a.T @ b.T, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("tile", TILES, ids=str)
@pytest.mark.parametrize(
    "shape",
    [(128, 64, 128), (132, 52, 260), (130, 51, 133), (5, 1, 9)],
    ids=str,
)
def test_products_in_every_tile_of_a_gpu(shape, tile, gpu, monkeypatch):
    m, k, n = shape
    monkeypatch.setattr(product, "choose", lambda *args: tile)
    (x, w, b, g), feeds = matrices((m, k), (k, n), (n,), (m, n))
    outputs = [ops.relu(x @ w + b), g @ ops.transpose(w), ops.transpose(x) @ g]
    assert computed(gpu, outputs, feeds) == 3


def test_products_on_a_gpu_that_has_no_room_for_tiles(gpu, monkeypatch):
    monkeypatch.setattr(product, "tiles", lambda device, problem: [])
    (x, w, b), feeds = matrices((33, 21), (21, 45), (45,))
    assert computed(gpu, [ops.relu(x @ w + b), ops.transpose(w) @ x.T], feeds) == 2


@pytest.mark.parametrize(
    ("side", "floats", "local", "tried"),
    [
        (32, "float", 48, [(32, 32)]),
        (200, "float", 48, [(32, 64), (32, 32)]),
        (1024, "float", 48, [(128, 128), (128, 64), (64, 64), (32, 64), (32, 32)]),
        (4096, "float", 48, [(128, 128), (128, 64)]),
        (1024, "double", 48, [(128, 128), (64, 64), (32, 32)]),
        (1024, "double", 16, []),
    ],
)
def test_tiles_give_a_gpu_enough_groups_and_not_too_many(side, floats, local, tried):
    device = SimpleNamespace(
        compute_units=100, largest_group=1024, local_memory=local << 10
    )
    problem = Problem(None, floats, None, None, (), side, side, side)
    found = [(tile.rows, tile.columns) for tile in tiles(device, problem)]
    assert found == tried


def test_single_elements_where_vectors_are_not_side_by_side(backend):
    (x, w, b), feeds = matrices((17, 12), (12, 20), (20, 17))
    assert computed(backend, [x @ w + ops.transpose(b)], feeds) == 1


def test_products_in_double_precision(device):
    if not device.chosen().float64:
        pytest.skip("the device has no float64")
    (x, w, b), feeds = matrices((21, 50), (50, 19), (19,))
    values = [np.float64(feeds[leaf]) for leaf in (x, w, b)]
    outputs = [ops.relu(x @ w + b), ops.transpose(w) @ ops.transpose(x)]
    executable = device.compile(Program(outputs=outputs, dtype="float64"))
    for leaf, value in zip((x, w, b), values, strict=True):
        executable.put(leaf, value)
    executable.run()
    a, c, d = values
    assert np.allclose(executable.fetch(0), np.maximum(a @ c + d, 0), rtol=1e-12)
    assert np.allclose(executable.fetch(1), (a @ c).T, rtol=1e-12)


def test_what_is_not_finite_is_named_though_products_finish_it(device):
    (x, w), _ = matrices((6, 5), (5, 4))
    product = (x @ w).named("the product")
    executable = device.compile(Program(outputs=[ops.relu(product)], checked=True))
    executable.put(x, np.full((6, 5), 3e38))
    executable.put(w, np.ones((5, 4)))
    with pytest.raises(DivergenceError, match=r"the product .* produced infinity"):
        executable.run()


@pytest.mark.parametrize("shape", [(40, 64, 300), (33, 20, 129), (7, 100, 50)], ids=str)
def test_several_panels_in_a_work_item(shape, processor, monkeypatch):
    m, k, n = shape
    (x, w, b), feeds = matrices((m, k), (k, n), (n,))
    (y,), more = matrices((k, m))
    feeds |= more
    monkeypatch.setattr(OpenCLDevice, "compute_units", 1)
    monkeypatch.setattr(cpu, "SMALL", 0)
    for tile in ((12, 2), (6, 4), (4, 3), (3, 1)):
        variant = Variant(*tile, True)
        monkeypatch.setattr(product, "choose", lambda *args, v=variant: v)
        assert computed(processor, [ops.relu(x @ w + b)], feeds) == 1
        assert computed(processor, [ops.relu(ops.transpose(y) @ w + b)], feeds) == 1


@pytest.mark.parametrize(
    ("native", "machine", "width", "registers"),
    [
        (16, "x86_64", 16, 32), (8, "AMD64", 8, 16), (4, "x86_64", 4, 16),
        (4, "aarch64", 4, 32), (1, "riscv64", 4, 32), (32, "aarch64", 16, 32),
    ],
)  # fmt: skip
def test_tiles_fill_the_registers_of_the_device(
    native, machine, width, registers, backend, monkeypatch
):
    handle = SimpleNamespace(native_vector_width_float=native, type=2)
    monkeypatch.setattr(OpenCLDevice, "is_cpu", True)
    monkeypatch.setattr(devices, "machine", lambda: machine)
    device = OpenCLDevice(0, handle)
    assert (device.width("float"), device.registers("float")) == (width, registers)
    for rows, vectors in cpu.TILES[registers]:
        assert rows * vectors + vectors + 1 <= registers


class Stale(dict):
    """Choices of another machine."""

    def get(self, key):
        return super().get(key, [1, 1, False])


def test_a_choice_made_for_other_registers_is_made_again(processor, monkeypatch):
    table = Stale()
    monkeypatch.setattr(tuning, "_table", lambda file: table)
    monkeypatch.setattr(tuning, "_save", lambda *args: None)
    monkeypatch.setattr(tuning, "_fastest", lambda runtime, tried: 1)
    (x, w), feeds = matrices((170, 170), (170, 170))
    assert computed(processor, [x @ w], feeds) == 1
    (chosen,) = table.values()
    registers = processor.session.runtime.device.registers("float")
    assert tuple(chosen[:2]) == cpu.TILES[registers][1]


def test_a_stored_choice_among_other_forms_is_replaced(
    processor, monkeypatch, tmp_path
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    file = tuning._file(processor.session.runtime.device)
    tuning.write_table(file, {"128x128x256 nn float": [13, 2, True], "other": [1]})
    (x, w), feeds = matrices((150, 190), (190, 150))
    assert computed(processor, [x @ w], feeds) == 1
    table = tuning.read_table(file)
    assert table["other"] == [1]
    assert len(table) == 2
    assert len(table["128x128x256 nn float"]) == 4
