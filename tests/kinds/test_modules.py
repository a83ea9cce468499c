"""Layers of several inputs or outputs, and layers made of others."""

from __future__ import annotations

import io
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
import pytest
from rich.console import Console

import chainrule as cr
from chainrule.annotations import OfKind, PositiveInt
from chainrule.errors import (
    ArgumentTypeError,
    ConformanceError,
    GraphError,
    ModelFileError,
)
from chainrule.model.summary import table
from chainrule.registry.entry import Entry
from chainrule.testing import check_layer
from chainrule.testing.reports import verdict

random = np.random.default_rng(3)
A = random.normal(size=(12, 3)).astype(np.float32)
B = random.normal(size=(12, 4)).astype(np.float32)
Y = random.normal(size=(12, 2)).astype(np.float32)
Dense = cr.layers.Dense


class Join(cr.Layer):
    """y = the operands side by side."""

    def apply(self, *inputs: cr.Node) -> cr.Node:
        return cr.ops.concatenate(list(inputs), axis=-1)


class Bilinear(cr.Layer):
    """yₖ = Σᵢⱼ aᵢ Wₖᵢⱼ bⱼ, as torch.nn.Bilinear."""

    units: PositiveInt = 2

    def apply(self, a: cr.Node, b: cr.Node) -> cr.Node:
        shape = (self.units, a.shape[-1], b.shape[-1])
        kernel = self.parameter("kernel", shape, cr.initializers.GlorotUniform())
        return cr.ops.einsum("ni,kij,nj->nk", a, kernel, b)


class Attention(cr.Layer):
    """y = softmax(q kᵀ) k; q: (batch, queries, d), k: (batch, keys, d)."""

    def apply(self, query: cr.Node, value: cr.Node, key: cr.Node | None = None) -> Any:
        key = value if key is None else key
        scores = query @ cr.ops.transpose(key, (0, 2, 1))
        return cr.ops.softmax(scores) @ value


class Halves(cr.Layer):
    """Two noisy functions of x that share a weight: the second builds on the first."""

    def apply(self, x: cr.Node) -> tuple[cr.Node, cr.Node]:
        scale = self.parameter("scale", x.shape[-1:], cr.initializers.Ones())
        noise = cr.ops.uniform(x)
        first = cr.ops.training(noise * x * scale, x * scale)
        return first, cr.ops.tanh(first)


class Swapped(cr.Layer):
    """Both inputs, the other way round: neither output depends on both."""

    def apply(self, a: cr.Node, b: cr.Node) -> tuple[cr.Node, cr.Node]:
        return cr.ops.square(b), a


class Chain(cr.Layer):
    """Blocks one after the other."""

    example: ClassVar[dict[str, Any]] = {"blocks": ({"type": "dense", "units": 3},) * 2}
    blocks: tuple[Annotated[Any, OfKind("layers")], ...]

    def apply(self, x: cr.Node) -> cr.Node:
        for block in self.blocks:
            x = block(x)
        return x


class Gated(cr.Layer):
    """y = f(x) σ(g(x))."""

    value: Annotated[Any, OfKind("layers")]
    gate: Annotated[Any, OfKind("layers")]

    def apply(self, x: cr.Node) -> cr.Node:
        return self.value(x) * cr.ops.sigmoid(self.gate(x))


class Mlp(cr.Layer):
    """Layers that it makes itself."""

    units: PositiveInt = 3
    depth: PositiveInt = 2
    hidden: tuple[cr.Layer, ...] = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        made = (Dense(self.units, activation="prelu") for _ in range(self.depth))
        self.hidden = tuple(made)

    def apply(self, x: cr.Node) -> cr.Node:
        for layer in self.hidden:
            x = layer(x)
        return x


CLASSES = (Join, Bilinear, Attention, Halves, Swapped, Chain, Gated, Mlp)
CUSTOM = {cls.type_name: cls for cls in CLASSES}


def loaded(model: cr.Model, folder: Path) -> cr.Model:
    with pytest.warns(match="not registered"):
        model.save(folder / "m.safetensors")
    return cr.load(folder / "m.safetensors", custom=CUSTOM)


