"""Rows: products read those of a batch in the host's own array."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops
from chainrule.backends.opencl import OpenCLBackend
from chainrule.backends.opencl.device import rows_feed
from chainrule.backends.opencl.device.devices import OpenCLDevice
from chainrule.backends.opencl.device.rows_feed import RowsFeed
from chainrule.backends.opencl.lowering import leaves
from chainrule.backends.opencl.products import cpu
from chainrule.program import Program
from tests.backends.opencl.test_many_steps import CASES, Steps, fit, same


@pytest.fixture
def own(backend: Any, monkeypatch: pytest.MonkeyPatch) -> OpenCLBackend:
    """Return a backend that reads rows in place, however small they are."""
    if not backend.session.runtime.device.works_in_place:
        pytest.skip("rows are read in place where kernels work in the host's arrays")
    monkeypatch.setattr(leaves, "LARGE", 0)
    return OpenCLBackend(backend.device)


def by_rows(model: cr.Model) -> int:
    """Return how many inputs of a model's training step are read by rows."""
    feeds = model.program._compiled.feeds  # type: ignore[union-attr]
    return len(feeds.by_rows)


@pytest.mark.parametrize("case", CASES)
def test_rows_that_are_read_in_place_give_the_same_bytes(
    case: str, own: OpenCLBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, options = CASES[case]
    once, single, copied = make(), make(), make()
    history = fit(once, own, **options)
    assert by_rows(once) == 1
    fit(single, own, callbacks=[Steps()], **options)
    monkeypatch.setattr(leaves, "LARGE", 1 << 30)
    expected = fit(copied, OpenCLBackend(own.device), **options)
    assert by_rows(copied) == 0
    same(once, copied)
    same(single, copied)
    assert {**history} == {**expected}


def wide(rows: int = 600) -> tuple[Any, Any]:
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, 300)).astype(np.float32)
    return x, random.normal(size=(rows, 2)).astype(np.float32)


def trained(
    backend: Any, x: Any, y: Any, units: int = 280, epochs: int = 2
) -> cr.Model:
    model = cr.Sequential(
        [cr.layers.Dense(units, activation="tanh"), cr.layers.Dense(2)]
    )
    fit(model, backend, x=x, y=y, batch_size=250, epochs=epochs, verbose=0)
    return model


