"""Figures of losses, gradients, weights and mistakes: claims and pictures."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, DataError, GraphError
from chainrule.testing.figures import check_plot


def words(plot: cr.Plot) -> str:
    return " ".join(ElementTree.fromstring(plot.render("svg").decode()).itertext())


@pytest.fixture(scope="module")
def digits() -> tuple[cr.Sequential, Any, Any]:
    (x, y), _ = cr.datasets.digits()
    path = cr.callbacks.Trajectory()
    layers = [
        cr.layers.Dense(16, activation="relu"), cr.layers.Dropout(0.5),
        cr.layers.Dense(12, activation="relu"), cr.layers.Dense(10),
    ]  # fmt: skip
    model = cr.Sequential(layers, input_shape=64)
    model.fit(
        x[:300], y[:300], loss="sparse_softmax_cross_entropy", epochs=6, verbose=0,
        optimizer=cr.optimizers.Adam(lr=0.01), callbacks=[path], metrics=["accuracy"],
    )  # fmt: skip
    return model, (x[:300], y[:300]), path


def bowl() -> tuple[cr.Node, Any, Any]:
    w1, w2 = cr.parameter("w_1", 2.0), cr.parameter("w_2", 1.0)
    return (w1**2 + 4.0 * w2**2).named("J"), w1, w2


def test_runs_are_compared_on_one_scale() -> None:
    runs = {"η = 0.1": [2.0, 1.0, 0.5], "η = 9": [2.0, 50.0, np.inf]}
    plot = cr.plot.compare(runs)
    assert plot.data["η = 0.1"].tolist() == [2.0, 1.0, 0.5]
    assert "η = 0.1: 0.5" in words(plot)
    assert "η = 9: diverges" in words(plot)
    check_plot(plot)
    check_plot(cr.plot.compare({"a": [1.0, 0.1, 0.01]}, log=True))
    with pytest.raises(ArgumentError, match="no numbers called 'val_loss'"):
        cr.plot.compare({"a": {"loss": [1.0]}}, measure="val_loss")


def test_a_landscape_is_the_loss_and_changes_nothing() -> None:
    J, w1, w2 = bowl()
    plot = cr.plot.landscape(J, w1, w2, path=[(2.0, 1.0), (0.0, 0.0)], steps=21)
    x, y = np.meshgrid(plot.data["w1"], plot.data["w2"])
    np.testing.assert_allclose(plot.data["J"], x**2 + 4 * y**2, rtol=1e-5, atol=1e-5)
    assert plot.data["J along"].tolist() == [8.0, 0.0]
    assert (float(w1.value), float(w2.value)) == (2.0, 1.0)
    assert "w₁" in words(plot)
    assert "w₂" in words(plot)
    check_plot(plot)


@pytest.mark.parametrize("kind", ["contours", "surface"])
def test_a_landscape_in_every_kind(kind: Any) -> None:
    J, w1, w2 = bowl()
    path = {"SGD": [(2.0, 1.0), (1.0, 0.2)], "Adam": [(2.0, 1.0), (1.5, 0.5)]}
    plot = cr.plot.landscape(J, w1, w2, path=path, kind=kind, log=True, steps=15)
    check_plot(plot)
    assert "SGD" in words(plot)


def test_a_slice_marks_its_local_minima() -> None:
    w = cr.parameter("w", 2.5)
    J = (0.1 * w**2 + cr.ops.sin(2.0 * w)).named("J")
    plot = cr.plot.landscape(J, w, extent=(-4, 4), path=[2.5, 2.3], steps=201)
    assert len(plot.data["minima"]) == 3
    for place in plot.data["minima"]:
        assert abs(0.2 * place + 2 * np.cos(2 * place)) < 0.2
    check_plot(plot)


def test_a_model_has_a_landscape_along_its_path(digits: Any) -> None:
    model, data, path = digits
    before = {name: p.value.copy() for name, p in model.parameters.items()}
    plot = cr.plot.landscape(
        model, data=data, path=path, directions="pca", steps=9, size="column"
    )
    along = plot.data["J along"]
    assert len(along) == 7
    assert along[-1] == pytest.approx(model.evaluate(*data)["loss"], rel=1e-3)
    check_plot(plot)
    check_plot(cr.plot.landscape(model, data=data, extent=(-1, 1, -1, 1), steps=7))
    for name, p in model.parameters.items():
        assert np.array_equal(p.value, before[name])


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda J, w1, w2: cr.plot.landscape(J), ArgumentError, "needs a parameter"),
        (cr.plot.landscape, ArgumentError, r"extent=\(-1, 1, -1, 1\)"),
        (
            lambda J, w1, w2: cr.plot.landscape(J, w1, w2, path=[1.0, 2.0]),
            ArgumentError,
            "a row of 2 numbers",
        ),
        (
            lambda J, w1, w2: cr.plot.landscape(J, w1, extent=(1, 2, 3)),
            ArgumentError,
            "must have 2 numbers",
        ),
        (
            lambda J, w1, w2: cr.plot.landscape(J, cr.parameter("W", [1.0, 2.0])),
            GraphError,
            "has 2 numbers",
        ),
    ],
)
def test_what_a_landscape_needs(make: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        make(*bowl())


def test_the_noise_of_a_gradient_falls_as_one_over_the_batch(digits: Any) -> None:
    model, data, _ = digits
    plot = cr.plot.gradient_noise(model, *data, batch=[1, 8, 64, "all"], draws=100)
    spread, size = plot.data["spread"], plot.data["batch"]
    assert size.tolist() == [1, 8, 64, 300]
    assert spread[-1] == 0
    scaled = spread[:-1] * size[:-1]
    assert scaled.max() / scaled.min() < 1.5
    check_plot(plot)


def test_the_weights_of_the_first_layer_are_its_images(digits: Any) -> None:
    model, _, _ = digits
    plot = cr.plot.weights(model, count=5)
    kernel = model.parameters["dense_1/kernel"].value
    np.testing.assert_array_equal(plot.data["images"][2].ravel(), kernel[:, 2])
    check_plot(plot)
    with pytest.raises(DataError, match="are 63 pixels, but a row has 64"):
        cr.plot.weights(model, (7, 9))


def test_the_image_of_a_later_unit_makes_it_large(digits: Any) -> None:
    model, (x, _), _ = digits
    plot = cr.plot.weights(model, layer=2)
    images = plot.data["images"].reshape(10, 64)
    assert np.linalg.norm(images, axis=1) == pytest.approx(1)
    sums = model.predict(images)
    others = model.predict(x / np.linalg.norm(x, axis=1, keepdims=True))
    for unit in range(10):
        assert sums[unit, unit] > others[:, unit].max()
    check_plot(plot)
    with pytest.raises(DataError, match="3 dense layers"):
        cr.plot.weights(model, layer=3)


def test_a_deep_chain_of_sigmoids_vanishes() -> None:
    layers = [cr.layers.Dense(8, activation="sigmoid") for _ in range(6)]
    model = cr.Sequential([*layers, cr.layers.Dense(1)], input_shape=2)
    x, y = cr.datasets.moons(50)
    plot = cr.plot.gradient_flow(model, x, y, loss="sigmoid_cross_entropy")
    sizes = plot.data["gradient"][0]
    assert sizes[0] < 0.01 * sizes[-1]
    assert "vanishing" in words(plot)
    check_plot(plot)


def test_gradients_are_followed_through_a_training_run(digits: Any) -> None:
    model, data, path = digits
    plot = cr.plot.gradient_flow(model, *data, path=path)
    assert plot.data["gradient"].shape == (7, 3)
    assert plot.data["epoch"].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert "W⁽³⁾" in words(plot)
    check_plot(plot)


def test_mistakes_are_counted_and_shown(digits: Any) -> None:
    model, (x, y), _ = digits
    plot = cr.plot.confusion(model, x, y)
    expected = model.evaluate(x, y, metrics=["confusion_matrix", "accuracy"])
    np.testing.assert_array_equal(plot.data["matrix"], expected["confusion_matrix"])
    check_plot(plot)
    shown = cr.plot.worst(model, x, y, count=6)
    assert (shown.data["said"] != shown.data["target"]).all()
    np.testing.assert_array_equal(
        shown.data["images"][0].ravel(), x[shown.data["row"][0]]
    )
    check_plot(shown)
    with pytest.raises(DataError, match="a class from 0 to 9"):
        cr.plot.confusion(model, x, y + 5)


def test_dropped_units_are_those_of_the_training_step(digits: Any) -> None:
    model, _, _ = digits
    plot = cr.plot.dropout(model, steps=[1, 2, 3], seed=4)
    masks = [plot.data[f"step_{step}_factor_1"] for step in (1, 2, 3)]
    assert all(set(mask.tolist()) <= {0.0, 2.0} for mask in masks)
    assert not np.array_equal(masks[0], masks[1])
    hidden = cr.Sequential(model.layers[:2], input_shape=64)
    (at_two,) = cr.evaluate(
        [hidden.outputs[0]], {hidden.inputs[0]: np.ones((1, 64))}, training=True,
        seed=4, step=2,
    )  # fmt: skip
    assert not at_two[0][masks[1] == 0].any()
    assert "kept units × 2" in words(plot)
    check_plot(cr.plot.dropout(model))
    with pytest.raises(DataError, match="drops no units"):
        cr.plot.dropout(cr.Sequential([cr.layers.Dense(2)], input_shape=3))


def test_a_trajectory_may_be_kept_every_few_steps() -> None:
    x, y = cr.datasets.moons(64)
    path = cr.callbacks.Trajectory(every=2)
    model = cr.Sequential([cr.layers.Dense(1)], input_shape=2)
    model.fit(
        x, y, loss="sigmoid_cross_entropy", batch_size=16, epochs=2, callbacks=[path],
        verbose=0,
    )  # fmt: skip
    assert path.epochs == [0.0, 0.5, 1.0, 1.5, 2.0]
    final = model.parameters["dense_1/kernel"].value
    assert np.array_equal(path.weights[-1]["dense_1/kernel"], final)
    assert not np.array_equal(path.weights[0]["dense_1/kernel"], final)


def test_a_trajectory_of_epochs_lets_steps_share_a_launch() -> None:
    assert not cr.callbacks.Trajectory().watches_steps
    assert cr.callbacks.Trajectory(every=2).watches_steps


def test_a_fit_is_the_curve_of_the_model() -> None:
    x, y = cr.datasets.noisy_curve(40)
    model = cr.Sequential([cr.layers.Dense(4, activation="tanh"), cr.layers.Dense(1)])
    model.fit(x, y, loss="mse", epochs=2, verbose=0)
    plot = cr.plot.fit({"a": model, "b": model}, x, y, held_out=(x + 1, y))
    at = plot.data["at"]
    assert (at[0], at[-1]) == pytest.approx((x.min(), x.max() + 1))
    np.testing.assert_array_equal(
        plot.data["answer of a"], model.predict(at[:, None])[:, 0]
    )
    check_plot(plot)
    with pytest.raises(DataError, match="one number for each point"):
        cr.plot.fit(model, np.ones((3, 2)), y)