def two_inputs(layer: cr.Layer) -> cr.Model:
    a, b = cr.input("a", (None, 3)), cr.input("b", (None, 4))
    return cr.Model([a, b], Dense(2)(layer(a, b)))


@pytest.mark.parametrize(
    "layer", [Join(), Bilinear(units=5)], ids=lambda x: x.type_name
)
def test_two_inputs_are_trained_saved_and_loaded(layer: Any, tmp_path: Path) -> None:
    model = two_inputs(layer)
    model.fit([A, B], Y, loss="mse", epochs=2)
    again = loaded(model, tmp_path)
    np.testing.assert_array_equal(again.predict([A, B]), model.predict([A, B]))
    again.fit([A, B], Y, loss="mse")
    model.fit([A, B], Y, loss="mse")
    np.testing.assert_array_equal(again.predict([A, B]), model.predict([A, B]))
    assert f"{layer.type_name}_1" in cr.draw(model, level="layer").source


def test_a_list_is_taken_for_several_inputs() -> None:
    a, b = cr.input("a", (2, 3)), cr.input("b", (2, 3))
    one, other = Join()(a, b), Join()([a, b])
    assert one.shape == other.shape == (2, 6)
    assert Join()([a, b, a]).shape == (2, 9)
    assert cr.layers.Dense(2)([[1.0, 2.0]]).shape == (1, 2)  # an array, as before


