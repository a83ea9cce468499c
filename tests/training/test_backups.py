"""Backups: values to return to, in memory that is used again and given back."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Sequence
from typing import cast

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import BackendError
from chainrule.kinds.backend import Backend
from chainrule.kinds.callback import Run
from chainrule.node import Parameter
from chainrule.training.state import Backup, put_back

ROWS = 23
WIDE = np.ones((ROWS, 1000), np.float32)
NUMBERS = np.random.default_rng(5).normal(size=(ROWS, 3)).astype(np.float32)


class Peak(cr.Callback):
    """Measures the most memory that the third epoch takes beside what is held."""

    def epoch_begin(self, run: Run) -> None:
        if run.epoch == 3:
            tracemalloc.start()

    def epoch_end(self, run: Run) -> None:
        if run.epoch == 3:
            self.nbytes = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()


@pytest.mark.parametrize("stops", [False, True])
def test_an_epoch_takes_no_new_memory_for_parameters_to_return_to(stops: bool) -> None:
    model, peak = cr.Sequential([cr.layers.Dense(100), cr.layers.Dense(3)]), Peak()
    stop = cr.regularizers.EarlyStopping(patience=9, monitor="loss")
    history = model.fit(
        WIDE, NUMBERS, loss="mse", optimizer=cr.optimizers.SGD(lr=1e-5), epochs=3,
        batch_size=ROWS, callbacks=[peak], regularizers=[stop] * stops,
    )  # fmt: skip
    assert history["loss"] == sorted(history["loss"], reverse=True)  # each is the best
    assert peak.nbytes < model.parameters["dense_1/kernel"].value.nbytes / 4


def test_a_run_leaves_no_backup_behind() -> None:
    model = cr.Sequential([cr.layers.Dense(100), cr.layers.Dense(3)])
    stop = cr.regularizers.EarlyStopping(patience=9, monitor="loss")

    def fit() -> None:
        model.fit(WIDE, NUMBERS, loss="mse", batch_size=ROWS, regularizers=[stop])

    fit()
    gc.collect()
    gc.disable()  # what refers to itself stays
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(3):
            fit()
        kept = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
        gc.enable()
    assert kept < model.parameters["dense_1/kernel"].value.nbytes


def test_a_backup_keeps_values_whatever_memory_it_has() -> None:
    w = cr.parameter("w", np.ones((2, 3), np.float32))
    backup = Backup([w])
    w.value = np.full((3, 2), 1 / 3).T  # of another dtype, and not contiguous
    backup.take([w])
    w.value[...] = 0
    backup.restore()
    np.testing.assert_array_equal(w.value, np.full((2, 3), 1 / 3))
    backup.take([])
    w.value[...] = 0
    backup.restore()
    assert not w.value.any()


class Late:
    """Stands for a backend that writes to the host until it is waited for."""

    def __init__(self, parameter: Parameter, *, fails: bool) -> None:
        self.parameter, self.fails, self.pulled, self.pushed = parameter, fails, 0, 0

    def pull(self, parameters: Sequence[Parameter]) -> None:
        if not self.pulled:
            self.parameter.value[...] = -1
        self.pulled += 1
        if self.fails:
            raise BackendError("it is gone")

    def push(self, parameters: Sequence[Parameter]) -> None:
        self.pushed += 1
        assert self.parameter.value.tolist() == [1, 2]


@pytest.mark.parametrize("fails", [False, True])
def test_values_are_put_back_when_nothing_writes_to_them_any_more(fails: bool) -> None:
    w = cr.parameter("w", np.array([1, 2], np.float32))
    backup, backend = Backup([w]), Late(w, fails=fails)
    w.value[...] = 5
    put_back(backup, [w], cast("Backend", backend))
    assert w.value.tolist() == [1, 2]
    assert (backend.pulled, backend.pushed) == (2, 1)
