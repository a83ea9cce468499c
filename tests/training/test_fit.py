"""Training: what fit computes, promises and remembers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import chainrule as cr
from chainrule.backends.numpy import NumpyBackend
from chainrule.kinds.backend import Executable
from chainrule.kinds.callback import Run
from chainrule.program import Program
from chainrule.training.examples import held_out

Array = npt.NDArray[Any]
ROWS = 23
random = np.random.default_rng(5)
X = random.normal(size=(ROWS, 6)).astype(np.float32)
LABELS = random.integers(0, 3, ROWS)
NUMBERS = random.normal(size=(ROWS, 3)).astype(np.float32)
SPARSE = "sparse_softmax_cross_entropy"


def classifier() -> cr.Sequential:
    return cr.Sequential(
        [
            cr.layers.Dense(8, activation="tanh"),
            cr.layers.BatchNorm(),
            cr.layers.Dropout(0.3),
            cr.layers.Dense(3),
        ]
    )


def linear() -> cr.Sequential:
    return cr.Sequential([cr.layers.Dense(3)])


def log_probabilities(scores: Array) -> Array:
    scores = scores.astype(np.float64)
    return scores - np.log(np.exp(scores).sum(-1, keepdims=True))


def same(a: cr.Model, b: cr.Model) -> bool:
    ours, theirs = a.get_weights(), b.get_weights()
    return ours.keys() == theirs.keys() and all(
        w.tobytes() == theirs[k].tobytes() for k, w in ours.items()
    )


def test_history_has_one_number_for_each_epoch() -> None:
    model = classifier()
    history = model.fit(
        X, LABELS, loss=SPARSE, metrics=["accuracy"], validation=(X, LABELS), epochs=4
    )
    assert list(history.keys()) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert all(len(values) == 4 for values in history.values())
    assert history is model.history
    assert history.epochs == 4
    assert "4 epochs" in repr(history)
    assert model.evaluate(X, LABELS) == {
        "loss": history["val_loss"][-1], "accuracy": history["val_accuracy"][-1]
    }  # fmt: skip


def test_gradient_descent_is_that_of_the_textbook() -> None:
    model = linear()
    w = model.predict(X) * 0  # builds it
    weights = model.get_weights()
    w, b = weights["dense_1/kernel"].astype(float), np.zeros(3)
    history = model.fit(X, NUMBERS, loss="mse", optimizer="gradient_descent", epochs=5)
    losses = []
    for _ in range(5):
        error = X @ w + b - NUMBERS
        losses.append((error**2).mean())
        w -= 0.01 * X.T @ (2 * error / error.size)
        b -= 0.01 * (2 * error / error.size).sum(0)
    np.testing.assert_allclose(history["loss"], losses, rtol=1e-5)
    np.testing.assert_allclose(model.parameters["dense_1/kernel"].value, w, atol=1e-6)
    np.testing.assert_allclose(model.parameters["dense_1/bias"].value, b, atol=1e-6)


def test_gradient_descent_takes_all_examples_as_one_batch() -> None:
    assert steps_of("gradient_descent") == [1, 2]
    assert steps_of("sgd") == [1, 2, 3, 4, 5, 6]


def steps_of(optimizer: str) -> list[int]:
    steps = []

    class Count(cr.Callback):
        def step_end(self, run: Run) -> None:
            steps.append(run.step)

    linear().fit(
        X, NUMBERS, loss="mse", optimizer=optimizer, batch_size=8, epochs=2,
        callbacks=[Count()],
    )  # fmt: skip
    return steps


@pytest.mark.parametrize("batch_size", [1, 7, 23, 100])
def test_losses_and_metrics_are_exact_for_any_batch_size(batch_size: int) -> None:
    model = linear()
    still = cr.optimizers.SGD(lr=1e-30)
    history = model.fit(
        X, LABELS, loss=SPARSE, optimizer=still, metrics=["accuracy"],
        batch_size=batch_size,
    )  # fmt: skip
    scores = model.predict(X, batch_size=batch_size)
    loss = -log_probabilities(scores)[np.arange(ROWS), LABELS].mean()
    assert history["loss"] == pytest.approx([loss], rel=1e-6)
    assert history["accuracy"] == [(scores.argmax(-1) == LABELS).mean()]
    measured = model.evaluate(X, LABELS, batch_size=batch_size)
    assert measured["loss"] == pytest.approx(loss, rel=1e-6)
    assert measured["accuracy"] == history["accuracy"][-1]


def test_the_same_seed_gives_the_same_bytes() -> None:
    first, again, other = classifier(), classifier(), classifier()
    for model, seed in ((first, 1), (again, 1), (other, 2)):
        model.fit(X, LABELS, loss=SPARSE, epochs=3, batch_size=5, seed=seed)
    assert same(first, again)
    assert not same(first, other)
    assert first.history == again.history


@pytest.mark.parametrize("optimizer", ["adam", "nadam", "momentum"])
def test_a_resumed_run_equals_an_uninterrupted_one(optimizer: str) -> None:
    schedule = cr.schedules.CosineDecay(epochs=5)
    settings: dict[str, Any] = {
        "loss": SPARSE, "optimizer": optimizer, "batch_size": 5, "schedule": schedule,
        "seed": 3,
    }  # fmt: skip
    whole, parts = classifier(), classifier()
    history = whole.fit(X, LABELS, epochs=5, **settings)
    first = parts.fit(X, LABELS, epochs=2, **settings)
    parts.predict(X)
    second = parts.fit(X, LABELS, epochs=3, **settings)
    assert same(whole, parts)
    assert history["loss"] == first["loss"] + second["loss"]


def test_slots_survive_another_learning_rate_but_not_another_optimizer() -> None:
    model = classifier()
    model.fit(X, LABELS, loss=SPARSE, optimizer="adam")
    state = model.session.state
    model.fit(X, LABELS, loss=SPARSE, optimizer=cr.optimizers.Adam(lr=0.1))
    assert model.session.state is state
    model.fit(X, LABELS, loss=SPARSE, optimizer=cr.optimizers.Adam(beta_1=0.5))
    assert model.session.state is not state


def test_initial_weights_come_from_the_seed_and_the_path() -> None:
    model = linear()
    model.predict(X)
    draw = cr.initializers["glorot_uniform"].sample
    for seed in (0, 4):
        kernel = draw((6, 3), seed, "dense_1/kernel")
        if seed:
            model.fit(
                X, LABELS, loss=SPARSE, seed=seed, optimizer=cr.optimizers.SGD(lr=1e-30)
            )
        np.testing.assert_array_equal(model.parameters["dense_1/kernel"].value, kernel)


@pytest.mark.parametrize("way", ["set_weights", "value", "in place"])
def test_training_starts_from_weights_that_were_set(way: str) -> None:
    model = linear()
    model.predict(X)
    bias = model.parameters["dense_1/bias"]
    if way == "set_weights":
        model.set_weights({"dense_1/bias": [1, 2, 3]})
    elif way == "value":
        bias.value = np.array([1, 2, 3], np.float32)
    else:
        bias.value[:] = [1, 2, 3]
    still = cr.optimizers.SGD(lr=1e-30)
    model.fit(X, LABELS, loss=SPARSE, seed=9, optimizer=still)
    np.testing.assert_array_equal(bias.value, [1, 2, 3])


def test_training_continues_from_a_value_replaced_between_two_fits() -> None:
    model, other = linear(), linear()
    model.fit(X, NUMBERS, loss="mse", optimizer="sgd")
    weights = model.get_weights()
    model.fit(X, NUMBERS, loss="mse", optimizer="sgd")
    model.parameters["dense_1/kernel"].value = weights["dense_1/kernel"]
    model.parameters["dense_1/bias"].value = weights["dense_1/bias"]
    other.predict(X)
    other.set_weights(weights)
    for one in (model, other):
        one.fit(X, NUMBERS, loss="mse", optimizer="sgd", shuffle=False)
    assert same(model, other)


def test_a_second_fit_compiles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Program] = []
    compile = NumpyBackend.compile

    def counted(self: NumpyBackend, program: Program) -> Executable:
        compiled.append(program)
        return compile(self, program)

    monkeypatch.setattr(NumpyBackend, "compile", counted)
    model = classifier()
    settings: dict[str, Any] = {
        "loss": SPARSE, "batch_size": 5, "metrics": ["accuracy"],
        "validation": (X, LABELS), "backend": "numpy",
    }  # fmt: skip
    model.fit(X, LABELS, **settings)
    first = len(compiled)
    assert first == 3  # whole batches, the last batch, validation
    model.fit(X, LABELS, epochs=2, optimizer=cr.optimizers.Adam(lr=0.5), **settings)
    assert len(compiled) == first


def test_sample_weights() -> None:
    weights = random.random(ROWS)
    model = linear()
    history = model.fit(
        X, LABELS, loss=SPARSE, sample_weight=weights, batch_size=7,
        optimizer=cr.optimizers.SGD(lr=1e-30),
    )  # fmt: skip
    each = -log_probabilities(model.predict(X))[np.arange(ROWS), LABELS]
    expected = (weights * each).sum() / ROWS
    assert history["loss"] == pytest.approx([expected], rel=1e-5)
    measured = model.evaluate(X, LABELS, sample_weight=weights)
    assert measured["loss"] == pytest.approx(expected, rel=1e-5)


def test_weights_of_zero_leave_examples_out() -> None:
    few, weighted = linear(), linear()
    keep = np.arange(ROWS) < 12
    settings: dict[str, Any] = {"loss": "mse", "optimizer": "gradient_descent"}
    few.fit(X[keep], NUMBERS[keep], **settings)
    weighted.fit(X, NUMBERS, sample_weight=keep * ROWS / 12, **settings)
    for path, value in few.get_weights().items():
        np.testing.assert_allclose(value, weighted.get_weights()[path], atol=1e-6)


def test_validation_may_have_its_own_sample_weights() -> None:
    model = linear()
    weights = random.random(ROWS)
    history = model.fit(X, LABELS, loss=SPARSE, validation=(X, LABELS, weights))
    measured = model.evaluate(X, LABELS, sample_weight=weights)
    assert history["val_loss"][-1] == measured["loss"]


def test_a_fraction_is_held_out_and_drawn_from_the_seed() -> None:
    kept, out = held_out(100, 0.25, seed=1)
    assert len(out) == 25
    assert sorted([*kept, *out]) == list(range(100))
    assert not np.array_equal(out, held_out(100, 0.25, seed=2)[1])
    model = linear()
    history = model.fit(X, LABELS, loss=SPARSE, validation=0.3, seed=6)
    kept, out = held_out(ROWS, 0.3, seed=6)
    assert model.evaluate(X[out], LABELS[out])["loss"] == history["val_loss"][-1]


def test_a_loss_may_be_a_function() -> None:
    def cubic(target: cr.Node, prediction: cr.Node) -> cr.Node:
        return cr.ops.mean(abs(prediction - target) ** 3)

    model = linear()
    history = model.fit(X, NUMBERS, loss=cubic, optimizer=cr.optimizers.SGD(lr=1e-30))
    expected = (np.abs(model.predict(X) - NUMBERS) ** 3).mean()
    assert history["loss"] == pytest.approx([expected], rel=1e-5)


def test_metrics_decide_at_logit_0_and_probability_one_half() -> None:
    y = (X[:, 0] > 0.4).astype(int)
    logits = cr.Sequential([cr.layers.Dense(1)])
    chances = cr.Sequential([cr.layers.Dense(1, activation="sigmoid")])
    still = cr.optimizers.SGD(lr=1e-30)
    for model, loss in (
        (logits, "sigmoid_cross_entropy"),
        (chances, "binary_cross_entropy"),
    ):
        history = model.fit(
            X, y, loss=loss, metrics=["accuracy", "recall"], optimizer=still
        )
        said = logits.predict(X)[:, 0] > 0
        assert history["accuracy"] == [(said == y).mean()]
        assert history["recall"] == [said[y == 1].mean()]


def test_several_inputs_and_outputs() -> None:
    a, b = cr.input("a", (None, 6)), cr.input("b", (None, 2))
    shared = cr.layers.Dense(4, activation="tanh", name="shared")
    h = shared(a) + cr.layers.Dense(4, name="side")(b)
    kind = cr.layers.Dense(3, name="kind")(h)
    size = cr.layers.Dense(1, name="size")(h)
    model = cr.Model([a, b], [kind, size])
    x = {"a": X, "b": X[:, :2]}
    y = {"kind": LABELS, "size": NUMBERS[:, 0]}
    history = model.fit(
        x, y, loss={"kind": SPARSE, "size": "mse"}, epochs=2, metrics=[],
        validation=([X, X[:, :2]], [LABELS, NUMBERS[:, :1]]),
    )  # fmt: skip
    assert list(history.keys())[:3] == ["loss", "kind_loss", "size_loss"]
    np.testing.assert_allclose(
        history["loss"], np.add(history["kind_loss"], history["size_loss"])
    )
    kinds, sizes = model.predict(x)
    assert kinds.shape == (ROWS, 3)
    assert sizes.shape == (ROWS, 1)
    measured = model.evaluate(x, y)
    error = (sizes[:, 0] - NUMBERS[:, 0]) ** 2
    assert measured["size_loss"] == pytest.approx(error.mean(), rel=1e-5)


def test_frozen_parameters_are_not_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    model = classifier()
    model.predict(X)
    frozen = model.parameters["dense_1/kernel"]
    frozen.trainable = False
    before = model.get_weights()
    model.fit(X, LABELS, loss=SPARSE)
    after = model.get_weights()
    np.testing.assert_array_equal(before["dense_1/kernel"], after["dense_1/kernel"])
    assert not np.array_equal(before["dense_2/kernel"], after["dense_2/kernel"])


def test_two_metrics_of_one_kind_get_different_names() -> None:
    metrics = [cr.metrics.TopK(k=1), cr.metrics.TopK(k=3), "accuracy"]
    history = linear().fit(X, LABELS, loss=SPARSE, metrics=metrics)
    assert list(history.keys()) == ["loss", "top_k", "top_k_2", "accuracy"]
    assert history["top_k"] == history["accuracy"]
    assert history["top_k_2"] == [1.0]


def test_an_axis_may_stay_open() -> None:
    x = cr.input("x", (None, None, 6))
    model = cr.Model(x, cr.layers.Dense(2)(x))
    for length in (3, 5):
        data = random.normal(size=(8, length, 6))
        model.fit(data, data[:, :, :2], loss="mse")
        assert model.predict(data).shape == (8, length, 2)


def test_an_optimizer_must_return_all_its_slots() -> None:
    class Forgetful(cr.Optimizer):
        slots = ("m",)
        lr: float = 0.1

        def update(
            self, p: cr.Node, g: cr.Node, lr: cr.Node, step: cr.Node, m: cr.Node
        ) -> dict[str, cr.Node]:
            return {"p": p - lr * g}

    with pytest.raises(cr.ChainRuleError, match="new values of p, m; got p"):
        linear().fit(X, NUMBERS, loss="mse", optimizer=Forgetful())
