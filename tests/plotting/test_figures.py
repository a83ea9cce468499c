"""The built-in figures: their claims, read from their data, and their pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, DataError
from chainrule.testing.figures import check_plot


def test_every_figure_has_an_example_in_the_documentation() -> None:
    page = Path(__file__).parents[2] / "docs" / "figures.md"
    text = page.read_text(encoding="utf-8")
    assert [name for name in cr.plot if f"cr.plot.{name}(" not in text] == []


def words(plot: cr.Plot) -> str:
    from xml.etree import ElementTree

    return " ".join(ElementTree.fromstring(plot.render("svg").decode()).itertext())


ELEMENTWISE = sorted(set(cr.activations) - {"softmax", "log_softmax"})


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_slope_of_an_activation_is_that_of_its_curve(name: str) -> None:
    data = cr.plot.activation(name).data
    z, g, slope = data["z"], data[f"{name}(z)"], data[f"{name}′(z)"]
    found = np.gradient(g, z)[1:-1]
    smooth = (np.abs(np.diff(slope, 2)) < 1e-2) & (np.abs(np.diff(g, 2)) < 1e-2)
    assert smooth.sum() > 380
    np.testing.assert_allclose(slope[1:-1][smooth], found[smooth], atol=6e-3)


def test_an_activation_is_printed_with_its_names_and_its_tangent() -> None:
    plot = cr.plot.activation("sigmoid", "tanh", "relu", at=0.0)
    text = words(plot)
    for said in (
        "g(z) = σ(z)", "g′(z) = σ(z) · (1 − σ(z))", "tf.math.sigmoid", "torch.tanh",
        "tf.nn.relu", "at z = 0: g = 0.5, slope g′ = 0.25",
    ):  # fmt: skip
        assert said in text
    assert plot.data["sigmoid at 0"].tolist() == [0, 0.5, 0.25]
    check_plot(plot)


def test_own_activations_are_drawn_too() -> None:
    def cube(z: Any) -> Any:
        return z * z * z

    assert "cube" in words(cr.plot.activation(cube))
    with pytest.raises(ArgumentError, match="softmax has no curve"):
        cr.plot.activation("softmax")
    with pytest.raises(ArgumentError, match="at least one"):
        cr.plot.activation()


@pytest.fixture(scope="module")
def moons() -> tuple[cr.Sequential, Any, Any]:
    train, test = cr.datasets.moons(200), cr.datasets.moons(60, seed=1)
    layers = [cr.layers.Dense(8, activation="tanh"), cr.layers.Dense(1)]
    model = cr.Sequential(layers, input_shape=2)
    model.fit(
        *train, loss="sigmoid_cross_entropy", optimizer=cr.optimizers.Adam(lr=0.05),
        epochs=25, validation=test, metrics=["accuracy"], verbose=0,
        regularizers=[cr.regularizers.EarlyStopping(patience=3)],
        schedule=cr.schedules.CosineDecay(25),
    )  # fmt: skip
    return model, train, test


def test_a_history_marks_its_best_epoch_and_the_rates(moons: Any) -> None:
    history = moons[0].history
    plot = cr.plot.history(history)
    assert plot.data["best_epoch"] == int(np.argmin(history["val_loss"])) + 1
    assert plot.data["learning_rate"].tolist() == history.rates
    assert f"epoch {plot.data['best_epoch']}" in words(plot)
    assert "η" in words(plot)
    check_plot(plot)
    assert history.plot().render("svg") == plot.render("svg")


def test_a_run_that_was_stopped_says_so() -> None:
    x, y = np.ones((8, 1)), np.ones((8, 1))
    model = cr.Sequential([cr.layers.Dense(1)], input_shape=1)
    history = model.fit(
        x, y, loss="mse", optimizer=cr.optimizers.SGD(lr=0.9), epochs=30, verbose=0,
        validation=(x, 0 * y), regularizers=[cr.regularizers.EarlyStopping(patience=2)],
    )  # fmt: skip
    assert history.stopped
    assert history.restored == history.epochs - 2
    assert len(history.rates) == history.epochs
    text = words(cr.plot.history(history))
    assert f"restored: epoch {history.restored}" in text
    assert f"stopped: epoch {history.epochs}" in text
    check_plot(cr.plot.history(history))


@pytest.mark.parametrize(
    "history",
    [
        {"loss": [1.0]},
        {"loss": [1.0, float("nan"), 2.0], "val_loss": [float("inf")] * 3},
    ],
)
def test_short_and_broken_histories_are_drawn(history: dict[str, list[float]]) -> None:
    check_plot(cr.plot.history(history))
    with pytest.raises(ArgumentError, match="no numbers yet"):
        cr.plot.history({"loss": []})


def test_the_boundary_of_one_unit_is_the_line_of_its_weights() -> None:
    model = cr.Sequential([cr.layers.Dense(1, activation="sigmoid")], input_shape=2)
    model.set_weights({"dense_1/kernel": [[3.0], [-2.0]], "dense_1/bias": [1.0]})
    plot = cr.plot.boundary(model, [[-1.0, 2.0]], [0])
    assert "1 + 3x₁ − 2x₂ = 0" in words(plot)
    x1, x2 = np.meshgrid(plot.data["x1"], plot.data["x2"])
    score = plot.data["score"][..., 0]
    assert ((score > 0.5) == (1 + 3 * x1 - 2 * x2 > 0)).all()
    check_plot(plot)


def test_logits_are_shown_on_the_scale_of_the_target(moons: Any) -> None:
    model, (x, y), held_out = moons
    plot = cr.plot.boundary(model, x, y, held_out=held_out, steps=60)
    score = plot.data["score"]
    assert 0 <= score.min() < 0.1
    assert 0.9 < score.max() <= 1
    assert "class 1, held out" in words(plot)
    check_plot(plot)


def test_several_classes_have_regions_of_their_own() -> None:
    x, y = cr.datasets.blobs(150)
    layers = [cr.layers.Dense(int(y.max()) + 1)]
    model = cr.Sequential(layers, input_shape=2)
    model.fit(x, y, loss="sparse_softmax_cross_entropy", epochs=5, verbose=0)
    plot = cr.plot.boundary(model, x, y, steps=60)
    assert plot.data["score"].shape == (60, 60, int(y.max()) + 1)
    check_plot(plot)


def test_what_a_boundary_cannot_show() -> None:
    wide = cr.Sequential([cr.layers.Dense(1)], input_shape=3)
    with pytest.raises(DataError, match="one input of two features"):
        cr.plot.boundary(wide)
    flat = cr.Sequential([cr.layers.Dense(1)], input_shape=2)
    with pytest.raises(DataError, match="2 points need 2 classes"):
        cr.plot.boundary(flat, [[0, 0], [1, 1]], [1])
