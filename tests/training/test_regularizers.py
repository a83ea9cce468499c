"""Regularizers: what each one adds, and where it acts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import GraphError, HyperparameterError
from chainrule.kinds.callback import Run
from chainrule.kinds.regularizer import Direction
from chainrule.registry import registry
from chainrule.training import History
from chainrule.training.hidden_layers import transformed

random = np.random.default_rng(8)
X = random.normal(size=(20, 5)).astype(np.float32)
Y = random.normal(size=(20, 2)).astype(np.float32)
STILL = cr.optimizers.SGD(lr=1e-30)


def deep() -> cr.Sequential:
    layers = [cr.layers.Dense(4, activation="tanh"), cr.layers.Dense(2)]
    return cr.Sequential(layers, input_shape=5)


def fit(model: cr.Model, *regularizers: Any, **settings: Any) -> History:
    settings = {"loss": "mse", "optimizer": STILL, **settings}
    return model.fit(X, Y, regularizers=regularizers, **settings)


def kernels(model: cr.Model) -> np.ndarray[Any, Any]:
    parts = [
        p.value.ravel() for path, p in model.parameters.items() if "kernel" in path
    ]
    return np.concatenate(parts).astype(float)


PENALTIES = {
    "l1": (cr.regularizers.L1(0.3), lambda w: 0.3 * np.abs(w).sum()),
    "l2": (cr.regularizers.L2(0.2), lambda w: 0.2 * (w**2).sum()),
    "elastic_net": (
        cr.regularizers.ElasticNet(l1=0.1, l2=0.4),
        lambda w: 0.1 * np.abs(w).sum() + 0.4 * (w**2).sum(),
    ),
}
ELSEWHERE = {"dropout", "gaussian_noise", "max_norm", "early_stopping"}


def test_every_regularizer_is_tested_here() -> None:
    built_in = {
        e.name
        for e in registry.entries("regularizers")
        if e.distribution == "chainrule"
    }
    assert built_in == set(PENALTIES) | ELSEWHERE


@pytest.mark.parametrize("name", PENALTIES)
def test_penalties_of_weights_are_in_all_losses(name: str) -> None:
    regularizer, expected = PENALTIES[name]
    model = deep()
    model.set_weights({"dense_1/bias": [9, 9, 9, 9], "dense_2/bias": [7, 7]})
    history = fit(model, regularizer, validation=(X, Y))
    plain = model.evaluate(X, Y, loss="mse")["loss"]
    penalty = expected(kernels(model))
    assert history["loss"] == pytest.approx([plain + penalty], rel=1e-6)
    assert history["val_loss"] == pytest.approx([plain + penalty], rel=1e-6)
    assert model.evaluate(X, Y)["loss"] == pytest.approx(plain + penalty, rel=1e-6)


def test_a_penalty_shrinks_weights() -> None:
    free, bound = deep(), deep()
    settings: dict[str, Any] = {"optimizer": cr.optimizers.SGD(lr=0.1), "epochs": 30}
    fit(free, **settings)
    fit(bound, cr.regularizers.L2(0.1), **settings)
    assert np.linalg.norm(kernels(bound)) < 0.9 * np.linalg.norm(kernels(free))


def test_the_weights_of_a_perceptron_are_its_kernel() -> None:
    weights = cr.layers.Perceptron(weights=(3.0, -2.0), bias=1.0, activation="sigmoid")
    model = cr.Sequential([weights], input_shape=2)
    history = model.fit(
        X[:, :2], Y[:, :1] > 0, loss="binary_cross_entropy", optimizer=STILL,
        regularizers=[cr.regularizers.L2(1.0)],
    )  # fmt: skip
    plain = model.evaluate(X[:, :2], Y[:, :1] > 0, loss="binary_cross_entropy")
    assert history["loss"] == pytest.approx([plain["loss"] + 13.0], rel=1e-6)


@pytest.mark.parametrize(
    "regularizer",
    [cr.regularizers.Dropout(0.5), cr.regularizers.GaussianNoise(0.5)],
    ids=lambda r: r.type_name,
)
def test_noise_acts_on_hidden_layers_in_training_only(regularizer: Any) -> None:
    quiet, noisy = deep(), deep()
    calm = fit(quiet, validation=(X, Y))
    loud = fit(noisy, regularizer, validation=(X, Y))
    assert loud["loss"] != calm["loss"]
    assert loud["val_loss"] == calm["val_loss"]
    np.testing.assert_array_equal(noisy.predict(X), quiet.predict(X))


def test_dropout_as_regularizer_equals_the_layer() -> None:
    model = deep()
    seen = hidden_of(model, cr.regularizers.Dropout(0.4))
    dropped = seen == 0
    assert 0.2 < dropped.mean() < 0.6
    free = hidden_of(model, None)
    np.testing.assert_allclose(seen[~dropped], free[~dropped] / 0.6, rtol=1e-5)


def hidden_of(model: cr.Model, regularizer: Any, units: int = 2) -> Any:
    """Return what enters the layer of this many units, in training."""
    (output,) = transformed(model.outputs, [regularizer] if regularizer else [])
    (matmul,) = (
        node
        for node in cr.Graph([output])
        if node.op and node.op.type_name == "matmul" and node.shape[-1] == units
    )
    return cr.evaluate([matmul.inputs[0]], {"x": X}, training=True)[0]


def test_noise_needs_a_hidden_layer() -> None:
    model = cr.Sequential([cr.layers.Flatten(), cr.layers.Dense(2)])
    with pytest.raises(GraphError, match="has none"):
        fit(model, cr.regularizers.Dropout(0.5))


def test_each_hidden_layer_gets_its_own_mask() -> None:
    ones: Any = {"kernel_initializer": "zeros", "bias_initializer": "ones"}
    layers = [cr.layers.Dense(9, **ones), cr.layers.Dense(9, **ones)]
    widths = [cr.layers.Dense(3), cr.layers.Dense(2)]
    first = cr.Sequential([layers[0], widths[0]], input_shape=5)
    second = cr.Sequential([layers[0], layers[1], widths[1]], input_shape=5)
    rule = cr.regularizers.Dropout(0.5)
    assert (hidden_of(first, rule, 3) != hidden_of(second, rule, 2)).any()


def test_max_norm_holds_after_every_step() -> None:
    norms: list[float] = []

    class Spy(cr.Callback):
        def step_end(self, run: Run) -> None:
            for path, parameter in run.model.parameters.items():
                if "kernel" in path:
                    norms.append(float(np.linalg.norm(parameter.value, axis=0).max()))

    model = deep()
    fit(
        model, cr.regularizers.MaxNorm(0.5), optimizer=cr.optimizers.SGD(lr=0.5),
        epochs=5, batch_size=7, callbacks=[Spy()],
    )  # fmt: skip
    assert len(norms) == 30
    assert max(norms) <= 0.5 + 1e-6
    assert max(norms) > 0.49


def test_max_norm_leaves_short_columns_and_biases_alone() -> None:
    bound, free = deep(), deep()
    settings: dict[str, Any] = {"optimizer": cr.optimizers.SGD(lr=0.01), "epochs": 2}
    fit(bound, cr.regularizers.MaxNorm(100.0), **settings)
    fit(free, **settings)
    for path, value in bound.get_weights().items():
        np.testing.assert_allclose(value, free.get_weights()[path], rtol=1e-5)


# -- early stopping --------------------------------------------------------------------


def verdicts(values: list[float], **fields: Any) -> list[str]:
    monitor = fields.setdefault("monitor", "val_loss")
    better: Direction = fields.pop("better", "min")
    rule = cr.regularizers.EarlyStopping(**fields)
    return [
        rule.watch({monitor: values[:n]}, {monitor: better})
        for n in range(1, len(values) + 1)
    ]


def test_patience() -> None:
    assert verdicts([3, 2, 2.5, 2.2, 1, 1.1, 1.2], patience=2) == [
        "best", "best", "go on", "stop", "best", "go on", "stop"
    ]  # fmt: skip


def test_min_delta() -> None:
    assert verdicts([3, 2.95, 2.9, 2.4], patience=9, min_delta=0.5) == [
        "best", "go on", "go on", "best"
    ]  # fmt: skip


def test_mode_says_which_direction_is_better() -> None:
    rising = [0.5, 0.6, 0.7]
    assert verdicts(rising, better="max") == ["best"] * 3
    assert verdicts(rising, patience=2) == ["best", "go on", "stop"]
    assert verdicts(rising, mode="max") == ["best"] * 3
    assert verdicts(rising, mode="min", better="max") == ["best", "go on", "go on"]


def test_the_first_epochs_may_be_left_out() -> None:
    assert verdicts([1, 9, 5, 6, 6], patience=2, start_from_epoch=2) == [
        "go on", "go on", "best", "go on", "stop"
    ]  # fmt: skip


def test_a_baseline_that_is_never_reached_ends_training() -> None:
    """The best weights are kept all the same, as in tf.keras."""
    falling: list[float] = [9, 8, 7, 6]
    assert verdicts(falling, patience=3, baseline=5.0)[:3] == [
        "best", "best", "stop at best"
    ]  # fmt: skip
    assert verdicts(falling, patience=2, baseline=8.5) == ["best"] * 4
    assert verdicts(falling, patience=2, baseline=8.5, min_delta=0.6)[1] == (
        "stop at best"
    )
    assert verdicts([1, 2, 3], patience=2, baseline=2.5, mode="max")[1] == (
        "stop at best"
    )


class NegR2(cr.Metric):
    """A metric that is not registered, and whose name ends like one that is."""

    type_name = "neg_r2"
    higher_is_better = False

    def totals(self, target: cr.Node, prediction: cr.Node) -> tuple[cr.Node, ...]:
        return cr.ops.sum((target - prediction) ** 2), cr.ops.sum(target**2)

    def result(self, *totals: float) -> float:
        return totals[0] / totals[1]


class Closeness(NegR2):
    type_name = "closeness"
    higher_is_better = True

    def result(self, *totals: float) -> float:
        return -super().result(*totals)


@pytest.mark.parametrize(
    ("metric", "name", "pick"),
    [
        (NegR2(), "neg_r2", np.argmin),
        (Closeness(), "closeness", np.argmax),
        ("mae", "mae", np.argmin),
        ("r2", "r2", np.argmax),
        ("r2", "loss", np.argmin),
    ],
)
def test_a_metric_itself_says_which_direction_is_better(
    metric: Any, name: str, pick: Any
) -> None:
    saved: list[dict[str, Any]] = []

    class Keep(cr.Callback):
        def epoch_end(self, run: Run) -> None:
            saved.append(run.model.get_weights())

    model = deep()
    history = fit(
        model, cr.regularizers.EarlyStopping(f"val_{name}", patience=3),
        optimizer=cr.optimizers.SGD(lr=1.2), metrics=[metric], epochs=60,
        validation=(X[:6], -Y[:6]), callbacks=[Keep()],
    )  # fmt: skip
    best = int(pick(history[f"val_{name}"]))
    assert history.epochs == best + 1 + 3
    for path, value in model.get_weights().items():
        np.testing.assert_array_equal(value, saved[best][path])


def test_of_several_outputs_and_metrics_each_has_its_direction() -> None:
    seen: dict[str, Direction] = {}

    class Look(cr.Regularizer):
        def watch(self, history: Any, better: Any) -> Any:
            seen.update(better)
            return "go on"

    x = cr.input("x", (None, 5))
    heads = [cr.layers.Dense(2, name="size")(x), cr.layers.Dense(2, name="kind")(x)]
    y = {"size": Y, "kind": Y}
    cr.Model([x], heads).fit(
        X, y, loss="mse", metrics=["r2", NegR2()], regularizers=[Look()],
        validation=(X, y),
    )  # fmt: skip
    expected = {"loss": "min", "size_loss": "min", "kind_loss": "min"} | {
        f"{head}_{metric}": "max" if metric == "r2" else "min"
        for head in ("size", "kind")
        for metric in ("r2", "neg_r2")
    }
    assert seen == expected | {f"val_{name}": d for name, d in expected.items()}


def test_a_name_of_an_earlier_training_run_is_not_measured_now() -> None:
    model, history = deep(), History()
    fit(model, metrics=["mae"], callbacks=[history])
    with pytest.raises(HyperparameterError, match="no such name"):
        fit(model, cr.regularizers.EarlyStopping("mae"), callbacks=[history])


def test_a_loss_of_nan_is_never_best() -> None:
    nan = float("nan")
    assert verdicts([nan, nan], patience=2) == ["go on", "stop"]


@pytest.mark.parametrize("restore", [True, False])
def test_the_best_weights_are_restored(restore: bool) -> None:
    saved: list[dict[str, Any]] = []

    class Keep(cr.Callback):
        def epoch_end(self, run: Run) -> None:
            saved.append(run.model.get_weights())

    model = deep()
    rule = cr.regularizers.EarlyStopping(patience=3, restore_best_weights=restore)
    wild = cr.optimizers.SGD(lr=1.2)
    history = fit(
        model, rule, optimizer=wild, epochs=60, validation=(X[:6], -Y[:6]),
        callbacks=[Keep()],
    )  # fmt: skip
    best = int(np.argmin(history["val_loss"]))
    assert best < history.epochs - 1 < 59
    assert history.epochs == best + 1 + 3
    expected = saved[best] if restore else saved[-1]
    for path, value in model.get_weights().items():
        np.testing.assert_array_equal(value, expected[path])


def test_the_best_weights_are_restored_after_the_last_epoch_too() -> None:
    model = deep()
    history = fit(
        model, cr.regularizers.EarlyStopping(patience=50), validation=(X, -Y),
        optimizer=cr.optimizers.SGD(lr=0.3), epochs=5,
    )  # fmt: skip
    assert history.epochs == 5
    now = model.evaluate(X, -Y)["loss"]
    assert now == pytest.approx(min(history["val_loss"]), rel=1e-6)
    assert now < history["val_loss"][-1]


@pytest.mark.parametrize(
    ("monitor", "message"),
    [("val_loss", "validation="), ("los", "Did you mean 'loss'")],
)
def test_a_name_that_is_never_measured_is_rejected_at_once(
    monitor: str, message: str
) -> None:
    model = deep()
    before = model.get_weights()
    with pytest.raises(HyperparameterError, match=message):
        fit(model, cr.regularizers.EarlyStopping(monitor=monitor), optimizer="adam")
    assert all((before[k] == v).all() for k, v in model.get_weights().items())
