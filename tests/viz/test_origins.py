"""Pictures say which distribution a component comes from that is not built in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.registry import registry
from chainrule.registry.plugin import Plugin, read_hooks


class Wavy(cr.Activation):
    """y = x + sin(a x)."""

    def apply(self, x: cr.Node) -> cr.Node:
        return x + cr.ops.sin(self.parameter("a", (), cr.initializers.Ones()) * x)


class Steep(cr.Loss):
    """Four times the squared error."""

    def per_example(self, target: cr.Node, prediction: cr.Node) -> cr.Node:
        return 4 * cr.ops.mean(cr.ops.square(target - prediction), axis=1)


class Cube(cr.Elementwise):
    """y = x³."""

    notation = "cube({0})"

    def derivatives(self, y: cr.Node, x: cr.Node) -> tuple[cr.Node]:
        return (3 * cr.ops.square(x),)

    def expand(self, x: cr.Node) -> cr.Node:
        return x * cr.ops.square(x)


class Hooks:
    @cr.hookimpl
    def register_activations(self) -> list[type[cr.Activation]]:
        return [Wavy]

    @cr.hookimpl
    def register_losses(self) -> list[type[cr.Loss]]:
        return [Steep]


class Others:
    @cr.hookimpl
    def register_ops(self) -> list[type[cr.Op]]:
        return [Cube]


@pytest.fixture(autouse=True)
def installed() -> None:
    for name, hooks in {"x": Hooks(), "y": Others()}.items():
        plugin = Plugin(name, f"chainrule-{name}", "1.2", name)
        registry.plugins.replace(read_hooks(plugin, hooks))


def loss() -> cr.Node:
    x, t = cr.input("x", (None, 3)), cr.input("t", (None, 2))
    h = Cube()(cr.layers.Dense(4, activation=Wavy())(x))
    return Steep()(t, cr.layers.Dense(2)(h))


@pytest.mark.parametrize("level", ["layer", "op"])
def test_the_caption_says_all_of_them(level: Any) -> None:
    diagram = cr.draw(loss(), level=level)
    said = {"steep, wavy: chainrule-x 1.2", "cube: chainrule-y 1.2"}
    assert any(set(line.split("; ")) == said for line in diagram.notes)


@pytest.mark.parametrize("level", ["layer", "op"])
def test_a_tooltip_says_that_of_its_block(level: Any) -> None:
    tips = {b.id: b.tooltip for b in cr.draw(loss(), level=level).scene.blocks}
    named = {"wavy", "steep"} if level == "op" else {"dense_1", "steep"}
    for name, tip in tips.items():
        assert ("chainrule-x 1.2" in tip) == any(part in name for part in named)
        assert ("chainrule-y 1.2" in tip) == (name == "cube")


def test_the_finished_picture_has_them(tmp_path: Any) -> None:
    path = tmp_path / "picture.svg"
    cr.draw(loss(), level="layer").save(path)
    assert path.read_text().count("chainrule-x 1.2") >= 3  # two blocks, the caption
    cr.draw(loss(), values={"x": np.ones((1, 3)), "t": np.ones((1, 2))}).save(
        tmp_path / "page.html"
    )
    assert "steep: chainrule-x 1.2" in (tmp_path / "page.html").read_text()


def test_units_have_a_caption_too() -> None:
    layers = [cr.layers.Dense(4, activation=Wavy()), cr.layers.Dense(2)]
    model = cr.Sequential(layers, input_shape=3)
    diagram = cr.draw(model, level="neuron")
    assert "wavy: chainrule-x 1.2" in diagram.notes
    assert "(batch, 4); wavy: chainrule-x 1.2" in diagram.scene.block("c1_1").tooltip


@pytest.mark.parametrize("rows", [1, 3])
def test_explanations_have_a_caption_too(rows: int) -> None:
    J = loss()
    w = next(p for p in cr.Graph([J]).parameters if p.shape == (3, 4))
    values = {"x": np.ones((rows, 3)), "t": np.ones((rows, 2))}
    diagram = cr.explain(J, w, index=(0, 1), values=values).diagram
    said = {"steep, wavy: chainrule-x 1.2", "cube: chainrule-y 1.2"}
    assert any(set(line.split("; ")) == said for line in diagram.notes)
    one = cr.explain(J, w, index=(0, 1), values=values, example=0).diagram
    tips = [block.tooltip for block in one.scene.blocks]
    assert "wavy: chainrule-x 1.2" in tips


def test_what_is_built_in_or_in_no_distribution_is_not_told() -> None:
    class Own(cr.Activation):
        """y = 2 x."""

        def apply(self, x: cr.Node) -> cr.Node:
            return 2 * x

    cr.register(Own)
    layers = [cr.layers.Dense(4, activation=Own()), cr.layers.Dense(2)]
    source = cr.draw(cr.Sequential(layers, input_shape=3)).source
    assert "own: " not in source
    assert "chainrule" not in source
