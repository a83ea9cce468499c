"""Classes derived from built-in ones, as an author writes and type-checks them."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.testing import check_activation, check_layer, check_loss


class Steep(cr.activations.Relu):
    """y = 2 max(x, 0)."""

    def apply(self, x: cr.Node) -> cr.Node:
        return 2 * super().apply(x)


class Halved(cr.layers.Dense):
    """y = f(x W + b) / 2."""

    def apply(self, x: cr.Node) -> cr.Node:
        return super().apply(x) / 2


class Doubled(cr.losses.MSE):
    """J = 2 mean((t - y)^2)."""

    def per_example(self, target: cr.Node, prediction: cr.Node) -> cr.Node:
        return 2 * super().per_example(target, prediction)


class Slow(cr.optimizers.Adam):
    """Adam with a smaller learning rate."""

    patience: int = 2


class Narrow(cr.initializers.Normal):
    """Normal numbers."""


class Strong(cr.regularizers.L2):
    """The penalty of L2."""


class Waved(cr.schedules.CosineDecay):
    """The rate of CosineDecay."""


class Hits(cr.metrics.Accuracy):
    """The share of right answers."""


class Shown(cr.callbacks.Progress):
    """The progress."""


class Night(cr.themes.Dark):
    """The colours of Dark."""


class Squashed(cr.ops.Tanh):
    """y = tanh(x)."""


def units_of(layer: cr.layers.Dense) -> int:
    return layer.units


def test_derived_classes_are_components_like_others() -> None:
    check_activation(Steep())
    check_layer(Halved(3))
    check_loss(Doubled())
    assert units_of(Halved(3, use_bias=False)) == 3
    assert Slow(lr=0.1, patience=3).to_config()["patience"] == 3


@pytest.mark.parametrize("name", ["mse", "MSE"])
def test_names_that_are_known_only_when_it_runs(name: str) -> None:
    found: cr.Loss | type[cr.Loss] = cr.losses[name]
    loss = found if isinstance(found, cr.Loss) else found()
    t, y = cr.input("t", (None, 2)), cr.input("y", (None, 2))
    (value,) = cr.evaluate([loss(t, y)], {t: np.ones((1, 2)), y: np.zeros((1, 2))})
    assert float(value) == 1.0


def test_a_class_and_its_default_object_are_typed() -> None:
    layer: cr.Layer = cr.layers.Dense(3, activation="relu", name="first")
    activation: cr.Activation = cr.activations.relu
    assert [layer.scope.name, activation.type_name] == ["first", "relu"]
    assert "relu" in cr.activations
    assert len(list(cr.activations)) == len(cr.activations)
