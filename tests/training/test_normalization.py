"""Layers that learn from the training part of the data: Normalization, and others."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.data.arrays import Array
from chainrule.errors import ChainRuleError, DataError, GraphError, ModelFileWarning
from chainrule.plugins.initializers import Zeros

random = np.random.default_rng(12)
X = (random.normal(size=(50, 3)) * [1, 20, 0.01] + [5, -300, 0]).astype(np.float32)
Y = random.normal(size=(50, 1)).astype(np.float32)
Normalization, Dense = cr.layers.Normalization, cr.layers.Dense
MEAN, VARIANCE = "normalization_1/mean", "normalization_1/variance"


def made(**options: Any) -> cr.Sequential:
    return cr.Sequential([Normalization(**options), Dense(4, "tanh"), Dense(1)])


def fitted(model: cr.Model, x: Any = X, y: Any = Y, **options: Any) -> cr.Model:
    model.fit(x, y, loss="mse", batch_size=16, **options)
    return model


def values(layer: cr.Layer, x: Any) -> Array:
    leaf = cr.input("x", (None, *np.shape(x)[1:]))
    return cr.evaluate([layer(leaf)], {leaf: x})[0]


@pytest.mark.parametrize(
    ("options", "data", "x", "expected"),
    [
        ({}, [[0, 7, 4], [2, 9, 6], [0, 7, 4], [2, 9, 6]], [[0, 7, 4]], [[-1, -1, -1]]),
        ({"axis": None}, [[1, 2], [3, 4], [5, 3]], [[3, 4.290994]], [[0, 1.0]]),
        ({"axis": 1}, [[[0, 2], [5, 7]]], [[[1, 1], [6, 8]]], [[[0, 0], [0, 2]]]),
        ({"axis": (1, 2)}, [[[0, 1]], [[2, 5]]], [[[2, 1]]], [[[1, -1]]]),
        ({"axis": -1}, [[[0, 1], [2, 3]]], [[[2, 2], [0, 1]]], [[[1, 0], [-1, -1]]]),
    ],
)
def test_examples_worked_out_by_hand(
    options: dict[str, Any], data: Any, x: Any, expected: Any
) -> None:
    layer = Normalization(**options)
    layer.adapt(np.array(data, float))
    np.testing.assert_allclose(values(layer, x), expected, atol=1e-6)


def test_numbers_that_are_known() -> None:
    given = Normalization(mean=3.0, variance=4.0)
    np.testing.assert_allclose(values(given, [[1.0], [5.0]]), [[-1], [1]])
    each = Normalization(mean=(1, 2), variance=(4.0, 0.25))
    np.testing.assert_allclose(values(each, [[3.0, 3.0]]), [[1, 2]])
    model = fitted(cr.Sequential([each, Dense(1)]), X[:, :2])
    assert sorted(model.get_weights().keys()) == ["dense_1/bias", "dense_1/kernel"]
    again = type(each).from_config(each.to_config())
    np.testing.assert_allclose(values(again, [[3.0, 3.0]]), [[1, 2]])


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
def test_it_learns_from_the_training_part_alone(backend: str) -> None:
    held = (X * 100 + 7, Y)
    model = fitted(made(), validation=held, backend=backend)
    learned = model.get_weights()
    np.testing.assert_allclose(learned[MEAN], X.mean(0, dtype=float), rtol=1e-6)
    np.testing.assert_allclose(learned[VARIANCE], X.var(0, dtype=float), rtol=1e-6)
    part = fitted(made(), validation=0.4, backend=backend).get_weights()
    assert not np.allclose(part[MEAN], learned[MEAN], rtol=1e-3)


def test_training_equals_that_on_normalized_rows() -> None:
    model = fitted(made(), epochs=3)
    scaled = (X - X.mean(0, dtype=float)) / X.std(0, dtype=float)
    names = [Dense(4, "tanh", name="dense_1"), Dense(1, name="dense_2")]
    expected = fitted(cr.Sequential(names), scaled, epochs=3)
    for path, value in expected.get_weights().items():
        np.testing.assert_allclose(model.get_weights()[path], value, atol=1e-5)


def test_a_second_fit_keeps_what_the_first_learned_and_adapt_learns_anew() -> None:
    model = fitted(made())
    before = model.get_weights()
    fitted(model, X * 3)
    np.testing.assert_array_equal(model.get_weights()[MEAN], before[MEAN])
    model.layers[0].adapt(X * 3)
    np.testing.assert_allclose(model.get_weights()[MEAN], 3 * before[MEAN], rtol=1e-5)
    predicted = model.predict(X * 3)
    fresh = cr.Sequential([Normalization(), *model.layers[1:]], input_shape=3)
    fresh.layers[0].adapt(X * 3)
    np.testing.assert_allclose(predicted, fresh.predict(X * 3), rtol=1e-6)


@pytest.mark.parametrize(
    "prepare",
    [
        lambda model: model.layers[0].adapt(X + 1),
        lambda model: model.set_weights({MEAN: [1, 2, 3]}),
        lambda model: setattr(model.parameters[VARIANCE], "value", np.ones(3) * 2),
        lambda model: model.freeze("normalization_1"),
    ],
)
def test_fit_leaves_what_was_adapted_set_or_frozen_before(prepare: Any) -> None:
    model = cr.Sequential([Normalization(), Dense(1)], input_shape=3)
    prepare(model)
    before = model.get_weights()
    fitted(model)
    for path in (MEAN, VARIANCE):
        np.testing.assert_array_equal(model.get_weights()[path], before[path])


def test_a_layer_that_was_adapted_before_the_model_is_made() -> None:
    layer = Normalization()
    layer.adapt(X * 2)
    model = fitted(cr.Sequential([layer, Dense(1)]))
    np.testing.assert_allclose(model.get_weights()[MEAN], 2 * X.mean(0), rtol=1e-5)


def test_saved_and_resumed(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    whole = fitted(made(), epochs=4)
    model = fitted(made(), epochs=2)
    model.save(path)
    loaded = cr.load(path)
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    fitted(loaded, epochs=2)
    for name, value in whole.get_weights().items():
        np.testing.assert_array_equal(loaded.get_weights()[name], value)


@pytest.mark.parametrize(
    "again",
    [
        lambda model, path: (model.save(path), cr.load(path))[1],
        lambda model, path: copy.deepcopy(model),
        lambda model, path: pickle.loads(pickle.dumps(model)),
    ],
)
def test_what_has_not_learned_yet_learns_after_loading(
    again: Any, tmp_path: Path
) -> None:
    model = cr.Sequential([Normalization(), Dense(1)], input_shape=3)
    twin = fitted(again(model, tmp_path / "m.safetensors"))
    np.testing.assert_allclose(twin.get_weights()[MEAN], X.mean(0), rtol=1e-5)
    model.layers[0].adapt(X + 1)
    twin = fitted(again(model, tmp_path / "m.safetensors"))
    np.testing.assert_array_equal(twin.get_weights()[MEAN], model.get_weights()[MEAN])


def test_behind_other_layers_and_twice() -> None:
    first, second = Normalization(axis=None), Normalization()
    model = cr.Sequential([first, Dense(3), second, Dense(1)], input_shape=3)
    before = model.get_weights()
    fitted(model, optimizer=cr.optimizers.SGD(lr=1e-30))
    np.testing.assert_allclose(model.get_weights()[MEAN], X.mean(), rtol=1e-5)
    hidden = (X - X.mean()) / X.std() @ before["dense_1/kernel"]
    found = model.get_weights()
    np.testing.assert_allclose(
        found["normalization_2/mean"], hidden.mean(0), rtol=1e-4, atol=1e-6
    )
    np.testing.assert_allclose(
        found["normalization_2/variance"], hidden.var(0), rtol=1e-4
    )


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
def test_in_more_rows_than_are_computed_at_a_time(backend: str) -> None:
    x = random.normal(size=(2500, 2)).astype(np.float32)
    model = cr.Sequential([Dense(3), Normalization(), Dense(1)], input_shape=2)
    kernel = model.get_weights()["dense_1/kernel"]
    model.fit(
        x, x[:, :1], loss="mse", backend=backend, batch_size=1250,
        optimizer=cr.optimizers.SGD(lr=1e-30),
    )  # fmt: skip
    expected = (x @ kernel).astype(float)
    np.testing.assert_allclose(
        model.get_weights()[VARIANCE], expected.var(0), rtol=1e-5
    )


def test_in_a_functional_model_with_a_shared_layer_and_in_a_model_inside() -> None:
    a, b = cr.input("a", (None, 3)), cr.input("b", (None, 3))
    shared = Normalization()
    inner = cr.Sequential([Normalization(), Dense(2)], input_shape=3)
    model = cr.Model(
        [a, b], Dense(1)(shared(a) + shared(b)) + inner(a) @ np.ones((2, 1))
    )
    fitted(model, [X, X + 10])
    np.testing.assert_allclose(model.get_weights()[MEAN], X.mean(0) + 5, rtol=1e-5)
    np.testing.assert_allclose(inner.get_weights()[MEAN], X.mean(0), rtol=1e-5)


def test_double_precision_and_data_frames() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X.astype(float) / 3, columns=["age", "income", "rate"])
    model = fitted(made(), frame, dtype="float64")
    learned = model.get_weights()
    assert learned[MEAN].dtype == learned[VARIANCE].dtype == np.float64
    np.testing.assert_allclose(learned[MEAN], frame.mean(), rtol=1e-14)
    np.testing.assert_allclose(learned[VARIANCE], frame.var(ddof=0), rtol=1e-13)
    layer = Normalization()
    layer.adapt(frame)
    np.testing.assert_allclose(values(layer, frame).std(0), 1, rtol=1e-5)


def test_a_constant_feature_is_only_shifted() -> None:
    x = np.column_stack([np.full(50, 0.1), X[:, 0]])
    model = fitted(cr.Sequential([Normalization(), Dense(1)]), x)
    assert model.get_weights()[VARIANCE][0] == 1
    assert np.isfinite(model.predict(x + 1)).all()


@pytest.mark.usefixtures("on_numpy")
def test_it_is_drawn_explained_and_counted(capsys: Any) -> None:
    model = fitted(cr.Sequential([Normalization(), Dense(1)]))
    model.summary()
    shown = capsys.readouterr().out
    assert "6 from data" in shown
    assert "frozen" not in shown
    for level in ("layer", "op"):
        assert "❄" not in cr.draw(model, level=level).source
    model.freeze(MEAN)
    model.summary()
    assert "3 frozen" in capsys.readouterr().out
    assert "❄" in cr.draw(model, level="layer").source
    kernel = model.parameters["dense_1/kernel"]
    told = cr.explain(model, kernel, index=(0, 0), values={"x": X, "t": Y})
    told.check()


class Range(cr.Layer):
    """y = (x − low) / (high − low)."""

    def apply(self, x: cr.Node) -> cr.Node:
        shape = (self.features_of(x, "low"),)
        low = self.parameter("low", shape, Zeros(), trainable=False)
        width = self.parameter("width", shape, Zeros(), trainable=False)
        return (x - low) / width

    def learned_from(self, rows: Array) -> Mapping[str, Array]:
        return {"low": rows.min(0), "width": np.ptp(rows, 0)}


class Wrong(Range):
    """Returns what it has no parameter for."""

    def learned_from(self, rows: Array) -> Mapping[str, Array]:
        return {"low": rows.min(0), "high": rows.max(0)}


def test_a_layer_of_ones_own() -> None:
    model = fitted(cr.Sequential([Range(), Dense(1)]), validation=(X * 9, Y))
    np.testing.assert_array_equal(model.get_weights()["range_1/low"], X.min(0))
    scaled = values(model.layers[0], X)
    assert (scaled.min(), scaled.max()) == (0, 1)
    with pytest.raises(
        GraphError, match=r"learned_from must .* \(low, width\), got low"
    ):
        fitted(cr.Sequential([Wrong(), Dense(1)]))


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: Normalization(mean=1.0), "needs mean and variance, or neither"),
        (lambda: Normalization(mean=1.0, variance=0.0), "variance.* must be > 0"),
        (lambda: Normalization(axis=None, mean=(1,), variance=(1,)), "one number for"),
        (lambda: values(Normalization(mean=(1, 2), variance=1.0), X), "shape .3., got"),
        (lambda: values(Normalization(axis=3), X), "x has 2 axes, and no axis 3"),
        (lambda: values(Normalization(axis=0), X), "along axis 0 must be known"),
        (lambda: cr.layers.Normalization(invert=True), "no hyperparameter .invert"),  # type: ignore[call-arg]
        (lambda: Dense(3).adapt(X), "dense learns nothing from its input alone"),
        (lambda: Normalization(mean=1.0, variance=1.0).adapt(X), "learns nothing"),
        (lambda: Normalization().adapt([["a"]]), "x holds str_ such as 'a'"),
        (lambda: Normalization().adapt([]), "x is empty"),
        (lambda: Normalization().adapt([[np.nan]]), "x has nan in row 0"),
        (lambda: fitted(made()).layers[0].adapt(X[:, :2]), "must keep the shape"),
        (lambda: cr.layers["StandardScaler"], "Normalization"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(act: Any, message: str) -> None:
    with pytest.raises(ChainRuleError, match=message):
        act()


def test_a_variance_that_is_too_large_is_not_infinite_in_silence() -> None:
    with pytest.raises(
        DataError, match=r"variance would be inf: .* too large for float32"
    ):
        fitted(made(), X * np.float32(1e30))
    model = fitted(made(), X.astype(float) * 1e30, dtype="float64")
    assert np.isfinite(model.predict(X.astype(float) * 1e30)).all()


def test_weights_of_a_model_that_is_not_built_are_not_lost_in_silence(
    tmp_path: Path,
) -> None:
    layer = Normalization()
    layer.adapt(X)
    model = cr.Sequential([layer, Dense(1)])
    with pytest.warns(ModelFileWarning, match="weights of normalization_1 are not"):
        model.save(tmp_path / "m.safetensors")
