"""Models of several outputs: loss weights, sample weights and metrics of each."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainRuleError, GraphError, ModelFileWarning
from chainrule.model.loss_graph import loss_of
from chainrule.training import History

random = np.random.default_rng(11)
X = random.normal(size=(40, 3)).astype(np.float32)
A = X @ random.normal(size=(3, 2)).astype(np.float32)
B = (X[:, 0] > 0).astype(int)
LOSS = ["mse", "sparse_softmax_cross_entropy"]
W = random.random(40)


def two_outputs() -> cr.Model:
    x = cr.input("x", (None, 3))
    h = cr.layers.Dense(8, activation="tanh")(x)
    outputs = [cr.layers.Dense(2, name=name)(h) for name in ("a", "b")]
    return cr.Model(x, outputs)


def trained(**options: Any) -> cr.Model:
    model = two_outputs()
    given: dict[str, Any] = {"loss": LOSS, "epochs": 2, "batch_size": 16, **options}
    model.fit(X, [A, B], **given)
    return model


def history(model: cr.Model) -> History:
    assert model.history is not None
    return model.history


def assert_alike(one: cr.Model, other: cr.Model) -> None:
    for path, value in one.get_weights().items():
        np.testing.assert_array_equal(other.get_weights()[path], value)
    assert dict(history(one)) == dict(history(other))


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
def test_a_loss_weight_is_the_sample_weight_of_all_rows(backend: str) -> None:
    weighted = trained(loss_weights=[2.0, 0.25], backend=backend)
    rows = {"a": np.full(40, 2.0), "b": np.full(40, 0.25)}
    expected = trained(sample_weight=rows, backend=backend)
    for path, value in expected.get_weights().items():
        np.testing.assert_allclose(weighted.get_weights()[path], value, rtol=1e-5)
    np.testing.assert_allclose(
        history(weighted)["loss"], history(expected)["loss"], rtol=1e-5
    )


def test_the_losses_of_outputs_are_shown_without_their_weights() -> None:
    model = trained(loss_weights={"b": 0.25})
    for numbers in (history(model).last, model.evaluate(X, [A, B])):
        total = numbers["a_loss"] + 0.25 * numbers["b_loss"]
        assert numbers["loss"] == pytest.approx(total)
    predicted = model.predict(X)[0]
    measured = model.evaluate(X, [A, B])
    assert measured["a_loss"] == pytest.approx(np.mean((predicted - A) ** 2), rel=1e-5)


@pytest.mark.parametrize(
    "weights", [(1.0, 0.25), np.array([1, 0.25]), {"a": 1, "b": 0.25}, {"b": 0.25}]
)
def test_the_forms_of_loss_weights(weights: Any) -> None:
    assert_alike(trained(loss_weights=weights), trained(loss_weights=[1.0, 0.25]))


def test_ones_are_no_weights() -> None:
    assert_alike(trained(loss_weights=[1, 1]), trained())


def test_a_loss_without_weight_is_not_learned_but_measured() -> None:
    model = trained(loss_weights=[1, 0])
    start = two_outputs()
    start.fit(X, [A, B], loss=LOSS, optimizer=cr.optimizers.SGD(lr=1e-30))
    for path in ("b/kernel", "b/bias"):
        np.testing.assert_allclose(
            model.get_weights()[path], start.get_weights()[path], atol=1e-30
        )
    assert history(model)["b_loss"][-1] > 0


@pytest.mark.parametrize("given", [[W, None], {"a": W}, {"b": None, "a": W[:, None]}])
@pytest.mark.parametrize("backend", ["numpy", "opencl"])
def test_sample_weights_of_an_output(given: Any, backend: str) -> None:
    model = two_outputs()
    model.fit(
        X, [A, B], loss=LOSS, sample_weight=given, backend=backend,
        validation=(X, [A, B], given), optimizer=cr.optimizers.SGD(lr=1e-30),
    )  # fmt: skip
    plain = model.evaluate(X, [A, B], backend=backend)
    each = np.mean((model.predict(X)[0] - A) ** 2, axis=1)
    expected = {"a_loss": np.mean(W * each), "b_loss": plain["b_loss"]}
    measured = model.evaluate(X, [A, B], sample_weight=given, backend=backend)
    for name, value in expected.items():
        assert history(model)[name] == [pytest.approx(value, rel=1e-5)]
        assert history(model)[f"val_{name}"] == [pytest.approx(value, rel=1e-5)]
        assert measured[name] == pytest.approx(value, rel=1e-5)


def test_one_array_weighs_the_rows_of_all_outputs() -> None:
    assert_alike(trained(sample_weight=W), trained(sample_weight={"a": W, "b": W}))


def test_sample_weights_in_a_data_frame() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": W, "b": np.ones(40)})
    assert_alike(trained(sample_weight=frame), trained(sample_weight=[W, np.ones(40)]))


@pytest.mark.parametrize(
    ("metrics", "names"),
    [
        ({"a": ["mae", "r2"], "b": "accuracy"}, ["a_mae", "a_r2", "b_accuracy"]),
        ([["mae", "r2"], ["accuracy"]], ["a_mae", "a_r2", "b_accuracy"]),
        ({"b": [cr.metrics.Accuracy()]}, ["b_accuracy"]),
        ([None, ["accuracy"]], ["b_accuracy"]),
        ([["mae", "mae"], []], ["a_mae", "a_mae_2"]),
        ({"a": {"type": "mae"}}, ["a_mae"]),
    ],
)
def test_metrics_of_each_output(metrics: Any, names: list[str]) -> None:
    model = trained(metrics=metrics, validation=(X, [A, B]))
    losses = ["loss", "a_loss", "b_loss"]
    assert list(history(model).keys()) == [
        *losses, *names, *(f"val_{name}" for name in (*losses, *names)),
    ]  # fmt: skip
    assert list(model.evaluate(X, [A, B]).keys()) == [*losses, *names]


def test_their_numbers() -> None:
    model = trained(metrics={"a": "mae", "b": "accuracy"})
    a, b = model.predict(X)
    measured = model.evaluate(X, [A, B])
    assert measured["a_mae"] == pytest.approx(np.abs(a - A).mean(), rel=1e-5)
    assert measured["b_accuracy"] == np.mean(b.argmax(1) == B)
    other = model.evaluate(X, [A, B], metrics={"b": "accuracy"})
    assert other["b_accuracy"] == measured["b_accuracy"]
    assert "a_mae" not in other.keys()  # noqa: SIM118 (going over it is refused)


def test_saved_and_resumed(tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "loss_weights": {"b": 3.0}, "metrics": {"b": "accuracy", "a": ["mae"]},
        "sample_weight": [None, W],
    }  # fmt: skip
    model = trained(**options)
    model.save(tmp_path / "m.safetensors")
    loaded = cr.load(tmp_path / "m.safetensors")
    expected = dict(model.evaluate(X, [A, B]))
    assert dict(loaded.evaluate(X, [A, B])) == expected
    assert dict(copy.copy(model).evaluate(X, [A, B])) == expected
    for one in (model, loaded):
        one.fit(X, [A, B], loss=LOSS, epochs=2, batch_size=16, **options)
    assert_alike(model, loaded)
    whole = trained(**options, epochs=4)
    np.testing.assert_array_equal(
        whole.get_weights()["a/kernel"], model.get_weights()["a/kernel"]
    )


def test_functions_among_the_metrics_of_an_output_are_not_saved(
    tmp_path: Path,
) -> None:
    def worst(t: cr.Node, p: cr.Node) -> cr.Node:
        return cr.ops.max(cr.ops.abs(t - p), axis=1)

    model = trained(metrics={"a": ["mae", worst]})
    with pytest.warns(ModelFileWarning, match="functions.*worst.*not saved"):
        model.save(tmp_path / "m.safetensors")
    loaded = cr.load(tmp_path / "m.safetensors")
    assert list(loaded.evaluate(X, [A, B]).keys())[3:] == ["a_mae"]


def test_the_weight_of_a_single_loss() -> None:
    model = cr.Sequential([cr.layers.Dense(2)])
    model.fit(X, A, loss="mse", loss_weights=[0.5], metrics=[["mse"]])
    measured = model.evaluate(X, A)
    assert measured["loss"] == pytest.approx(0.5 * measured["mse"])
    (drawn,) = cr.evaluate([loss_of(model)], {"x": X, "t": A})
    assert drawn == pytest.approx(measured["loss"], rel=1e-6)


def error(value: cr.Node, target: cr.Node) -> cr.Node:
    return cr.ops.mean(cr.ops.abs(value - target))


@pytest.mark.parametrize("one", ["mae", cr.metrics.Mae(), {"type": "mae"}, error])
def test_a_single_metric_needs_no_list(one: Any) -> None:
    model = cr.Sequential([cr.layers.Dense(2)])
    model.fit(X, A, loss="mse", metrics=one)
    (name,) = [name for name in history(model).keys() if name != "loss"]  # noqa: SIM118
    assert name == ("error" if one is error else "mae")
    assert model.evaluate(X, A, metrics=one)[name] == model.evaluate(X, A)[name]


def test_single_callbacks_and_regularizers_and_none() -> None:
    model = cr.Sequential([cr.layers.Dense(2)])
    kept = cr.callbacks.History()
    model.fit(X, A, loss="mse", callbacks=kept, regularizers="l2", metrics=None)
    assert list(kept.keys()) == ["loss"]
    model.fit(X, A, loss="mse", callbacks=None, regularizers=None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss_weights": [1.0]}, "loss_weights: the model has 2 outputs .*, got 1"),
        ({"loss_weights": {"c": 1.0}}, "loss_weights: no output named 'c'. Known: a"),
        ({"loss_weights": 0.5}, "loss_weights must be a list or a mapping, got 0.5"),
        ({"loss_weights": ["x", 1]}, "weight of the loss of a must be a finite number"),
        ({"loss_weights": {"b": np.nan}}, "loss of b must be a finite number, got nan"),
        ({"loss_weights": [1, True]}, "loss of b must be a finite number, got True"),
        ({"metrics": {"c": "mae"}}, "metrics: no output named 'c'"),
        ({"metrics": [["mae"], [], []]}, "metrics: the model has 2 outputs .* got 3"),
        ({"metrics": 5}, "5 is not a metric"),
        ({"metrics": {"a": "confusion_matrix"}}, "confusion_matrix is an array"),
        ({"sample_weight": {"c": W}}, "sample_weight: no output named 'c'"),
        ({"sample_weight": [W, W[:3]]}, "sample_weight.'b'. must have one number"),
        ({"sample_weight": {"b": -W}}, "sample_weight.'b'. is negative in row 0"),
        ({"sample_weight": np.ones((2, 40))}, "sample_weight must have one number"),
        ({"sample_weight": [W, W, W]}, r"shape \(3, 40\); for outputs .* a mapping"),
        ({"callbacks": 3}, "3 is not a callback"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ChainRuleError, match=message):
        trained(**options)


def test_a_plain_function_cannot_weigh_rows_and_another_loss_can() -> None:
    losses = [lambda t, p: cr.ops.mean((t - p) ** 2), LOSS[1]]
    trained(loss=losses, sample_weight=[None, W])
    with pytest.raises(GraphError, match="a_sample_weight needs a loss that gives one"):
        trained(loss=losses, sample_weight=[W, None])
