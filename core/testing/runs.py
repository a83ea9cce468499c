"""Check what acts in a training run: schedules, metrics, callbacks, regularizers."""

from __future__ import annotations

import contextlib
import io
import tempfile
from typing import Any

import numpy as np
import numpy.typing as npt

from chainrule.dtypes import dtype_of
from chainrule.errors import ChainRuleError, ConformanceError
from chainrule.execution import evaluate
from chainrule.kinds.callback import Callback
from chainrule.kinds.metric import Metric
from chainrule.kinds.schedule import Schedule
from chainrule.model.sequential import Sequential
from chainrule.node import Input
from chainrule.registry import registry
from chainrule.testing.components import check_component
from chainrule.testing.conforming import conforming
from chainrule.testing.values import Array

ROWS, COLUMNS, STEPS, EPOCHS = 8, 2, 4, 3


def train(**options: Any) -> Any:
    """Train a tiny network with a component for some epochs; return its history.

    Raises:
        ConformanceError: the run fails; says with what.
    """
    random = np.random.default_rng(0)
    x = random.standard_normal((ROWS, 3)).astype(np.float32)
    y = random.uniform(0, 1, (ROWS, COLUMNS)).astype(np.float32)
    dense = registry.find("layers", "dense").target
    model = Sequential(
        [dense(3, activation="tanh"), dense(COLUMNS, activation="sigmoid")]
    )
    given = {"loss": "mse", "epochs": EPOCHS, "batch_size": ROWS // STEPS, **options}
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            contextlib.chdir(folder),  # where a callback may write
            contextlib.redirect_stdout(io.StringIO()),
        ):
            return model.fit(x, y, validation=(x, y), **given)
    except Exception as error:
        notes = "; ".join(getattr(error, "__notes__", ()))
        raise ConformanceError(
            f"a training run with it fails: {type(error).__name__}: {error}"
            f"{f' ({notes})' if notes else ''}"
        ) from error


@conforming
def check_schedule(schedule: Schedule, lr: float = 0.1) -> None:
    """Check a schedule: finite rates, the same ones for the same step; a training run.

    Raises:
        ConformanceError: the schedule breaks its contract; says how.
    """
    check_component(schedule)
    steps = range(1, EPOCHS * STEPS + 1)
    first = [schedule.checked_rate(lr, step, STEPS) for step in steps]
    again = [schedule.checked_rate(lr, step, STEPS) for step in reversed(steps)]
    if first != again[::-1]:
        raise ConformanceError(
            "the rate of a step must depend on nothing but the step: a training run "
            "that is resumed asks for the later ones alone"
        )
    if min(first) < 0:
        raise ConformanceError(f"a rate must be ≥ 0, got {min(first)}")
    train(schedule=schedule)


@conforming
def check_metric(
    metric: Metric,
    target: npt.ArrayLike | None = None,
    prediction: npt.ArrayLike | None = None,
) -> None:
    """Check a metric: the same number however the data are divided into batches.

    Args:
        metric: the metric.
        target: targets that it takes; None for numbers, classes or truth values,
            whichever it takes.
        prediction: predictions that fit them.

    Raises:
        ConformanceError: the metric breaks its contract; says how.
    """
    check_component(metric)
    if target is None or prediction is None:
        target, prediction = _data_for(metric)
    t, p = np.asarray(target), np.asarray(prediction)
    whole = _measured(metric, t, p, [len(p)])
    parts = _measured(metric, t, p, [3, 1, len(p) - 4])
    if not np.allclose(whole, parts, rtol=1e-9, atol=1e-12, equal_nan=True):
        raise ConformanceError(
            f"over {len(p)} rows it is {whole}, over the same rows in three batches "
            f"{parts}: totals must return sums over the batch, not means"
        )
    if metric.is_number and t.shape == p.shape and p.shape[-1] == COLUMNS:
        train(metrics=[metric])


def _data_for(metric: Metric) -> tuple[Array, Array]:
    """Return data that a metric takes.

    Raises:
        ConformanceError: it takes none of those that are tried.
    """
    random = np.random.default_rng(0)
    prediction = random.uniform(0.05, 0.95, (ROWS, COLUMNS))
    wide = random.uniform(0.05, 0.95, (ROWS, 6))
    candidates = (
        (random.integers(0, 2, prediction.shape).astype(np.float64), prediction),
        (random.integers(0, 6, ROWS), wide),
        (random.integers(0, 2, (ROWS, 1)).astype(np.float64), prediction[:, :1]),
    )
    refusals = []
    for target, values in candidates:
        try:
            _measured(metric, target, values, [ROWS])
        except ChainRuleError as error:
            refusals.append(str(error))
        else:
            return target, values
    raise ConformanceError(
        f"give the check targets and predictions, for it takes neither numbers nor "
        f"classes: {'; '.join(refusals)}"
    )


def _measured(
    metric: Metric, target: Array, prediction: Array, sizes: list[int]
) -> Any:
    sums: list[Any] = []
    begin = 0
    for size in sizes:
        rows = slice(begin, begin + size)
        t = Input("t", (None, *target.shape[1:]), dtype_of(target))
        p = Input("p", (None, *prediction.shape[1:]))
        totals = metric.totals(t, p)
        if not isinstance(totals, tuple):
            raise ConformanceError(f"totals must return a tuple, got {totals!r}")
        feeds = {t: target[rows], p: prediction[rows]}
        got = evaluate(list(totals), feeds, dtype="float64")
        sums = [a + b for a, b in zip(sums, got, strict=True)] if sums else got
        begin += size
    return metric.result(*(float(s) if np.ndim(s) == 0 else s for s in sums))


@conforming
def check_callback(callback: Callback) -> None:
    """Check a callback: it is configured again, and takes part in a training run.

    Raises:
        ConformanceError: the callback breaks its contract; says how.
    """
    check_component(callback)
    train(callbacks=[callback])
