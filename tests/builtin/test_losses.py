"""Each loss computes its formula, also where a model saturates."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ShapeError
from chainrule.registry import registry

RANDOM = np.random.default_rng(0)
Y, T = RANDOM.standard_normal((2, 6, 3))
P = RANDOM.uniform(0.05, 0.95, (6, 3))
Q = RANDOM.dirichlet(np.ones(3), 6)
HOT = np.eye(3)[[0, 2, 1, 1, 0, 2]]
CLASSES = HOT.argmax(1)
LOG_SOFTMAX = Y - np.log(np.exp(Y).sum(1, keepdims=True))
SIGMOID = 1 / (1 + np.exp(-Y))
E = np.abs(Y - T)


def binary(t, p):
    return -(t * np.log(p) + (1 - t) * np.log(1 - p)).mean()


def categorical(t, log_p):
    return -(t * log_p).sum(1).mean()


SMOOTH = 0.9 * HOT + 0.1 / 3
HALF = 0.9 * HOT + 0.05
CASES = [
    ("mse", {}, T, Y, ((Y - T) ** 2).mean()),
    ("mae", {}, T, Y, E.mean()),
    ("huber", {}, T, Y, np.where(E < 1, E**2 / 2, E - 0.5).mean()),
    ("huber", {"delta": 0.3}, T, Y, np.where(E < 0.3, E**2, 0.6 * E - 0.09).mean() / 2),
    ("log_cosh", {}, T, Y, np.log(np.cosh(Y - T)).mean()),
    ("binary_cross_entropy", {}, HOT, P, binary(HOT, P)),
    ("binary_cross_entropy", {"label_smoothing": 0.1}, HOT, P, binary(HALF, P)),
    ("sigmoid_cross_entropy", {}, HOT, Y, binary(HOT, SIGMOID)),
    ("sigmoid_cross_entropy", {"label_smoothing": 0.1}, HOT, Y, binary(HALF, SIGMOID)),
    ("categorical_cross_entropy", {}, HOT, Q, categorical(HOT, np.log(Q))),
    (
        "categorical_cross_entropy", {"label_smoothing": 0.1}, HOT, Q,
        categorical(SMOOTH, np.log(Q)),
    ),
    ("softmax_cross_entropy", {}, HOT, Y, categorical(HOT, LOG_SOFTMAX)),
    (
        "softmax_cross_entropy", {"label_smoothing": 0.1}, HOT, Y,
        categorical(SMOOTH, LOG_SOFTMAX),
    ),
    ("sparse_categorical_cross_entropy", {}, CLASSES, Q, categorical(HOT, np.log(Q))),
    (
        "sparse_categorical_cross_entropy", {"label_smoothing": 0.1}, CLASSES, Q,
        categorical(SMOOTH, np.log(Q)),
    ),
    ("sparse_softmax_cross_entropy", {}, CLASSES, Y, categorical(HOT, LOG_SOFTMAX)),
    (
        "sparse_softmax_cross_entropy", {"label_smoothing": 0.1}, CLASSES, Y,
        categorical(SMOOTH, LOG_SOFTMAX),
    ),
    ("kl_divergence", {}, Q[::-1], Q, (Q[::-1] * np.log(Q[::-1] / Q)).sum(1).mean()),
    ("hinge", {}, 2 * HOT - 1, Y, np.maximum(0, 1 - (2 * HOT - 1) * Y).mean()),
    ("hinge", {}, HOT, Y, np.maximum(0, 1 - (2 * HOT - 1) * Y).mean()),
]  # fmt: skip


def number(loss: cr.Loss, target, prediction, weight=None, dtype="float64") -> float:
    t = cr.input("t", np.shape(target), loss.target_dtype)
    y = cr.input("y", np.shape(prediction))
    node = loss(t, y, weight)
    return float(cr.evaluate([node], {t: target, y: prediction}, dtype=dtype)[0])


def test_every_built_in_has_a_case_here() -> None:
    built_in = {
        entry.name
        for entry in registry.entries("losses")
        if entry.distribution == "chainrule"
    }
    assert built_in == {case[0] for case in CASES}


@pytest.mark.parametrize(("name", "fields", "target", "prediction", "value"), CASES)
def test_formula(name, fields, target, prediction, value) -> None:
    loss = registry.find("losses", name).target(**fields)
    assert number(loss, target, prediction) == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize(("name", "fields", "target", "prediction", "value"), CASES)
def test_a_perfect_prediction_of_more_axes_is_averaged_over_them(
    name, fields, target, prediction, value
) -> None:
    loss = registry.find("losses", name).target(**fields)
    stacked = number(loss, np.stack([target] * 2, 1), np.stack([prediction] * 2, 1))
    assert stacked == pytest.approx(value, rel=1e-9)


def test_sample_weights() -> None:
    w = np.array([0, 1, 2, 0, 0, 0.5])
    expected = (w * ((Y - T) ** 2).mean(1)).mean()
    assert number(cr.losses.mse, T, Y, w) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "activation", "classes"),
    [
        ("binary_cross_entropy", "sigmoid", False),
        ("categorical_cross_entropy", "softmax", False),
        ("sparse_categorical_cross_entropy", "softmax", True),
    ],
)
def test_a_saturated_model_is_told_how_wrong_it_is(
    name: str, activation: str, classes: bool
) -> None:
    z = cr.input("z", (1, 3))
    t = cr.constant(np.array([1]) if classes else np.array([[0.0, 1.0, 0.0]]))
    loss = cr.losses[name](t, cr.activations[activation](z))
    (dz,) = cr.grad(loss, [z])
    value, slope = cr.evaluate([loss, dz], {z: [[1000.0, 0.0, -1000.0]]})
    if activation == "softmax":
        assert value == 1000
        np.testing.assert_array_equal(slope, [[1, -1, 0]])
    else:
        np.testing.assert_allclose(value, (1000 + np.log(2)) / 3, rtol=1e-6)
        np.testing.assert_allclose(slope, [[1 / 3, -0.5 / 3, 0]], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("binary_cross_entropy", [[0.0, 1.0]]),
        ("categorical_cross_entropy", [[0.0, 1.0]]),
        ("sparse_categorical_cross_entropy", [1]),
        ("kl_divergence", [[0.0, 1.0]]),
    ],
)
@pytest.mark.parametrize("wrong", [False, True])
def test_probabilities_of_0_and_1_are_finite(name: str, target, wrong: bool) -> None:
    loss: cr.Loss = cr.losses[name]
    prediction = [[1.0, 0.0]] if wrong else [[0.0, 1.0]]
    value = number(loss, target, prediction, dtype="float32")
    if wrong:
        assert 14 < value < 34
    else:
        assert value == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "prediction", "target"),
    [
        ("mse", (None, 3), cr.input("t", (None,))),
        ("mse", (None, 1), cr.input("t", (None,))),
        ("mse", (None, 3), cr.input("t", (None, 1))),
        ("sparse_softmax_cross_entropy", (None, 3), cr.input("t", (None, 3), "int")),
        ("sparse_softmax_cross_entropy", (None, 3), cr.input("t", (None,))),
        ("softmax_cross_entropy", (None, 3), cr.input("t", (None,), "int")),
    ],
)
def test_targets_of_another_form_are_refused(name: str, prediction, target) -> None:
    with pytest.raises(ShapeError, match=rf"{name}: .*t \(batch"):
        cr.losses[name](target, cr.input("y", prediction))


def test_names_of_tf_keras() -> None:
    for theirs, ours in {
        "mean_squared_error": "mse",
        "mean_absolute_error": "mae",
        "binary_crossentropy": "binary_cross_entropy",
        "sparse_categorical_crossentropy": "sparse_categorical_cross_entropy",
        "KLDivergence": "kl_divergence",
    }.items():
        assert registry.find("losses", theirs).name == ours


def test_the_forms_for_one_hot_rows_and_class_labels_know_each_other() -> None:
    for entry in registry.entries("losses"):
        if entry.target.for_other_targets:
            other = registry.find("losses", entry.target.for_other_targets).target
            assert other.for_other_targets == entry.name
            assert other.target != entry.target.target
