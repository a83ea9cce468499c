"""What the lecture says is so: its claims, from the numbers of the code it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr

Names = Callable[[str], Any]


def edge_of(plot: cr.Plot) -> Any:
    """Return points on the decision boundary, found along the columns of its grid."""
    x1, x2, score = plot.data["x1"], plot.data["x2"], plot.data["score"][..., 0] - 0.5
    points = []
    for j, column in enumerate(score.T):
        for i in np.flatnonzero(np.diff(np.sign(column))):
            share = column[i] / (column[i] - column[i + 1])
            points.append((x1[j], x2[i] + share * (x2[i + 1] - x2[i])))
    return np.array(points)


def bend(model: Any, train: Any) -> float:
    """Return how far a boundary departs from the straight line through it."""
    points = edge_of(cr.plot.boundary(model, *train, steps=120))
    points = points - points.mean(0)
    return float(np.linalg.svd(points, compute_uv=False)[1] / len(points) ** 0.5)


def test_the_perceptron_of_the_lecture(told: Names) -> None:
    names = told("perceptron")
    assert names["z"] == pytest.approx(-6)
    assert names["y_hat"] == pytest.approx(0.002473, rel=1e-3)
    assert names["said"] == pytest.approx(names["y_hat"], rel=1e-4)
    x1, x2 = edge_of(names["line"]).T
    np.testing.assert_allclose(1 + 3 * x1 - 2 * x2, 0, atol=1e-2)


def test_slopes_of_activations(told: Names) -> None:
    data = told("activations")["common"].data
    assert data["sigmoid′(z)"].max() == pytest.approx(0.25)
    assert data["tanh′(z)"].max() == pytest.approx(1)
    assert set(data["relu′(z)"]) == {0.0, 1.0}
    shown = {*told("activations")["others"], "sigmoid", "tanh", "relu"}
    assert shown == set(cr.activations) - {"softmax", "log_softmax"}


def test_linear_networks_draw_straight_lines_and_others_do_not(told: Names) -> None:
    names = told("nonlinearity")
    for model in names["straight"].values():
        assert bend(model, names["train"]) < 2e-3
    for model in names["bent"].values():
        assert bend(model, names["train"]) > 0.1
    errors = names["errors"]
    worst_bent = max(errors[name] for name in names["bent"])
    assert worst_bent < min(errors[name] for name in names["straight"])


def test_the_numbers_of_a_layer_are_those_by_hand(told: Names) -> None:
    names = told("networks")
    single, x = names["single"], [names["x"]]
    last = [single.parameters[f"dense_2/{part}"].value for part in ("kernel", "bias")]
    assert names["a"] @ last[0] + last[1] == pytest.approx(
        single.predict(x)[0], abs=1e-6
    )
    assert names["deep"].count_params() == 12 + 15 + 8


def test_losses_by_hand_are_those_by_plugin(told: Names) -> None:
    assert told("loss")["by_plugin"] == pytest.approx(told("loss")["each"].mean())
    names = told("losses")
    assert names["by_plugin"] == pytest.approx(names["by_hand"], rel=1e-5)
    assert names["mse"] == pytest.approx(names["squares"], rel=1e-5)
    entropy, squared = (names[name].data for name in ("entropy", "squared"))
    np.testing.assert_allclose(entropy["J"], -np.log(entropy["w1"]), rtol=1e-4)
    np.testing.assert_allclose(
        squared["J"], (1 - squared["w1"]) ** 2, rtol=1e-4, atol=1e-7
    )
    assert np.abs(np.gradient(squared["J"], squared["w1"])).max() < 2
    assert np.abs(np.gradient(entropy["J"], entropy["w1"])).max() > 10


def test_descents_of_one_unit_end_in_the_same_valley(told: Names) -> None:
    data = told("descent")["surface"].data
    ends = [data[f"path start {i}"][-1] for i in (1, 2, 3)]
    for end in ends[1:]:
        assert end == pytest.approx(ends[0], abs=0.2)
    for i in (1, 2, 3):
        heights = data[f"J along start {i}"]
        assert (np.diff(heights) < 1e-6).all()
        assert heights[-1] < data["J"].min() * 1.05


def test_the_chain_rule_of_every_weight_is_checked(told: Names) -> None:
    names = told("backpropagation")
    chain = names["chain"]
    slope = [factor.value for factor in chain.factors]
    assert np.prod(slope) == pytest.approx(chain.value, rel=1e-5)
    for weight in (names["w1"], names["w2"]):
        assert cr.explain(names["J"], weight, values=names["values"]).check().agrees


def test_learning_rates_too_small_stable_and_too_large(told: Names) -> None:
    names = told("rates")
    data = names["curve"].data
    minima = data["minima"]
    small, stable, large = (data[f"path η = {eta}"][:, 0] for eta in (0.005, 0.1, 1.2))
    assert np.abs(minima - small[-1]).min() > 0.3
    assert np.abs(minima - stable[-1]).min() < 0.05
    lowest = minima[np.argmin(np.interp(minima, data["w1"], data["J"]))]
    assert abs(stable[-1] - lowest) > 1
    assert len({int(np.abs(minima - w).argmin()) for w in large}) > 1
    assert np.abs(np.diff(large[-10:])).min() > 0.1
    runs = names["runs"]
    assert runs["η = 1.05"][-1] > runs["η = 1.05"][0]
    assert runs["η = 0.4"][-1] < runs["η = 0.05"][-1] < 1


def test_adaptive_rules_give_the_flat_weight_a_larger_rate(told: Names) -> None:
    names = told("optimizers")
    real = names["real"]
    np.testing.assert_allclose(real["SGD, flat w₁"], 0.07, rtol=1e-2)
    np.testing.assert_allclose(real["SGD, steep w₂"], 0.07, rtol=1e-2)
    flat, steep = real["Adagrad, flat w₁"], real["Adagrad, steep w₂"]
    assert (flat > 2 * steep).all()
    assert (np.diff(flat) < 0).all()
    for name in ("RMSProp", "Adam"):
        rates = names["rates"](names["paths"][name])[3:12]
        assert np.median(rates[:, 0]) > 2 * np.median(rates[:, 1])
    for run in names["trained"].values():
        assert run["loss"][-1] < 0.25 * run["loss"][0]


def test_noise_falls_as_one_over_the_batch(told: Names) -> None:
    names = told("batches")
    data = names["noise"].data
    scaled = (data["spread"] * data["batch"])[:-1]
    assert scaled.max() / scaled.min() < 1.5
    seconds = data["seconds_per_epoch"]
    assert seconds[0] > 4 * seconds[-1]
    roughness = [
        np.linalg.norm(np.diff(path, 2, axis=0), axis=1).mean()
        for path in names["paths"].values()
    ]
    assert roughness[0] > 1.5 * roughness[1] > 1.5 * 1.5 * roughness[2]
    assert names["stable"][1] < names["stable"][8] < names["stable"][64]


def test_the_largest_network_learns_the_noise(told: Names) -> None:
    errors = told("fitting")["errors"]
    under, ideal, over = (
        errors[name] for name in ("under-fitted", "ideal", "over-fitted")
    )
    assert over[0] < ideal[0] < under[0]
    assert ideal[1] < over[1] < under[1]


def test_dropout_lowers_the_test_error_for_most_seeds(told: Names) -> None:
    names = told("dropout")
    better = [b < a for a, b in zip(names["plain"], names["dropped"], strict=True)]
    assert len(better) == 5
    assert sum(better) >= 4
    gain = np.mean(
        [a - b for a, b in zip(names["plain"], names["dropped"], strict=True)]
    )
    clean = [names["error"](rate, 0, share=0.0) for rate in (0, 0.5)]
    assert gain > 3 > 2 > abs(clean[0] - clean[1])
    masks = names["masks"].data
    assert not np.array_equal(masks["step_1_factor_1"], masks["step_2_factor_1"])


def test_early_stopping_returns_the_best_epoch_and_saves_error(told: Names) -> None:
    names = told("stopping")
    run, whole = names["run"], names["whole"]
    assert run.restored == int(np.argmin(run["val_loss"])) + 1
    assert run.epochs == run.restored + 150
    assert whole["loss"][-1] < whole["loss"][run.restored - 1]
    assert whole["val_loss"][-1] > min(whole["val_loss"]) * 1.1
    assert names["after"] < names["before"]


def test_each_answer_responds_most_to_its_image(told: Names) -> None:
    names = told("features")
    answers = names["model"].predict(names["high"].data["images"].reshape(10, 64))
    assert answers.argmax(1).tolist() == list(range(10))
    kernel = names["model"].parameters["dense_1/kernel"].value
    np.testing.assert_array_equal(names["low"].data["images"][3].ravel(), kernel[:, 3])
