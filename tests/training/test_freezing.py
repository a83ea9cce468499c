"""Freezing: parameters and layers that training leaves as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import FrozenError, GraphError, NotBuiltError, UnknownNameError
from chainrule.kinds.callback import Run
from chainrule.registry import registry
from chainrule.training import History

random = np.random.default_rng(5)
X = random.normal(size=(24, 3)).astype(np.float32)
Y = X @ random.normal(size=(3, 2)).astype(np.float32)
Dense, BatchNorm = cr.layers.Dense, cr.layers.BatchNorm


def made() -> cr.Sequential:
    layers = [Dense(4, activation="tanh"), BatchNorm(momentum=0.5), Dense(2)]
    return cr.Sequential(layers, input_shape=3)


def fitted(model: cr.Model, epochs: int = 1, **options: Any) -> History:
    chosen: dict[str, Any] = {
        "loss": "mse",
        "batch_size": 8,
        "optimizer": "adam",
    } | options
    return model.fit(X, Y, epochs=epochs, **chosen)


def changed(model: cr.Model, before: dict[str, Any]) -> set[str]:
    after = model.get_weights()
    return {path for path, a in before.items() if not np.array_equal(a, after[path])}


WAYS = {
    "path": lambda m: m.freeze("dense_1/kernel"),
    "pattern": lambda m: m.freeze("dense_1/k*"),
    "parameter": lambda m: m.freeze(m.parameters["dense_1/kernel"]),
    "Keras": lambda m: setattr(m.parameters["dense_1/kernel"], "trainable", False),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_frozen_parameter_stays(way: str) -> None:
    model = made()
    before = model.get_weights()
    WAYS[way](model)
    fitted(model)
    assert set(before.keys()) - changed(model, before) == {"dense_1/kernel"}


@pytest.mark.parametrize("what", ["dense_1", "dense_1*", 0])
def test_a_frozen_layer_stays(what: Any) -> None:
    model = made()
    before = model.get_weights()
    model.freeze(model.layers[what] if isinstance(what, int) else what)
    fitted(model)
    stayed = set(before.keys()) - changed(model, before)
    assert stayed == {"dense_1/kernel", "dense_1/bias"}


def test_a_model_that_is_a_layer_is_frozen_whole() -> None:
    inner = made()
    model = cr.Sequential([inner, Dense(2)], input_shape=3)
    before = model.get_weights()
    inner.freeze()
    fitted(model)
    assert changed(model, before) == {"dense_1/kernel", "dense_1/bias"}
    model.unfreeze(inner)
    fitted(model)
    assert changed(model, before) == set(before.keys())


@pytest.mark.parametrize("optimizer", registry.names("optimizers"))
def test_freezing_between_two_fits_keeps_what_there_is(
    optimizer: str, tmp_path: Path
) -> None:
    model = made()
    steps = 1 if registry.find("optimizers", optimizer).target.full_batch else 3
    fitted(model, 2, optimizer=optimizer)
    slots = {name: slot.value.copy() for name, slot in state(model).slots.items()}
    model.freeze("dense_1/kernel")
    before = model.get_weights()
    model.save(tmp_path / "m")
    loaded = cr.load(tmp_path / "m")
    assert loaded.parameters["dense_1/kernel"].frozen
    fitted(model, optimizer=optimizer)
    fitted(loaded, optimizer=optimizer)
    assert (state(model).epoch, state(model).step) == (3, 3 * steps)
    assert "dense_1/kernel" not in changed(model, before)
    assert not changed(model, loaded.get_weights())
    for name, slot in state(model).slots.items():
        assert slot.ndim == 0 or slot.value.size == slots[name].size - 12
        assert np.all(np.isfinite(slot.value))
    model.unfreeze()
    model.save(tmp_path / "n")
    loaded = cr.load(tmp_path / "n")
    fitted(model, optimizer=optimizer)
    fitted(loaded, optimizer=optimizer)
    assert "dense_1/kernel" in changed(model, before)
    assert not changed(model, loaded.get_weights())
    assert state(loaded).epoch == 4


def state(model: cr.Model) -> Any:
    return model.session.state


def test_slots_of_the_others_are_kept() -> None:
    model = made()
    fitted(model, 2)
    old = state(model)
    before = old.slots["m"].value[old.slices[model.parameters["dense_2/kernel"]]].copy()
    model.freeze("dense_1")
    new = model.session.prepare(old.optimizer)
    assert new is not old
    after = new.slots["m"].value[new.slices[model.parameters["dense_2/kernel"]]]
    assert before.any()
    np.testing.assert_array_equal(before, after)


def test_a_frozen_model_is_loaded_as_such(tmp_path: Path) -> None:
    for optimizer in ("sgd", "adam"):
        model = made()
        model.freeze("batch_norm_1")
        fitted(model, optimizer=optimizer)
        model.save(tmp_path / "m")
        loaded = cr.load(tmp_path / "m")
        frozen = [path for path, p in loaded.parameters.items() if p.frozen]
        assert frozen == [
            f"batch_norm_1/{name}"
            for name in ("gamma", "beta", "moving_mean", "moving_variance")
        ]
        before = model.get_weights()
        for each in (model, loaded):
            fitted(each, optimizer=optimizer)
        assert not changed(model, loaded.get_weights())
        assert not any("batch_norm" in path for path in changed(model, before))


def test_a_frozen_batch_norm_computes_as_in_inference() -> None:
    model = cr.Sequential([BatchNorm(momentum=0.5), Dense(2)], input_shape=3)
    still = cr.optimizers.SGD(lr=1e-30)
    model.freeze("batch_norm_1")
    loss = fitted(model, optimizer=still)["loss"][0]
    assert loss == pytest.approx(model.evaluate(X, Y)["loss"], rel=1e-6)
    model.unfreeze()
    assert fitted(model, optimizer=still)["loss"][-1] != pytest.approx(loss, rel=1e-3)


def test_averages_alone_can_be_frozen() -> None:
    model = cr.Sequential([BatchNorm(momentum=0.5), Dense(2)], input_shape=3)
    still = cr.optimizers.SGD(lr=1e-30)
    free = fitted(model, optimizer=still)["loss"][0]
    model = cr.Sequential([BatchNorm(momentum=0.5), Dense(2)], input_shape=3)
    model.freeze("batch_norm_1/moving_*")
    before = model.get_weights()
    assert fitted(model, optimizer=still)["loss"][0] == free  # statistics of the batch
    assert not any("moving" in path for path in changed(model, before))
    model.unfreeze("batch_norm_1/moving_*")
    fitted(model, optimizer=still)
    assert {p for p in changed(model, before) if "moving" in p}


def test_evaluate_by_hand_leaves_frozen_averages() -> None:
    layer = BatchNorm(momentum=0.5)
    x = cr.input("x", (None, 3))
    y = layer(x)
    averages = {path: owned.node for path, owned in layer.owned_parameters()}
    for frozen in (True, False):
        averages["moving_mean"].frozen = frozen
        cr.evaluate([y], {x: X}, training=True)
        assert averages["moving_mean"].value.any() == (not frozen)


def test_penalties_and_constraints_leave_frozen_weights() -> None:
    model = made()
    model.freeze("dense_1")
    before = model.get_weights()["dense_1/kernel"]
    rules = [cr.regularizers.L2(10.0), cr.regularizers.MaxNorm(0.01)]
    with_penalty = fitted(model, regularizers=rules)
    np.testing.assert_array_equal(before, model.get_weights()["dense_1/kernel"])
    second = model.get_weights()["dense_2/kernel"]
    assert np.linalg.norm(second, axis=0).max() < 0.011
    assert with_penalty["loss"][0] < 10 * np.square(before).sum() + 100


def test_freezing_in_the_middle_of_a_training_run_is_refused() -> None:
    class Freezer(cr.Callback):
        def epoch_end(self, run: Run) -> None:
            run.model.freeze("dense_1")

    with pytest.raises(GraphError, match=r"before epoch 2, .* call fit again"):
        fitted(made(), 2, callbacks=[Freezer()])
    model = made()
    fitted(model, 1, callbacks=[Freezer()])  # as the last thing it does no harm
    fitted(model, 1)
    assert state(model).epoch == 2


def test_everything_frozen_is_nothing_to_fit() -> None:
    model = made()
    model.freeze()
    with pytest.raises(GraphError, match=r"nothing to fit; model.unfreeze\(\)"):
        fitted(model)


@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        ("dense_3", UnknownNameError, "Did you mean 'dense_2'"),
        ("kernel", UnknownNameError, "no parameter or layer"),
        (Dense(2), GraphError, "no parameter in this model"),
        (cr.layers.Dropout(0.5), GraphError, "no parameter in this model"),
        (3, GraphError, "must be a path, a layer or a parameter, got 3"),
    ],
)
def test_what_cannot_be_frozen(what: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        made().freeze(what)


def test_a_model_is_built_before_it_is_frozen() -> None:
    with pytest.raises(NotBuiltError, match="input_shape"):
        cr.Sequential([Dense(2)]).freeze("dense_1")


def test_keras_habit_on_layers_says_what_to_write() -> None:
    model = made()
    with pytest.raises(FrozenError, match=r"write model.freeze\('dense_1'\)"):
        model.layers[0].trainable = False
    with pytest.raises(FrozenError, match=r"write model.unfreeze\('dense_1'\)"):
        model.layers[0].trainable = True
    with pytest.raises(FrozenError, match=r"write model.freeze\(\)"):
        model.trainable = False  # type: ignore[attr-defined]


def test_the_summary_counts_what_is_trained(capsys: pytest.CaptureFixture[str]) -> None:
    model = made()
    model.freeze("dense_1")
    model.summary()
    out = capsys.readouterr().out
    for line in (" 16 frozen", " 42 ", " 18 trained", " 8 running averages"):
        assert line in out
    assert out.count(" 16 frozen") == 2


def test_frozen_parameters_are_marked_in_diagrams() -> None:
    model = made()
    assert marks(model) == {}
    model.freeze("dense_1", "batch_norm_1/moving_*")
    assert list(marks(model)) == ["dense_1", "batch_norm_1"]
    assert marks(model)["dense_1"] == "❄ frozen"
    assert "μ" in marks(model)["batch_norm_1"]
    assert "γ" not in marks(model)["batch_norm_1"]
    model.unfreeze()
    assert marks(model) == {}


def marks(model: cr.Model) -> dict[str, str]:
    return {
        block.title.unicode(): line.text.unicode()
        for block in cr.draw(model).scene.blocks
        for line in block.lines
        if "❄" in line.text.unicode()
    }


@pytest.mark.parametrize("name", ["[a]", "a[1]", "*", "a?"])
def test_a_layer_is_found_by_its_exact_name(name: str) -> None:
    model = cr.Sequential([Dense(4), Dense(3, name=name), Dense(2)], input_shape=3)
    model.freeze(name)
    frozen = [path for path, p in model.parameters.items() if p.frozen]
    assert frozen == [f"{name}/kernel", f"{name}/bias"]
    cr.draw(model, level="model", expand=[name])
