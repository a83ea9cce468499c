"""Fields that hold layers: declared by their base class, saved, loaded and copied."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.annotations import OfKind
from chainrule.errors import HyperparameterError, UnknownNameError

X = np.random.default_rng(3).normal(size=(5, 3)).astype(np.float32)
Dense = cr.layers.Dense


class Applied(cr.Layer):
    """y = f(x), whatever the fields hold."""

    def apply(self, x: cr.Node) -> cr.Node:
        for value in (v for k, v in self.hyperparameters().items() if k != "name"):
            for inner in value if isinstance(value, (list, tuple)) else (value,):
                x = x if inner is None else inner(x)
        return x


class InOne(Applied):
    inner: cr.Layer


class InSome(Applied):
    inner: cr.Layer | None = None


class InDense(Applied):
    inner: cr.layers.Dense  # type: ignore[name-defined]


class InActivation(Applied):
    inner: cr.Activation = "relu"  # type: ignore[assignment]


class InEither(Applied):
    inner: cr.Layer | cr.Activation


class InTuple(Applied):
    blocks: tuple[cr.Layer, ...]


class InPair(Applied):
    blocks: tuple[cr.Layer, cr.Activation]


class InList(Applied):
    blocks: list[cr.Layer]


class InMarkedList(Applied):
    blocks: list[Annotated[Any, OfKind("layers")]]


RELU = cr.activations.Relu()
TANH = cr.activations.Tanh()
MADE = [
    lambda: InOne(Dense(3)),
    lambda: InSome(Dense(3)),
    lambda: InDense(Dense(3)),
    lambda: InActivation(TANH),
    lambda: InEither(Dense(3)),
    lambda: InEither(TANH),
    lambda: InTuple((Dense(4), InOne(Dense(3)))),
    lambda: InPair((Dense(3), RELU)),
    lambda: InList([Dense(4), Dense(3)]),
    lambda: InMarkedList([Dense(4), Dense(3)]),
]


@pytest.mark.filterwarnings("ignore:.*not registered")
@pytest.mark.parametrize("make", MADE)
def test_what_is_saved_can_be_loaded_and_copied(make: Any, tmp_path: Path) -> None:
    model = cr.Sequential([make()], input_shape=3)
    model.save(tmp_path / "m.safetensors")
    classes = {cls.type_name: cls for cls in Applied.__subclasses__()}
    again = cr.load(tmp_path / "m.safetensors", custom=classes)
    for other in (again, copy.deepcopy(model)):
        np.testing.assert_array_equal(other.predict(X), model.predict(X))
        assert other.to_config() == model.to_config()


def test_names_are_taken_as_files_have_them() -> None:
    assert InActivation("tanh").to_config()["inner"] == "tanh"  # type: ignore[arg-type]
    config: Any = {"type": "dense", "units": 3}
    classes: list[Any] = [InList, InMarkedList, InTuple]
    for cls in classes:
        assert isinstance(cls([config]).blocks[0], Dense)
    assert isinstance(InActivation(cr.ops.tanh).inner, cr.Activation)  # type: ignore[arg-type]
    assert isinstance(InEither("relu").inner, cr.activations.Relu)  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="no layer named 'dens'"):
        InSome("dens")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cls", "value", "message"),
    [
        (InOne, 3, r"InOne\(inner=…\) must be a Layer, got 3"),
        (InOne, RELU, "must be a Layer, got Relu"),
        (InDense, "flatten", "must be a Dense, got 'flatten'"),
        (InList, [Dense(3), 3], "must be a Layer, got 3"),
        (InMarkedList, [Dense(3), 3], "3 is not a layer"),
        (InMarkedList, ["dense"], "Dense needs units"),
        (InMarkedList, Dense(3), "must be a list, got Dense"),
    ],
)
def test_what_is_no_layer_is_refused(cls: Any, value: Any, message: str) -> None:
    with pytest.raises(HyperparameterError, match=message):
        cls(value)


@pytest.mark.parametrize(
    ("annotation", "value", "wanted"),
    [
        (Any, Dense(3), "cr.Layer"),
        (object, RELU, "cr.Activation"),
        (list, [Dense(3)], "tuple[cr.Layer, ...]"),
        (tuple, (RELU,), "tuple[cr.Activation, ...]"),
        (tuple[Any, ...], [Dense(3)], "tuple[cr.Layer, ...]"),
        (dict[str, cr.Layer], {"a": Dense(3)}, "tuple[cr.Layer, ...]"),
    ],
)
def test_a_field_must_say_what_it_holds(
    annotation: Any, value: Any, wanted: str
) -> None:
    cls: Any = type("Vague", (Applied,), {"__annotations__": {"inner": annotation}})

    with pytest.raises(HyperparameterError) as caught:
        cls(value)
    assert str(caught.value).startswith("Vague(inner=…) holds ")
    assert str(caught.value).endswith(f"declare it as {wanted}")
