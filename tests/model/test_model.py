"""Models: structure, names, parameters, nesting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import (
    ArgumentTypeError,
    DataError,
    GraphError,
    NotBuiltError,
    ShapeError,
)

X = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
Dense = cr.layers.Dense


def test_layers_are_numbered_and_given_names_are_kept() -> None:
    model = cr.Sequential(
        [
            Dense(3),
            cr.layers.Dropout(0.1),
            Dense(3, name="middle"),
            Dense(3, name="dense_2"),
            Dense(2),
        ],
        input_shape=4,
    )
    names = [layer.scope.name for layer in model.layers]
    assert names == ["dense_1", "dropout_1", "middle", "dense_2", "dense_3"]
    assert list(model.parameters.keys())[:3] == [
        "dense_1/kernel", "dense_1/bias", "middle/kernel"
    ]  # fmt: skip


def test_two_layers_of_one_name_are_rejected() -> None:
    with pytest.raises(GraphError, match="two layers are called 'a'"):
        cr.Sequential([Dense(3, name="a"), Dense(3, name="a")])
    x = cr.input("x", (None, 4))
    y = Dense(3, name="a")(Dense(3, name="a")(x))
    with pytest.raises(GraphError, match="two layers are called 'a'"):
        cr.Model(x, y)


def test_a_sequential_is_built_from_its_first_data() -> None:
    model = cr.Sequential([Dense(3)])
    for ask in ("parameters", "inputs", "outputs", "network"):
        with pytest.raises(NotBuiltError, match="input_shape=…"):
            getattr(model, ask)
    assert model.predict(X).shape == (9, 3)
    assert model.inputs[0].shape == (None, 4)
    with pytest.raises(DataError, match="one row for each example"):
        cr.Sequential([Dense(3)]).predict(X[:, 0])


def test_layers_that_do_not_fit_are_rejected() -> None:
    shared = Dense(3)
    with pytest.raises(ShapeError, match="expected 4 features, got 3 from dense_1"):
        cr.Sequential([shared, shared], input_shape=4)
    with pytest.raises(GraphError, match="at least one layer"):
        cr.Sequential([])


def test_names_and_configs_stand_for_layers() -> None:
    model = cr.Sequential([{"type": "dense", "units": 3}, "flatten"], input_shape=4)
    assert [type(layer).__name__ for layer in model.layers] == ["Dense", "Flatten"]


def test_predict_returns_an_array_of_rows() -> None:
    model = cr.Sequential([Dense(3, activation="tanh"), Dense(2)], input_shape=4)
    w = {k: v.astype(float) for k, v in model.get_weights().items()}
    hidden = np.tanh(X @ w["dense_1/kernel"] + w["dense_1/bias"])
    expected = hidden @ w["dense_2/kernel"] + w["dense_2/bias"]
    np.testing.assert_allclose(model.predict(X), expected, atol=1e-6)
    np.testing.assert_allclose(model.predict(X, batch_size=4), expected, atol=1e-6)


def test_the_perceptron_of_the_lecture() -> None:
    layer = cr.layers.Perceptron(weights=(3.0, -2.0), bias=1.0, activation="sigmoid")
    model = cr.Sequential([layer])
    (value,) = model.predict([[-1.0, 2.0]])[0]
    assert value == pytest.approx(1 / (1 + np.exp(6)), rel=1e-5)
    assert round(float(value), 3) == 0.002


def test_a_graph_of_layers_and_ops() -> None:
    x = cr.input("x", (None, 4))
    w = cr.parameter("w", np.full(3, 2.0))
    layer = Dense(3, name="first")
    model = cr.Model(x, layer(x) * w + 1)
    assert list(model.parameters.keys()) == ["first/kernel", "first/bias", "w"]
    kernel = model.parameters["first/kernel"].value
    np.testing.assert_allclose(model.predict(X), X @ kernel * 2 + 1, atol=1e-5)


def test_shared_layers_have_one_set_of_weights() -> None:
    x = cr.input("x", (None, 4))
    shared = Dense(4, name="shared")
    model = cr.Model(x, shared(shared(x)))
    assert list(model.parameters.keys()) == ["shared/kernel", "shared/bias"]
    assert len(model.layers) == 1
    model.fit(X, X, loss="mse", optimizer="sgd")


@pytest.mark.parametrize("built", [False, True])
def test_models_nest(built: bool) -> None:
    inner = cr.Sequential(
        [Dense(3, activation="relu"), Dense(2)], input_shape=4 if built else None,
        name="inner",
    )  # fmt: skip
    x = cr.input("x", (None, 4))
    outer = cr.Model(x, Dense(1)(inner(x)))
    assert list(outer.parameters.keys()) == [
        "inner/dense_1/kernel", "inner/dense_1/bias", "inner/dense_2/kernel",
        "inner/dense_2/bias", "dense_1/kernel", "dense_1/bias",
    ]  # fmt: skip
    assert outer.layers[0] is inner
    w = outer.get_weights()
    expected = inner.predict(X) @ w["dense_1/kernel"] + w["dense_1/bias"]
    np.testing.assert_allclose(outer.predict(X), expected, atol=1e-6)
    before = inner.predict(X)
    outer.fit(X, X[:, :1], loss="mse", optimizer=cr.optimizers.SGD(lr=0.5))
    assert not np.array_equal(inner.predict(X), before)  # the weights are shared
    np.testing.assert_allclose(
        outer.predict(X),
        inner.predict(X) @ outer.parameters["dense_1/kernel"].value
        + outer.parameters["dense_1/bias"].value,
        atol=1e-6,
    )


def test_models_in_a_sequential() -> None:
    blocks = [cr.Sequential([Dense(4, activation="tanh")]) for _ in range(2)]
    model = cr.Sequential([*blocks, Dense(2)], input_shape=4)
    assert list(model.parameters.keys())[::2] == [
        "sequential_1/dense_1/kernel", "sequential_2/dense_1/kernel", "dense_1/kernel"
    ]  # fmt: skip
    first, second = (
        model.parameters[p].value for p in list(model.parameters.keys())[:4:2]
    )
    assert not np.array_equal(first, second)


def test_a_model_with_several_inputs_and_outputs_can_be_called() -> None:
    a, b = cr.input("a", (None, 2)), cr.input("b", (None, 2))
    inner = cr.Model([a, b], [a + b, Dense(1)(a * b)])
    x, y = cr.input("x", (None, 2)), cr.input("y", (None, 2))
    total, product = inner(x, y)
    assert total.shape == (None, 2)
    assert product.shape == (None, 1)
    outer = cr.Model([x, y], [product, total])
    p, t = outer.predict([X[:, :2], X[:, 2:]])
    np.testing.assert_allclose(t, X[:, :2] + X[:, 2:])
    np.testing.assert_allclose(p, inner.predict([X[:, :2], X[:, 2:]])[1], atol=1e-6)
    with pytest.raises(GraphError, match="2 inputs, it was called with 1"):
        inner(x)


def test_one_layer_in_two_models_is_drawn_once() -> None:
    x = cr.input("x", (None, 4))
    features = Dense(3, activation="relu")(x)
    encoder = cr.Model(x, features)
    head = cr.Model(x, Dense(2)(features))
    head.fit(X, X[:, :2], loss="mse", seed=5)
    trained = head.get_weights()
    np.testing.assert_array_equal(
        encoder.parameters["dense_1/kernel"].value, trained["dense_1/kernel"]
    )
    third = cr.Model(x, Dense(1)(features))  # building does not draw weights again
    np.testing.assert_array_equal(
        third.parameters["dense_1/kernel"].value, trained["dense_1/kernel"]
    )
    encoder.fit(X, X[:, :3], loss="mse")
    head.fit(X, X[:, :2], loss="mse")
    np.testing.assert_array_equal(
        encoder.parameters["dense_1/kernel"].value,
        head.parameters["dense_1/kernel"].value,
    )


def test_leaves_are_checked() -> None:
    x, z = cr.input("x", (None, 4)), cr.input("z", (None, 4))
    with pytest.raises(GraphError, match="depend on input 'z', which is not among"):
        cr.Model(x, Dense(2)(x + z))
    with pytest.raises(GraphError, match="no output depends on input 'z'"):
        cr.Model([x, z], Dense(2)(x))
    with pytest.raises(GraphError, match="two inputs are called 'x'"):
        cr.Model([x, cr.input("x", (None, 4))], Dense(2)(x))
    with pytest.raises(ArgumentTypeError, match="inputs must be an Input or a list"):
        cr.Model(x + z, Dense(2)(x))  # type: ignore[arg-type]
    w = [cr.parameter("w", np.ones(4)) for _ in range(2)]
    with pytest.raises(GraphError, match="two parameters are called 'w'"):
        cr.Model(x, x * w[0] * w[1])


def test_weights_can_be_set_and_are_checked() -> None:
    model = cr.Sequential([Dense(2)], input_shape=4)
    kernel = np.arange(8.0).reshape(4, 2)
    model.set_weights({"dense_1/kernel": kernel})
    np.testing.assert_allclose(model.predict(X), X @ kernel, atol=1e-5)
    mistakes: list[tuple[dict[str, Any], str]] = [
        ({"dense_1/kernal": kernel}, "Did you mean 'dense_1/kernel'"),
        ({"dense_1/kernel": kernel.T}, r"must have shape \(4, 2\), got \(2, 4\)"),
        ({"dense_1/bias": [0, np.nan]}, "dense_1/bias has nan in row 1"),
        (
            {"dense_1/bias": ["a", "b"]},
            "dense_1/bias holds str_ such as",
        ),
    ]
    for weights, message in mistakes:
        with pytest.raises(DataError, match=message):
            model.set_weights({"dense_1/kernel": kernel + 1, **weights})
    np.testing.assert_array_equal(model.parameters["dense_1/kernel"].value, kernel)


def test_get_weights_returns_copies() -> None:
    model = cr.Sequential([Dense(2)], input_shape=4)
    model.get_weights()["dense_1/bias"][:] = 5
    assert not model.parameters["dense_1/bias"].value.any()


def test_summary(capsys: pytest.CaptureFixture[str]) -> None:
    model = cr.Sequential([Dense(3), cr.layers.BatchNorm(), Dense(2)], input_shape=4)
    model.summary()
    out = capsys.readouterr().out
    for text in ("dense_1 (Dense)", "(batch, 3)", "15", "35", "29 trained"):
        assert text in out


def test_summary_counts_shared_layers_once(capsys: pytest.CaptureFixture[str]) -> None:
    x = cr.input("x", (None, 4))
    shared = Dense(4, name="shared")
    w = cr.parameter("w", np.ones(4))
    cr.Model(x, shared(shared(x)) * w).summary()
    out = capsys.readouterr().out
    assert out.count("shared (Dense)") == 2
    assert "24" in out
    assert "(no layer)" in out


def test_repr() -> None:
    model = cr.Sequential([Dense(3, activation="relu"), Dense(2)])
    assert repr(model) == "Sequential([Dense(3, activation='relu'), Dense(2)])"
    x = cr.input("x", (None, 4))
    assert repr(cr.Model(x, Dense(2)(x))) == "<Model: 1 layers, 10 parameters>"


def test_a_deep_model_meets_no_recursion_limit() -> None:
    model = cr.Sequential([cr.layers.Activation("tanh") for _ in range(3000)])
    assert model.predict(X).shape == X.shape
