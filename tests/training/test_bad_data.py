"""Bad data and settings: errors that say where, why, and what to write instead."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import (
    ArgumentError,
    ArgumentTypeError,
    ChainRuleError,
    DataError,
    GradientError,
    GraphError,
    HyperparameterError,
    ShapeError,
    UnknownNameError,
)

X = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
LABELS = np.arange(12) % 3
ONE_HOT = np.eye(3)[LABELS]
CHANCES = np.full((12, 3), 1 / 3)
SPARSE, ROWS = "sparse_softmax_cross_entropy", "softmax_cross_entropy"


def model(units: int = 3, **options: Any) -> cr.Sequential:
    return cr.Sequential([cr.layers.Dense(units, **options)], input_shape=4)


def spoiled(value: float) -> Any:
    x = X.copy()
    x[3, 2] = value
    return x


X_MISTAKES = [
    (X[:, :3], r"dense_1: expected 4 features, got 3 \(x has shape \(12, 3\)\)"),
    (X[0], r"got \(4,\); one example still needs a batch axis: x\[None\]"),
    (X[:, 0], r"a column is x\[:, None\]"),
    (X[:, :, None], r"shape \(batch, 4\), got \(12, 4, 1\)"),
    (X[:0], "x is empty"),
    ([], "x is empty"),
    (spoiled(np.nan), r"x has nan in row 3, column 2 \(1 value is not finite\)"),
    (spoiled(np.inf), "x has inf in row 3, column 2"),
    (spoiled(1.0).astype(object), None),
    (spoiled(1.0).astype(np.float64) * 1e300, r"x has -?inf in row 0"),
    ([["a", "b", "c", "d"]] * 12, "not numbers"),
    ([[1, 2, 3, 4], [1, 2]], "rows of different lengths"),
    (X.astype(complex), "complex128 .*not numbers"),
    ([[None] * 4] * 12, "objects|nan"),
    (X[:5], "numbers of rows differ: x 5, y 12"),
]


@pytest.mark.parametrize(("x", "message"), X_MISTAKES)
def test_examples(x: Any, message: str | None) -> None:
    made = model()
    before = made.get_weights()
    if message is None:
        made.fit(x, LABELS, loss=SPARSE)
        return
    with pytest.raises(DataError, match=message):
        made.fit(x, LABELS, loss=SPARSE)
    assert all((before[k] == v).all() for k, v in made.get_weights().items())


Y_MISTAKES = [
    (SPARSE, LABELS - 1, "label -1 in row 0, but the model has 3 outputs"),
    (SPARSE, LABELS + 1, "label 3 in row 2, .*labels 0 to 2"),
    (SPARSE, LABELS + 0.5, "must hold integers, got 0.5 in row 0"),
    (SPARSE, ONE_HOT, r'loss="softmax_cross_entropy", or give labels: y.argmax\(-1\)'),
    (SPARSE, np.ones((12, 2)), r"takes class labels of shape \(batch\)"),
    (SPARSE, LABELS[:7], "x 12, y 7"),
    (SPARSE, np.where(LABELS, LABELS, np.nan), "y has nan in row 0"),
    (ROWS, LABELS, 'use loss="sparse_softmax_cross_entropy", or one-hot rows'),
    (ROWS, LABELS[:, None], 'loss="sparse_softmax_cross_entropy"'),
    (ROWS, ONE_HOT * 2, "y has 2 in row 0, column 0, but .* from 0 to 1"),
    (ROWS, ONE_HOT[:, :2], r"y has shape \(12, 2\), but the prediction .*\(batch, 3\)"),
    ("mse", LABELS, r"y has shape \(12,\), but the prediction has shape \(batch, 3\)"),
    ("mse", ONE_HOT[:, :1], "compares them element by element"),
]


@pytest.mark.parametrize(("loss", "y", "message"), Y_MISTAKES)
def test_targets(loss: str, y: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        model().fit(X, y, loss=loss)


def test_a_binary_target_outside_0_to_1() -> None:
    one = model(1, activation="sigmoid")
    with pytest.raises(DataError, match=r"-1 in row 0, column 0, but .* from 0 to 1"):
        one.fit(X, np.where(LABELS > 0, 1, -1), loss="binary_cross_entropy")


@pytest.mark.parametrize(
    ("loss", "y"),
    [(SPARSE, LABELS), (SPARSE, ONE_HOT), (ROWS, ONE_HOT), ("mse", ONE_HOT)],
)
def test_inputs_of_rank_3_need_flatten(loss: str, y: Any) -> None:
    made = cr.Sequential([cr.layers.Dense(3)])
    images = np.repeat(X[:, None], 5, axis=1)
    message = (
        r"y has shape .*; the prediction has shape \(batch, 5, 3\) because x has rank 3"
        r": cr\.layers\.Flatten\(\) as first layer makes one row of each example"
    )
    with pytest.raises(DataError, match=message):
        made.fit(images, y, loss=loss)
    with pytest.raises(DataError, match=r"y has shape \(12, 2\)") as caught:
        model().fit(X, ONE_HOT[:, :2], loss=loss)
    assert "Flatten" not in str(caught.value)


def test_a_vector_and_a_column_are_the_same_target() -> None:
    y = LABELS.astype(float)
    as_vector, as_column = model(1), model(1)
    as_vector.fit(X, y, loss="mse")
    as_column.fit(X, y[:, None], loss="mse")
    assert as_vector.history == as_column.history
    sparse, column = model(), model()
    sparse.fit(X, LABELS, loss=SPARSE)
    column.fit(X, LABELS[:, None], loss=SPARSE)
    assert sparse.history == column.history


def test_booleans_and_lists_are_data() -> None:
    one = model(1, activation="sigmoid")
    one.fit(X.tolist(), (LABELS > 0).tolist(), loss="binary_cross_entropy")
    assert one.predict((X > 0).tolist()).shape == (12, 1)


SETTINGS: list[tuple[dict[str, Any], type[ChainRuleError], str]] = [
    ({"batch_size": 0}, ArgumentError, "batch_size must be ≥ 1, got 0"),
    ({"batch_size": 2.5}, ArgumentTypeError, "batch_size must be an int"),
    ({"epochs": 0}, ArgumentError, "epochs must be ≥ 1"),
    ({"seed": -1}, ArgumentError, r"seed must be in \[0"),
    ({"loss": "sparse_softmax"}, UnknownNameError, "no loss named"),
    ({"loss": 3}, HyperparameterError, "3 is not a loss"),
    ({"metrics": ["acuracy"]}, UnknownNameError, "Did you mean 'accuracy'"),
    ({"optimizer": "adm"}, UnknownNameError, "Did you mean 'adam'"),
    ({"regularizers": ["l3"]}, UnknownNameError, "no regularizer named 'l3'"),
    ({"callbacks": ["progres"]}, UnknownNameError, "Did you mean 'progress'"),
    ({"schedule": "cosine"}, UnknownNameError, "Did you mean 'cosine_decay'"),
    ({"backend": "nump"}, UnknownNameError, "Did you mean 'numpy'"),
    ({"loss": [SPARSE, "mse"]}, DataError, "2 losses for 1 output"),
    ({"validation": 0.01}, DataError, "holds out 0"),
    ({"validation": 1.0}, DataError, "holds out 12"),
    ({"validation": X}, HyperparameterError, r"a pair \(x, y\)"),
    ({"validation": (X[:, :2], LABELS)}, DataError, "validation data: dense_1: expect"),
    ({"sample_weight": [1.0]}, DataError, "one number for each of 12 rows"),
    ({"sample_weight": np.full(12, -1)}, DataError, "negative in row 0"),
    ({"sample_weight": np.full(12, np.nan)}, DataError, "sample_weight has nan"),
    ({"loss": lambda t, p: p}, GraphError, "must return one number"),
    ({"loss": lambda t, p: t - p}, ShapeError, "batches on different axes"),
    (
        {"loss": lambda t, p: cr.ops.mean(t), "sample_weight": np.ones(12)},
        GraphError,
        "make a class of it",
    ),
    (
        {"loss": lambda t, p: cr.ops.mean(t)},
        GradientError,
        "does not depend on .*dense_1/kernel",
    ),
]


@pytest.mark.parametrize(("settings", "error", "message"), SETTINGS)
def test_settings(
    settings: dict[str, Any], error: type[ChainRuleError], message: str
) -> None:
    made = model()
    with pytest.raises(error, match=message):
        made.fit(X, LABELS, **{"loss": SPARSE, **settings})
    made.fit(X, LABELS, loss=SPARSE)  # nothing is broken


def test_several_inputs_are_named() -> None:
    a, b = cr.input("a", (None, 2)), cr.input("b", (None, 2))
    two = cr.Model([a, b], cr.layers.Dense(1)(a + b))
    y = LABELS.astype(float)
    for x, message in (
        (X, r"2 inputs \(a, b\), got one"),
        ({"a": X[:, :2]}, "no value was given for input b"),
        ({"a": X[:, :2], "c": X[:, :2]}, "no input named 'c'"),
        ([X[:, :2], X], r"expected 2 features, got 4 \(x\['b'\]"),
        ([X[:, :2], X[:5, :2]], "numbers of rows differ"),
    ):
        with pytest.raises(DataError, match=message):
            two.fit(x, y, loss="mse")


def test_predict_and_evaluate_check_too() -> None:
    made = model()
    with pytest.raises(DataError, match="expected 4 features"):
        made.predict(X[:, :2])
    with pytest.raises(HyperparameterError, match="loss=…"):
        made.evaluate(X, LABELS)
    with pytest.raises(ArgumentError, match="batch_size"):
        made.predict(X, batch_size=0)


def test_a_model_without_parameters_cannot_be_fitted() -> None:
    flat = cr.Sequential([cr.layers.Flatten()])
    with pytest.raises(GraphError, match="no trainable parameter"):
        flat.fit(X, X, loss="mse")


def test_the_step_function_of_a_perceptron_passes_no_gradient() -> None:
    one = cr.Sequential([cr.layers.Perceptron()])
    with pytest.raises(GradientError, match="perceptron_1/"):
        one.fit(X, LABELS > 0, loss="mse")


@pytest.mark.parametrize(
    ("activation", "loss", "instead"),
    [
        ("softmax", "sparse_softmax_cross_entropy", "sparse_categorical_cross_entropy"),
        ("softmax", "softmax_cross_entropy", "categorical_cross_entropy"),
        ("sigmoid", "sigmoid_cross_entropy", "binary_cross_entropy"),
        (
            "identity",
            "sparse_categorical_cross_entropy",
            "sparse_softmax_cross_entropy",
        ),
        ("identity", "categorical_cross_entropy", "softmax_cross_entropy"),
        ("identity", "binary_cross_entropy", "sigmoid_cross_entropy"),
    ],
)
def test_an_activation_applied_twice_or_never_is_rejected(activation, loss, instead):
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(12, 4)), rng.integers(0, 3, 12)
    y = labels if loss.startswith("sparse") else np.eye(3)[labels]
    model = cr.Sequential([cr.layers.Dense(3, activation=activation)])
    with pytest.raises(GraphError, match=f'loss="{instead}"') as error:
        model.fit(x, y, loss=loss)
    assert "dense_1/" in str(error.value)
    model.fit(x, y, loss=instead)


def test_an_activation_is_seen_through_an_identity() -> None:
    x = cr.input("x", (None, 4))
    y = cr.activations.Identity()(cr.layers.Dense(3, activation="softmax")(x))
    model = cr.Model([x], y)
    with pytest.raises(GraphError, match="already ends in dense_1/softmax"):
        model.fit(X, LABELS, loss="sparse_softmax_cross_entropy")


def test_a_mixture_of_probabilities_needs_no_activation() -> None:
    x = cr.input("x", (None, 4))
    topics = cr.ops.softmax(cr.parameter("topics", np.eye(2, 3)))
    mixed = cr.layers.Dense(2, activation="softmax")(x) @ topics
    model = cr.Model([x], mixed)
    model.fit(X, LABELS, loss="sparse_categorical_cross_entropy")


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5])
def test_a_seed_has_64_bits(seed: Any) -> None:
    model = cr.Sequential([cr.layers.Dense(3)])
    with pytest.raises(ArgumentError, match="seed must be"):
        model.fit(X, np.zeros((12, 3)), loss="mse", seed=seed)
    with pytest.raises(ArgumentError, match="seed must be"):
        cr.evaluate([cr.ops.uniform((3,))], seed=seed)


def test_the_largest_seed_is_named() -> None:
    with pytest.raises(ArgumentError, match=r"in \[0, 18446744073709551615\], got"):
        cr.evaluate([cr.ops.uniform((3,))], seed=2**64)
    cr.evaluate([cr.ops.uniform((3,))], seed=2**64 - 1)


def test_top_k_of_fewer_classes_is_rejected() -> None:
    model = cr.Sequential([cr.layers.Dense(3)])
    with pytest.raises(ChainRuleError, match="the true class of 3 is always among"):
        model.fit(X, np.zeros(12, int), loss="sparse_softmax_cross_entropy",
                  metrics=["top_k"])  # fmt: skip
    one = cr.Sequential([cr.layers.Dense(1, activation="sigmoid")])
    with pytest.raises(ChainRuleError, match="leave it out"):
        one.fit(X, np.zeros((12, 1)), loss="binary_cross_entropy", metrics=["top_k"])


def test_the_kind_of_a_misplaced_name_is_said() -> None:
    with pytest.raises(UnknownNameError, match=r"It is in .*cr\.activations"):
        cr.Sequential([cr.layers.Dense(3), "relu"])


@pytest.mark.parametrize(
    ("last", "loss"),
    [
        (None, "sparse_softmax_cross_entropy"),
        ("softmax", "sparse_categorical_cross_entropy"),
        ("softmax", "mse"),
    ],
)
def test_a_softmax_of_one_output_learns_nothing(last: str | None, loss: str) -> None:
    model = cr.Sequential([cr.layers.Dense(1, last)], input_shape=2)
    y = np.zeros((4, 1)) if loss == "mse" else np.array([0, 0, 0, 0])
    with pytest.raises(GraphError, match=r"the softmax of one output, .* always 1"):
        model.fit(np.ones((4, 2)), y, loss=loss)