def test_an_optional_input_may_be_left_out() -> None:
    q, v = random.normal(size=(2, 4, 3)), random.normal(size=(2, 5, 3))
    one, other = cr.evaluate([Attention()(q, v), Attention()(q, v, v)])
    np.testing.assert_array_equal(one, other)
    check_layer(Attention(), (q, v))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (Bilinear(), r"bilinear takes 2 inputs \(a, b\), got 1"),
        (lambda a: Bilinear()([a, a, a]), r"bilinear takes 2 inputs \(a, b\), got 3"),
        (Attention(), r"takes 2 to 3 inputs \(query, value, key\), got 1"),
        (lambda a: Join()(), r"join takes 1 or more inputs \(\*inputs\), got 0"),
        (lambda a: Dense(2, name="d")(a, a), r"d takes 1 input \(x\), got 2"),
        (lambda a: Dense(2)([a, a]), r"dense takes 1 input \(x\), got 2"),
        (lambda a: cr.Sequential([Bilinear()], input_shape=2), "2 inputs .* got 1"),
    ],
)
def test_a_wrong_number_of_inputs_names_them(call: Any, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        call(cr.input("a", (None, 3)))


def two_outputs() -> cr.Model:
    x = cr.input("x", (None, 3))
    first, second = Halves()(x)
    return cr.Model(x, [Dense(2)(first), second])


def test_two_outputs_are_those_of_one_call(tmp_path: Path) -> None:
    model = two_outputs()
    again = loaded(model, tmp_path)
    assert [layer.scope.name for layer in again.layers] == ["halves_1", "dense_1"]
    nodes = [*model.outputs, *again.outputs]
    feeds = dict.fromkeys((*model.inputs, *again.inputs), A)
    for graph in (model, again):  # one noise, not one for each output
        ops = [type(node.op).__name__ for node in cr.Graph(graph.outputs)]
        assert ops.count("Uniform") == 1
    console = Console(width=100, file=io.StringIO(), record=True)
    console.print(table(model.structure))
    assert "(batch, 3), (batch, 3)" in console.export_text()
    got = cr.evaluate(nodes, feeds)
    np.testing.assert_array_equal(got[1], got[3])
    assert cr.draw(model, level="layer").source.count("halves_1") == cr.draw(
        again, level="layer"
    ).source.count("halves_1")


def test_outputs_that_share_nothing_are_one_block(tmp_path: Path) -> None:
    a, b = cr.input("a", (None, 3)), cr.input("b", (None, 4))
    first, second = Swapped()(a, b)
    inner = cr.Model([a, b], [Dense(2)(first), Dense(2)(second)])
    c, d = cr.input("c", (None, 3)), cr.input("d", (None, 4))
    model = cr.Model([c, d], list(inner(Dense(3)(c), Dense(4)(d))))
    again = loaded(model, tmp_path)
    for one, other in zip(model.predict([A, B]), again.predict([A, B]), strict=True):
        np.testing.assert_array_equal(one, other)
    for drawn in (inner, model):
        source = cr.draw(drawn, level="layer").source
        assert "swapped_1" in source
        assert "call 1 of 2" not in source


@pytest.mark.parametrize("returned", [(), (None,), [1.0], {}])
def test_apply_returns_nodes(returned: Any) -> None:
    class Wrong(cr.Layer):
        def apply(self, x: cr.Node) -> Any:
            return returned

    with pytest.raises(GraphError, match=r"Wrong\.apply must return a node"):
        Wrong()(A)


PATHS = {
    Chain: ["blocks_0/kernel", "blocks_0/bias", "blocks_1/kernel", "blocks_1/bias"],
    Gated: ["value/kernel", "value/bias", "gate/kernel", "gate/bias"],
}


@pytest.mark.parametrize("cls", PATHS)
def test_sublayers_are_called_by_their_fields(cls: Any, tmp_path: Path) -> None:
    layer = cls((Dense(3), Dense(3))) if cls is Chain else cls(Dense(3), Dense(3))
    model = cr.Sequential([layer, Dense(2)], input_shape=3)
    paths = [f"{cls.type_name}_1/{path}" for path in PATHS[cls]]
    assert [*model.parameters.keys()][:4] == paths
    nodes = cr.Graph(model.outputs).id.values()
    assert set(paths) <= set(nodes)
    model.fit(A, Y, loss="mse")
    again = loaded(model, tmp_path)
    np.testing.assert_array_equal(again.predict(A), model.predict(A))
    assert [*again.parameters.keys()] == [*model.parameters.keys()]


def test_sublayers_with_names_of_their_own_keep_them() -> None:
    layer = Gated(Dense(3, name="up"), Dense(3))
    model = cr.Sequential([layer], input_shape=3)
    assert "gated_1/up/kernel" in model.parameters
    twice = Gated(Dense(3, name="gate"), Dense(3))
    with pytest.raises(GraphError, match="two layers in gated_1 are called 'gate'"):
        cr.Sequential([twice], input_shape=3)


def test_a_layer_of_another_model_is_called_by_its_field(tmp_path: Path) -> None:
    reused = Dense(3)
    cr.Sequential([Dense(3), reused], input_shape=3)
    model = cr.Sequential([Gated(reused, Dense(3))], input_shape=3)
    assert "gated_1/value/kernel" in model.parameters
    again = loaded(model, tmp_path)
    np.testing.assert_array_equal(again.predict(A), model.predict(A))


def test_one_sublayer_in_two_fields_is_one(tmp_path: Path) -> None:
    shared = Dense(3)
    model = cr.Sequential([Chain((shared, shared))], input_shape=3)
    assert [*model.parameters.keys()] == [
        "chain_1/blocks_0/kernel", "chain_1/blocks_0/bias",
    ]  # fmt: skip


def test_one_sublayer_in_two_layers_is_trained_and_not_saved(tmp_path: Path) -> None:
    shared = Dense(3)
    layers = [Gated(shared, Dense(3)), Chain((shared, Dense(2)))]
    model = cr.Sequential(layers, input_shape=3)
    assert "chain_1/blocks_1/kernel" in model.parameters
    assert "chain_1/blocks_0/kernel" not in model.parameters
    model.fit(A, Y, loss="mse")
    prelu = cr.activations.prelu
    with pytest.raises(ModelFileError, match=r"gated_1 and chain_1 have .* in common"):
        model.save(tmp_path / "m.safetensors")
    twice = [Dense(3, activation=prelu), Dense(3, activation=prelu)]
    with pytest.raises(ModelFileError, match="have prelu_1/alpha in common"):
        cr.Sequential(twice, input_shape=3).save(tmp_path / "m.safetensors")


def test_sublayers_that_a_layer_makes_itself(tmp_path: Path) -> None:
    model = cr.Sequential([Mlp(depth=2), Dense(2)], input_shape=3)
    assert "mlp_1/hidden_1/prelu_1/alpha" in model.parameters
    again = loaded(model, tmp_path)
    np.testing.assert_array_equal(again.predict(A), model.predict(A))
    again.freeze("mlp_1/hidden_0/*")
    assert again.parameters["mlp_1/hidden_0/kernel"].frozen


@pytest.mark.parametrize("shape", [None, 3])
def test_a_model_is_no_sublayer(shape: int | None) -> None:
    class Holding(cr.Layer):
        """y = f(x)."""

        inner: Any

        def apply(self, x: cr.Node) -> Any:
            return self.inner(x)

    layer = Holding(cr.Sequential([Dense(3)], input_shape=shape))
    with pytest.raises(GraphError, match="holding_1 applies a model, and a layer is"):
        cr.Sequential([layer], input_shape=3)


def test_a_sublayer_that_is_in_no_field_is_refused() -> None:
    class Fresh(cr.Layer):
        def apply(self, x: cr.Node) -> cr.Node:
            return Dense(2)(x)

    with pytest.raises(GraphError, match=r"fresh applies Dense\(2\), which is in none"):
        Fresh()(A)


class Endless(cr.Layer):
    """Not a function of x."""

    by: str = "call"
    inner: cr.Layer | None = None

    def apply(self, x: cr.Node) -> Any:
        if self.inner is not None:
            return self.inner(x)
        return self.apply(x) if self.by == "apply" else self(x)


@pytest.mark.parametrize(
    "layer", [Endless(), Endless("apply"), Endless(inner=Endless())], ids=repr
)
def test_a_layer_that_calls_itself_is_refused(layer: Any) -> None:
    x = cr.input("x", (None, 3))
    with (
        pytest.raises(GraphError, match=r"applying endless\w* does not end"),
        cr.scope("block"),
    ):
        layer(x)
    with pytest.raises(GraphError, match=r"applying endless\w* does not end"):
        cr.Sequential([layer], input_shape=3)


def test_inputs_are_given_by_position() -> None:
    call: Any = Attention()
    message = "^Attention has no parameter 'query': give its inputs by position$"
    with pytest.raises(ArgumentTypeError, match=message):
        call(query=A)
    model: Any = cr.Sequential([Dense(2)])
    with pytest.raises(ArgumentTypeError, match=r"^Sequential has no parameter 'q'"):
        model(q=A)
    loss: Any = cr.losses.mse
    with pytest.raises(ArgumentTypeError, match=r"^MSE has no parameter"):
        loss(A, A, weight=1)


@pytest.mark.parametrize(
    "layer",
    [Join(), Bilinear(), Halves(), Swapped(), Mlp(), Chain((Dense(3), Dense(2))),
     Gated(Dense(3), Dense(3))],
    ids=lambda layer: layer.type_name,
)  # fmt: skip
def test_the_kit_checks_them(layer: cr.Layer) -> None:
    check_layer(layer)


def test_a_wrong_example_is_a_verdict() -> None:
    class Broken(Chain):
        """Dense needs units."""

        example: ClassVar[dict[str, Any]] = {"blocks": ("dense",)}

    entry = Entry("layers", "Broken", Broken, "custom", "custom", "")
    found = verdict(entry)
    assert found.state == "broken"
    assert "its example cannot be made: Broken(blocks=…): Dense needs u" in found.detail


def test_the_kit_finds_a_fault_in_the_second_output() -> None:
    class Cut(cr.Layer):
        """Its second output is not a number."""

        def apply(self, x: cr.Node) -> tuple[cr.Node, cr.Node]:
            return x * 2, cr.ops.log(-cr.ops.square(x))

    with pytest.raises(ConformanceError, match=r"Cut.*not finite"):
        check_layer(Cut())
