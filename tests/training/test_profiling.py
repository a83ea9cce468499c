"""Profiles of training runs: what they contain, and that they end with the run."""

import json
import math

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import BackendError, DivergenceError
from chainrule.execution import open_backend
from chainrule.kinds.backend import Backend
from chainrule.profile.profile import Profile
from chainrule.profile.speed import Speed
from chainrule.training import History


@pytest.fixture(params=["numpy", "opencl"])
def backend(request):
    made = open_backend(request.param)
    try:
        made.devices()
    except BackendError as error:
        pytest.skip(str(error))
    return made


def trained(backend, **options):
    """Train a small classifier: two batches of 16, one of 8, then a validation."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 6)).astype(np.float32)
    y = (x[:, 0] > 0).astype(int)
    model = cr.Sequential([cr.layers.Dense(8, activation="relu"), cr.layers.Dense(2)])
    how = {
        "loss": "sparse_softmax_cross_entropy", "backend": backend, "batch_size": 16,
        "validation": (x[:10], y[:10]), "profile": True, **options,
    }  # fmt: skip
    return model, lambda **more: model.fit(x, y, **{**how, **more})


def test_a_row_counts_every_run_of_any_batch_size(backend, capsys):
    _, fit = trained(backend)
    profile = fit(epochs=2).profile
    counted = {(row.part, row.calls, len(row.tasks)) for row in profile.rows}
    assert counted == {("training step", 6, 2), ("evaluation", 2, 1)}
    assert any("dense_1/matmul" in row.name for row in profile.rows)
    assert capsys.readouterr().out == f"{profile}\n"


def test_seconds_add_up_to_at_most_the_whole(backend):
    _, fit = trained(backend)
    profile = fit().profile
    assert profile.seconds == math.fsum(row.seconds for row in profile.rows)
    assert 0 < profile.seconds <= profile.wall
    seconds = [row.seconds for row in profile.rows]
    assert seconds == sorted(seconds, reverse=True)


def test_products_are_counted_and_compared_with_the_peak(backend):
    _, fit = trained(backend)
    profile = fit(validation=None, batch_size=40).profile
    products = 2 * 40 * (2 * 6 * 8 + 3 * 8 * 2)  # no gradient goes into x
    arithmetic = sum(row.flops for row in profile.rows)
    assert products < arithmetic < 2 * products
    lines = [line for line in profile.table(None).splitlines() if "matmul" in line]
    assert lines
    for line in lines:
        share = line.split()[-1]
        assert share.endswith("%")
        assert 0 <= float(share[:-1]) <= 100


def test_everything_computed_for_one_node_is_one_row():
    _, fit = trained("numpy")
    rows = fit(validation=None, batch_size=40).profile.rows
    several = [row.tasks[0].nodes for row in rows if row.tasks[0].nodes]
    assert len(several) == len(set(several))


def test_no_row_exceeds_the_peak():
    _, fit = trained("numpy")
    profile = fit(validation=None).profile
    slow = Profile(profile.device, Speed(lambda nbytes: 1e9, lambda dtype: 1.0))
    for number, row in enumerate(profile.rows):
        slow.add(row.tasks[0], 0, 1000 + number)
    lines = [line for line in slow.table(None).splitlines() if line.endswith("%")]
    shares = [line.split()[-1] for line in lines if "together" not in line]
    assert max(float(share[:-1]) for share in shares) == 100


def test_a_table_sums_what_it_does_not_list():
    _, fit = trained("numpy")
    profile = fit(validation=None).profile
    text = profile.table(2)
    assert f"… {len(profile.rows) - 2} others" in text
    assert "others" not in profile.table(None)
    (sums,) = [line.split() for line in text.splitlines() if "together" in line]
    assert int(sums[1]) == sum(row.calls for row in profile.rows)
    assert f"<pre>{profile.device}" in profile._repr_html_()


def test_a_trace_has_the_format_of_chrome(backend, tmp_path):
    _, fit = trained(backend)
    profile = fit().profile
    file = profile.save_trace(tmp_path / "trace.json")
    events = json.loads(file.read_text(encoding="utf-8"))["traceEvents"]
    runs = [event for event in events if event["ph"] == "X"]
    assert len(runs) == sum(row.calls for row in profile.rows)
    assert min(event["ts"] for event in runs) == 0
    assert all(event["dur"] >= 0 and event["name"] for event in runs)
    named = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
    assert {named[event["tid"]] for event in runs} == {"training step", "evaluation"}
    with pytest.raises(cr.ChainRuleError, match="cannot write"):
        profile.save_trace(tmp_path / "missing" / "trace.json")


def test_training_runs_do_not_share_a_profile(backend):
    model, fit = trained(backend)
    first = fit().profile
    runs = sum(row.calls for row in first.rows)
    second = fit().profile
    assert second is not first
    assert sum(row.calls for row in first.rows) == runs
    assert fit(profile=False).profile is None
    assert model.history.profile is None
    assert sum(row.calls for row in second.rows) == runs


def test_a_continued_history_drops_the_old_profile(backend):
    _, fit = trained(backend)
    history = History()
    fit(callbacks=[history])
    assert history.profile is not None
    fit(callbacks=[history], profile=False)
    assert history.epochs == 2
    assert history.profile is None


def test_a_profile_changes_no_result(backend):
    losses = []
    for profile in (False, True):
        _, fit = trained(backend, epochs=3, profile=profile)
        losses.append(fit()["val_loss"])
    assert losses[0] == losses[1]


class Stop(cr.Callback):
    """Raise what a user's callback might, in the second step."""

    def step_end(self, run):
        if run.step == 2:
            raise KeyboardInterrupt


