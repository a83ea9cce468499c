"""Caches: what they hold is bounded in bytes, and released when it is dropped."""

from __future__ import annotations

import functools
import gc
import importlib
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import BackendError
from chainrule.execution import open_backend
from chainrule.execution.cache import Cache
from chainrule.program import Program
from chainrule.program.sizes import NODE_BYTES

MIB = 1 << 20


@dataclass
class Weight:
    nbytes: int


def test_the_least_recently_used_is_dropped() -> None:
    cache: Cache[Weight] = Cache(limit=9, nbytes=10)
    for key in "abc":
        cache.get(key, lambda: Weight(3))
    cache.get("a", lambda: pytest.fail("it is there"))
    cache.get("d", lambda: Weight(4))
    assert cache.nbytes == 10
    made: list[str] = []

    def make(key: str) -> Weight:
        made.append(key)
        return Weight(3)

    for key in "bacd":
        cache.get(key, functools.partial(make, key))
    assert made[0] == "b"
    assert cache.nbytes <= 10


def test_it_is_bounded_in_number_too() -> None:
    cache: Cache[Weight] = Cache(limit=2, nbytes=100)
    for key in range(5):
        cache.get(key, lambda: Weight(1))
    assert (len(cache), cache.nbytes) == (2, 2)
    cache.clear()
    assert (len(cache), cache.nbytes) == (0, 0)


def test_those_in_turn_stay_however_large_they_are() -> None:
    cache: Cache[Weight] = Cache(limit=9, nbytes=10, stay=3)
    for key in range(5):
        cache.get(key, lambda: Weight(100))
    for key in (2, 3, 4):
        cache.get(key, lambda: pytest.fail("it is there"))
    assert (len(cache), cache.nbytes) == (3, 300)


# -- what a program weighs -------------------------------------------------------------


@pytest.fixture(params=["numpy", "opencl"])
def backend(request: pytest.FixtureRequest) -> Any:
    opened = open_backend(request.param)
    try:
        opened.number()
    except BackendError as error:
        pytest.skip(str(error))
    return opened


def large(number: int, rows: int) -> tuple[cr.Input, cr.Node]:
    x = cr.input("x", (None, 256))
    return x, cr.ops.sum(cr.ops.exp(x @ cr.constant(np.eye(256)) * (0.5 + number)), 1)


def test_a_program_knows_its_bytes(backend: Any) -> None:
    for rows in (64, 1024):
        x, y = large(0, rows)
        executable = backend.compile(Program([y], shapes={x: (rows, 256)}))
        inputs, constant = rows * 256 * 4, 256 * 256 * 8
        exact = inputs + executable.peak_memory + constant
        assert exact <= executable.nbytes <= 5 * exact + MIB // 4


def test_parameters_do_not_count(backend: Any) -> None:
    w = cr.parameter("w", np.zeros((1024, 1024), np.float32))
    executable = backend.compile(Program([cr.ops.sum(w[0])]))
    assert executable.nbytes < MIB


def test_what_a_node_weighs() -> None:
    y: cr.Node = cr.input("x", ())
    for _ in range(1000):
        y = cr.ops.tanh(y)
    assert Program([y]).nbytes == 1001 * NODE_BYTES


# -- filling them ----------------------------------------------------------------------


@pytest.fixture
def small_cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cache[Any]]:
    cache: Cache[Any] = Cache(limit=32, nbytes=16 * MIB)
    module = importlib.import_module("chainrule.execution.evaluate")
    monkeypatch.setattr(module, "_compiled", cache)
    yield cache
    cache.clear()


def used(backend: Any) -> int:
    nbytes: int = backend.session.runtime.use.nbytes
    return nbytes


def test_evaluating_beyond_the_bound(backend: Any, small_cache: Cache[Any]) -> None:
    rows = 2048
    fed = np.random.default_rng(0).standard_normal((rows, 256)).astype(np.float32) / 4
    programs: list[weakref.ref[Any]] = []
    gc.collect()
    before = used(backend) if backend.type_name == "opencl" else 0
    gc.disable()  # what is dropped goes at once
    try:
        for number in range(12):
            x, y = large(number, rows)
            (value,) = cr.evaluate([y], {x: fed}, backend=backend)
            expected = np.exp(fed.astype("f8") * (0.5 + number)).sum(1)
            np.testing.assert_allclose(value, expected, rtol=1e-5)
            (newest, _) = list(small_cache._values.values())[-1]
            programs.append(weakref.ref(newest.executable))
            del newest
            assert small_cache.nbytes <= 16 * MIB
            if backend.type_name == "opencl":
                assert used(backend) - before <= 16 * MIB
    finally:
        gc.enable()
    living = [program for program in programs if program() is not None]
    assert living == programs[-len(living) :]
    assert 1 <= len(living) == len(small_cache) < 8


def test_parameters_that_only_a_cache_holds(
    backend: Any, small_cache: Cache[Any]
) -> None:
    for number in range(8):
        w = cr.parameter("w", np.full((1024, 1024), number, np.float32))  # 4 MiB
        (value,) = cr.evaluate([cr.ops.sum(w[0])], backend=backend)
        assert value == 1024 * number
    assert len(small_cache) == 3


def test_a_model_beyond_the_bound(
    backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = cr.Sequential([cr.layers.Dense(64, activation="tanh")], input_shape=256)
    session = model.session
    monkeypatch.setattr(session, "_programs", Cache(limit=32, nbytes=2 * MIB, stay=4))
    x = np.random.default_rng(0).standard_normal((600, 256)).astype(np.float32)
    expected = model.predict(x)
    for size in range(400, 600, 20):
        predicted = model.predict(x[:size], batch_size=size, backend=backend)
        np.testing.assert_allclose(predicted, expected[:size], rtol=1e-4, atol=1e-6)
    assert len(session._programs) == 4


def test_a_run_compiles_nothing_twice(
    backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = cr.Sequential([cr.layers.Dense(3)], input_shape=4)
    monkeypatch.setattr(model.session, "_programs", Cache(limit=32, nbytes=1, stay=4))
    compiled: list[Program] = []
    usual = type(backend).compile

    def counting(self: Any, program: Program) -> Any:
        compiled.append(program)
        return usual(self, program)

    monkeypatch.setattr(type(backend), "compile", counting)
    x, y = np.zeros((50, 4), np.float32), np.zeros((50, 3), np.float32)
    data = x[:41], y[:41]
    model.fit(
        x, y, loss="mse", epochs=3, batch_size=32, validation=data, backend=backend,
        callbacks=[],
    )  # fmt: skip
    assert len(compiled) == 3  # whole batches, the last one, validation
