"""What `evaluate` returns is a dict, and is not unpacked by mistake."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.by_name import ByName
from chainrule.errors import (
    ArgumentTypeError,
    DataError,
    FrozenError,
    UnknownAttributeError,
    UnknownIndexError,
    UnknownNameError,
)

SCORES = ByName({"loss": 0.5, "accuracy": 0.75})


def model() -> cr.Sequential:
    return cr.Sequential([cr.layers.Dense(2)], input_shape=3)


def evaluated() -> Any:
    x, y = np.ones((4, 3)), np.ones((4, 2))
    return model().evaluate(x, y, loss="mse", metrics=["mae"])


def test_unpacking_binds_no_names() -> None:
    with pytest.raises(ArgumentTypeError, match=r"write .* \.values\(\) to go over"):
        _loss, _error = evaluated()
    loss, error = evaluated().values()
    assert isinstance(loss, float)
    assert isinstance(error, float)


@pytest.mark.parametrize("name", ["nonsense", None])
def test_what_is_not_there_is_said(name: Any) -> None:
    with pytest.raises(UnknownNameError, match=r"nothing here has the name .* Known: "):
        evaluated()[name]


@pytest.mark.parametrize("place", [0, 1, -1])
def test_places_are_answered(place: int) -> None:
    with pytest.raises(UnknownNameError, match=r"list\(values.values\(\)\)\[-?\d\]"):
        evaluated()[place]


@pytest.mark.parametrize(
    "use",
    [
        float, int, round, "{:.3f}".format, lambda scores: scores < 0.1,
        lambda scores: 100 * scores, lambda scores: max(scores, 0.5),
    ],
)  # fmt: skip
def test_it_does_not_stand_for_one_number(use: Any) -> None:
    with pytest.raises(ArgumentTypeError, match=r"not one number: write \['loss'\]"):
        use(evaluated())


def test_going_over_it_says_what_to_write() -> None:
    with pytest.raises(ArgumentTypeError, match=r"by name \('loss', 'accuracy'\)"):
        list(SCORES)


def test_all_else_is_as_with_a_dict() -> None:
    plain = {"loss": 0.5, "accuracy": 0.75}
    assert plain == SCORES == dict(SCORES) == {**SCORES} == dict(**SCORES)
    assert plain | SCORES == SCORES | plain == plain
    assert json.loads(json.dumps(SCORES)) == plain
    assert json.loads(json.dumps(SCORES, indent=1, sort_keys=True)) == plain
    for made in (copy.copy(SCORES), copy.deepcopy(SCORES)):
        assert made == plain
        assert type(made) is ByName
    assert pickle.loads(pickle.dumps(SCORES)) == plain
    assert list(SCORES.items()) == list(plain.items())
    assert "loss" in SCORES
    assert SCORES.get("mae") is None
    assert len(SCORES) == 2
    assert repr(SCORES) == repr(plain)


def test_a_table_of_scores() -> None:
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame([SCORES, SCORES])
    assert list(table.columns) == ["loss", "accuracy"]
    assert table["loss"].tolist() == [0.5, 0.5]
    assert pandas.Series(SCORES)["accuracy"] == 0.75


def test_weights_and_parameters_are_not_unpacked_by_mistake() -> None:
    model = cr.Sequential([cr.layers.Dense(2)], input_shape=3)
    mappings: list[Any] = [model.get_weights(), model.parameters]
    for mapping in mappings:
        with pytest.raises(ArgumentTypeError, match=r"'dense_1/kernel', .*\.values"):
            kernel, _bias = mapping
        with pytest.raises(ArgumentTypeError, match=r"\.values\(\)"):
            list(mapping)
        kernel, _bias = mapping.values()
        assert kernel.shape == (3, 2)
        assert list(mapping.keys()) == ["dense_1/kernel", "dense_1/bias"]
        assert dict(mapping)["dense_1/kernel"].shape == mapping[0].shape


def test_a_path_that_is_not_there_and_weights_in_a_list() -> None:
    model = cr.Sequential([cr.layers.Dense(2)], input_shape=3)
    with pytest.raises(UnknownNameError, match="no parameter named 'dense_1/kernle'"):
        model.parameters["dense_1/kernle"]
    model.set_weights([np.ones((3, 2)), np.zeros(2)])
    assert model.predict(np.ones((1, 3))).tolist() == [[3, 3]]
    with pytest.raises(DataError, match=r"each of the 2 parameters .* got 1"):
        model.set_weights([np.ones((3, 2))])


def test_which_parameters_there_are_does_not_change() -> None:
    parameters: Any = model().parameters
    kernel = parameters["dense_1/kernel"]
    for change in (
        lambda: parameters.__setitem__("dense_1/kernel", np.ones((3, 2))),
        lambda: parameters.update(a=kernel), lambda: parameters.pop("dense_1/bias"),
        parameters.clear, lambda: parameters.setdefault("a", kernel),
        parameters.popitem, lambda: parameters.__ior__({"a": kernel}),
        lambda: parameters.__delitem__("dense_1/bias"),
    ):  # fmt: skip
        with pytest.raises(
            FrozenError, match=r"write model\.parameters\[path\]\.value"
        ):
            change()
    assert list(parameters.keys()) == ["dense_1/kernel", "dense_1/bias"]
    copied = copy.copy(parameters)
    assert copied["dense_1/kernel"] is kernel
    assert type(pickle.loads(pickle.dumps(copied))) is type(parameters)


def test_a_name_is_no_attribute() -> None:
    with pytest.raises(UnknownAttributeError, match=r"got \.mean: write \['mean'\]"):
        _ = ByName({"mean": 0.5}).mean  # type: ignore[attr-defined]
    assert not hasattr(SCORES, "__array__")


@pytest.mark.parametrize(
    ("read", "said"),
    [
        (lambda m: m.layers[9], "the model has 1 layers, and none at the place 9"),
        (lambda m: m[9], "the model has 1 layers, and none at the place 9"),
        (
            lambda m: m.parameters[99],
            "there are 2 parameters, and none at the place 99",
        ),
        (lambda m: m.get_weights()[np.int64(-3)], "and none at the place -3"),
    ],
)
def test_a_place_that_there_is_not(read: Any, said: str) -> None:
    with pytest.raises(UnknownIndexError, match=said):
        read(model())


def test_a_layer_is_found_by_its_place() -> None:
    with pytest.raises(ArgumentTypeError, match="an integer or a slice, got 'dense_1'"):
        model().layers["dense_1"]  # type: ignore[call-overload]
    assert len(model().layers[:5]) == 1


def test_the_history_is_empty_before_training() -> None:
    with pytest.raises(UnknownNameError, match=r"is empty until model\.fit"):
        model().history["loss"]
    with pytest.raises(UnknownNameError, match="nothing has the name 'loss'"):
        model().history.last["loss"]
    assert model().history.epochs == 0