@pytest.mark.parametrize("pack", [False, True])
@pytest.mark.parametrize("units", [280, 7])
def test_products_of_any_size_read_rows(
    pack: bool, units: int, own: OpenCLBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    if pack:  # copy both operands
        monkeypatch.setattr(cpu, "LARGE", 0)
        monkeypatch.setattr(cpu, "STREAMS", 0)
        monkeypatch.setattr(cpu, "PANELS", (8,))
        monkeypatch.setattr(
            "chainrule.backends.opencl.products.tuning._table", lambda file: {}
        )
    x, y = wide()
    model, expected = trained(own, x, y, units), trained("numpy", x, y, units)
    assert by_rows(model) == 1
    pairs = zip(model.session.changing, expected.session.changing, strict=True)
    for got, wanted in pairs:
        np.testing.assert_allclose(got.value, wanted.value, rtol=1e-3, atol=1e-4)


def test_what_cannot_be_read_in_place_is_copied(
    own: OpenCLBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For as many runs as are worth it."""
    x, w = cr.input("x", (4, 6)), cr.parameter("w", np.ones((6, 3), np.float32))
    phases = [[(w, ops.transpose(x) @ (x @ w) * 0.01)]]
    executable: Any = own.compile(Program(phases=phases, training=True))
    feed = executable._compiled.feeds.inputs[x]
    assert isinstance(feed, RowsFeed)
    values = np.random.default_rng(0).normal(size=(50, 6))
    single = values.astype(np.float32)
    batches = np.random.default_rng(1).integers(0, 50, (9, 4))
    monkeypatch.setattr(rows_feed, "COPIED_AT_ONCE", 3 * feed.data.nbytes)
    assert feed.most_runs(values) == feed.most_runs(np.asfortranarray(single)) == 3
    assert feed.most_runs(single) > 100
    expected = np.ones((6, 3))
    for some in (values, np.asfortranarray(single), single):
        done = 0
        while done < len(batches):
            done += executable.run_batches(
                [(x, some)], batches[done:], seed=0, step=done + 1, rate=lambda n: 0.1
            )
        for batch in batches:
            rows = single[batch].astype(np.float64)
            expected = rows.T @ (rows @ expected) * 0.01
    own.pull([w])
    np.testing.assert_allclose(w.value, expected, rtol=1e-3)
    executable.put(x, single, batches[4])
    np.testing.assert_array_equal(feed.read(), single[batches[4]])
    executable.put(x, single, np.array([-7, 3, 99, 49]))  # as elsewhere, nothing else
    np.testing.assert_array_equal(feed.read(), single[[0, 3, 49, 49]])
    executable.put(x, values[:4])
    np.testing.assert_array_equal(feed.read(), single[:4])


def test_data_that_change_between_runs_are_read_again(own: OpenCLBackend) -> None:
    x, y = wide()
    model, other = trained(own, x, y), trained(own, x, y)
    x *= 0.5
    fit(model, own, x=x, y=y, batch_size=250)
    fit(other, own, x=x.copy(), y=y, batch_size=250)
    same(model, other)


def test_batches_that_are_not_run_leave_those_that_are(own: OpenCLBackend) -> None:
    x, w = cr.input("x", (500, 6)), cr.parameter("w", np.ones((6, 3), np.float32))
    phases = [[(w, ops.tanh(ops.transpose(x) @ (x @ w)))]]
    executable: Any = own.compile(Program(phases=phases, training=True))
    feed = executable._compiled.feeds.inputs[x]
    executable.put(x, np.zeros((500, 6)))
    used = feed._source_of
    executable.run()
    for i in range(1, 20):
        executable.put(x, np.full((500, 6), i))
    assert not used.any()
    assert (feed.read() == 19).all()


def slow(own: OpenCLBackend) -> tuple[Any, Any]:
    """Return a step whose kernels take a tenth of a second, and its input."""
    x, w = cr.input("x", (4000, 200)), cr.parameter("w", np.eye(200, dtype="f4"))
    phases = [[(w, ops.tanh(ops.transpose(x) @ (x @ w)))]] * 30
    return own.compile(Program(phases=phases, training=True)), x


def test_data_outlive_the_kernels_that_read_them(own: OpenCLBackend) -> None:
    executable, x = slow(own)
    values, batches = np.ones((9000, 200), np.float32), np.zeros((8, 4000), int)
    gone = weakref.ref(values)
    executable.run_batches([(x, values)], batches, seed=0, step=1, rate=lambda n: 0.1)
    executable.run_batches([(x, values)], batches, seed=0, step=2, rate=lambda n: 0.1)
    last = own.session.runtime._last
    assert last.command_execution_status != 0
    del values
    assert gone() is not None
    del executable
    gc.collect()
    assert gone() is None
    assert last.command_execution_status == 0


def test_data_are_let_go_after_an_epoch(own: OpenCLBackend) -> None:
    x, y = wide()
    model = trained(own, x, y)
    assert by_rows(model) == 1
    gone = weakref.ref(x)
    del x
    gc.collect()
    assert gone() is None
    program: Any = model.program
    program.run()  # with the last batch
    assert np.isfinite(program.take_totals()).all()


def test_data_may_change_between_steps_that_are_seen(own: OpenCLBackend) -> None:
    class Change(cr.Callback):
        def step_end(self, run: Any) -> None:
            x[...] *= 0.9

    models = []
    for backend in (own, "numpy"):
        x, y = wide()
        model = cr.Sequential(
            [cr.layers.Dense(9, activation="tanh"), cr.layers.Dense(2)]
        )
        fit(model, backend, x=x, y=y, batch_size=100, callbacks=[Change()])
        models.append(model)
    once, expected = models
    pairs = zip(once.session.changing, expected.session.changing, strict=True)
    for got, wanted in pairs:
        np.testing.assert_allclose(got.value, wanted.value, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("shape", [(70, 1), (1, 70)])
def test_one_column_or_one_row(shape: tuple[int, int], own: OpenCLBackend) -> None:
    rows, columns = shape
    x = np.random.default_rng(0).normal(size=(210, columns)).astype(np.float32)
    models = []
    for backend in (own, "numpy"):
        model = cr.Sequential(
            [cr.layers.Dense(5, activation="tanh"), cr.layers.Dense(2)]
        )
        fit(model, backend, x=x, y=np.tile(x[:, :1], (1, 2)), batch_size=rows, epochs=2)
        models.append(model)
    once, expected = models
    pairs = zip(once.session.changing, expected.session.changing, strict=True)
    for got, wanted in pairs:
        np.testing.assert_allclose(got.value, wanted.value, rtol=1e-3, atol=1e-4)


def test_a_step_that_is_compiled_again_before_it_has_values(own: OpenCLBackend) -> None:
    executable, x = slow(own)
    (w,) = {target for phase in executable.program.phases for target, _ in phase}
    w.value = np.zeros((200, 200), np.float32)
    values, batches = np.ones((9000, 200), np.float32), np.zeros((8, 4000), int)
    executable.run_batches([(x, values)], batches, seed=0, step=1, rate=lambda n: 0.1)
    own.pull([w])
    assert not w.value.any()


def test_data_that_no_buffer_can_hold_are_copied(
    own: OpenCLBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = wide()
    expected = trained(own, x, y)
    most = x.nbytes
    monkeypatch.setattr(OpenCLDevice, "largest_buffer", most)
    model = trained(OpenCLBackend(own.device), x, y)
    feed = model.program._compiled.feeds.by_rows[0]  # type: ignore[union-attr]
    assert feed.most_runs(x) < 100
    same(model, expected)


@pytest.mark.parametrize(
    "read",
    [
        lambda x, w: ops.transpose(x) @ (x @ w) + ops.sum(x),
        lambda x, w: ops.transpose(x) @ (ops.relu(x) @ w),
        lambda x, w: ops.transpose(x[:2]) @ (x[:2] @ w),
    ],
)
def test_what_is_read_otherwise_is_copied(read: Any, own: OpenCLBackend) -> None:
    x, w = cr.input("x", (4, 6)), cr.parameter("w", np.ones((6, 3), np.float32))
    executable: Any = own.compile(Program(phases=[[(w, read(x, w))]], training=True))
    assert not executable._compiled.feeds.by_rows


def test_devices_with_memory_of_their_own_are_sent_rows(
    own: OpenCLBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OpenCLDevice, "works_in_place", False)
    make, options = CASES["adam"]
    model, expected = make(), make()
    fit(model, OpenCLBackend(own.device), **options)
    assert by_rows(model) == 0
    fit(expected, "numpy", **options)
    pairs = zip(model.session.changing, expected.session.changing, strict=True)
    for got, wanted in pairs:
        np.testing.assert_allclose(got.value, wanted.value, rtol=1e-3, atol=1e-4)