def test_a_profile_survives_an_interruption(backend, capsys):
    model, fit = trained(backend)
    with pytest.raises(KeyboardInterrupt):
        fit(callbacks=[Stop()])
    profile = model.history.profile
    assert {row.calls for row in profile.rows} == {2}
    assert "training step" in capsys.readouterr().out
    with backend.profiled() as later:  # possible only if the first one has ended
        pass
    assert not later.rows


def test_a_profile_survives_a_divergence(backend):
    model, fit = trained(backend, optimizer=cr.optimizers.SGD(lr=1e30))
    with pytest.raises(DivergenceError):
        fit(epochs=5, validation=None)
    parts = {row.part for row in model.history.profile.rows}
    assert parts == {"training step", "step in search of a fault"}
    assert model.history.profile.table()


def test_one_profile_at_a_time(backend):
    _, fit = trained(backend)
    with (
        backend.profiled(),
        pytest.raises(BackendError, match="being profiled already"),
    ):
        fit()
    assert fit().profile.rows


def test_a_backend_without_a_profiler_says_so():
    class Plain(type(open_backend("numpy"))):
        """A third party's backend."""

        type_name = "plain"
        profiled = Backend.profiled

    model, fit = trained(Plain())
    with pytest.raises(BackendError, match="'plain' has no profiler: omit"):
        fit()
    assert not model.history
    assert fit(profile=False)["loss"]


def test_names_distinguish_forward_from_backward():
    _, fit = trained("numpy")
    names = [row.name for row in fit(validation=None).profile.rows]
    assert "dense_2/matmul" in names
    assert "dense_2/matmul ∂J/∂(kernel)" in names
    assert any(name.startswith("adam/") for name in names)


def test_a_loop_over_blocks_is_one_row():
    x = cr.input("x", (1 << 20,))
    square = (cr.ops.square(x) + 1.0).named("above")
    y = cr.ops.exp(square)
    backend = open_backend("numpy")
    with backend.profiled() as profile:
        cr.evaluate([y], {x: np.zeros(1 << 20, np.float32)}, backend=backend)
    (row,) = [row for row in profile.rows if row.nbytes]
    assert row.name == "square add exp"
    assert len(row.tasks[0].nodes) == 3
    assert row.nbytes == 2 * 4 << 20  # read once, written once
    assert row.flops == 3 << 20
