"""Random architectures, for tests of what is said about a network.

Each is a few parts in a row, such as a dense layer, a skip connection, a gate, two
branches that join, a layer applied several times or an unrolled recurrence, and a head
with a loss. A function makes every choice, so a generator of random numbers can drive
it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from chainrule import ops
from chainrule.graph import Graph
from chainrule.node import Input, Node, Parameter
from chainrule.registry import registry
from chainrule.testing.examples import example
from chainrule.testing.random_graphs import Choose
from chainrule.testing.targets import sample_target
from chainrule.testing.values import Array

Part: TypeAlias = "Callable[[Architecture, Node], Node]"


@dataclass
class Architecture:
    """A network with a loss, and an example for it.

    Attributes:
        choose: makes every choice.
        batch: how many examples there are.
        feeds: the example: a value for each input.
        parts: what it consists of.
        loss: the loss, a scalar.
    """

    choose: Choose
    batch: int = 3
    feeds: dict[Input, Array] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    loss: Node = field(init=False)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.choose(10**6))
        y: Node = self.input("x", 2 + self.choose(2))
        for _ in range(1 + self.choose(3)):
            name = list(PARTS)[self.choose(len(PARTS))]
            self.parts.append(name)
            y = PARTS[name](self, y)
        self.loss = self._head(y)

    def __str__(self) -> str:
        return " → ".join(self.parts)

    def input(self, name: str, *shape: int) -> Input:
        """Make an input with values for every example."""
        made = Input(name, (None, *shape))
        self.feeds[made] = self._random.standard_normal((self.batch, *shape))
        return made

    def parameter(self, name: str, *shape: int) -> Parameter:
        """Make a parameter with random values."""
        return Parameter(name, self._random.standard_normal(shape) / 2)

    def layer(self, name: str, **hyperparameters: Any) -> Any:
        """Make a layer by its name."""
        return registry.find("layers", name).target(**hyperparameters)

    def dense(self, x: Node, units: int, activation: str | None = None) -> Node:
        """Apply a dense layer with random weights, the same for the same choices."""
        layer = self.layer("dense", units=units, activation=activation)
        y: Node = layer(x)
        self.settle(layer)
        return y

    def settle(self, layer: Any) -> None:
        """Give the parameters of a layer random values."""
        for _, owned in layer.owned_parameters():
            shape = owned.node.value.shape
            owned.node.value[...] = self._random.standard_normal(shape) / 2

    def activation(self) -> str:
        """Choose an activation that acts on each entry."""
        names = ("tanh", "relu", "sigmoid", "gelu", "silu", "leaky_relu", "softplus")
        return names[self.choose(len(names))]

    def width(self) -> int:
        """Choose how many units a layer has."""
        return 2 + self.choose(2)

    def _head(self, y: Node) -> Node:
        """Put a loss on the network, sometimes two, or one with a penalty."""
        which = self.choose(6)
        if which == 0:  # several outputs
            self.parts.append("two heads")
            return self._loss(self.dense(y, 2), "t") + self._loss(self.dense(y, 1), "u")
        regularizer = self._regularizer() if which in (1, 2) else None
        if regularizer is not None:
            changed = regularizer.transform(y, "y")
            y = y if changed is None else changed
        prediction = self.dense(y, 1 + self.choose(3)).named("y_hat")
        loss = self._loss(prediction, "t")
        if regularizer is not None:
            kernel = next(p for p in Graph([loss]).parameters if p.value.ndim == 2)
            penalty = regularizer.penalty(kernel)
            loss = loss if penalty is None else loss + penalty
        return loss

    def _regularizer(self) -> Any:
        """Choose one of all regularizers that are registered."""
        names = registry.names("regularizers")
        name = names[self.choose(len(names))]
        self.parts.append(name)
        return example(registry.find("regularizers", name).target)

    def _loss(self, y: Node, target: str) -> Node:
        names = ["mse", "mae", "huber", "softmax_cross_entropy",
                 "sparse_softmax_cross_entropy", "sigmoid_cross_entropy"]  # fmt: skip
        loss = registry.find("losses", names[self.choose(len(names))]).target()
        self.parts.append(loss.type_name)
        shape = y.shape[1:] if loss.target == "same" else y.shape[1:-1]
        t = Input(target, (None, *shape), loss.target_dtype)
        sizes = (self.batch, *(size or 1 for size in y.shape[1:]))
        self.feeds[t] = sample_target(loss, sizes, self._random)
        result: Node = loss(t, y)
        return result


def _dense(net: Architecture, x: Node) -> Node:
    return net.dense(x, net.width(), net.activation())


def _by_hand(net: Architecture, x: Node) -> Node:
    w = net.parameter("U", _size(x), net.width())
    return ops.tanh(x @ w)


def _skip(net: Architecture, x: Node) -> Node:
    return x + net.dense(x, _size(x), net.activation())


def _skip_of_two(net: Architecture, x: Node) -> Node:
    inner = net.dense(x, net.width(), net.activation())
    return x + net.dense(inner, _size(x))


def _gate(net: Architecture, x: Node) -> Node:
    width = net.width()
    return net.dense(x, width, "sigmoid") * net.dense(x, width, "tanh")


def _branches(net: Architecture, x: Node) -> Node:
    return ops.concatenate([net.dense(x, 2, "tanh"), net.dense(x, 1, "relu")])


def _second_input(net: Architecture, x: Node) -> Node:
    return ops.concatenate([x, net.input(_free(net, "s"), 2)])


def _siamese(net: Architecture, x: Node) -> Node:
    layer = net.layer("dense", units=net.width(), activation="tanh")
    other = net.input(_free(net, "q"), _size(x))
    both = layer(x), layer(other)
    net.settle(layer)
    return ops.abs(both[0] - both[1])


def _flatten(net: Architecture, x: Node) -> Node:
    flat: Node = net.layer("flatten")(net.input(_free(net, "m"), 2, 2))
    return net.dense(flat, _size(x), "tanh") + x


def _several_times(net: Architecture, x: Node) -> Node:
    layer = net.layer("dense", units=_size(x), activation="tanh")
    for _ in range(2 + net.choose(2)):
        x = layer(x)
    net.settle(layer)
    return x


def _recurrence(net: Architecture, x: Node) -> Node:
    width = net.width()
    into, back = net.parameter("V", _size(x), width), net.parameter("R", width, width)
    state = ops.tanh(x @ into)
    for _ in range(2):
        step = net.input(_free(net, "x"), _size(x))
        state = ops.tanh(step @ into + state @ back)
    return state


def _dropout(net: Architecture, x: Node) -> Node:
    y: Node = net.layer("dropout", rate=0.5)(x)
    return net.dense(y, net.width(), "relu")


def _norm(net: Architecture, x: Node) -> Node:
    layer = net.layer("layer_norm")
    y: Node = layer(net.dense(x, 3))
    return y


PARTS: Mapping[str, Part] = {
    "dense": _dense, "by hand": _by_hand, "skip": _skip,
    "skip of two": _skip_of_two, "gate": _gate, "branches": _branches,
    "second input": _second_input, "siamese": _siamese, "flatten": _flatten,
    "several times": _several_times, "recurrence": _recurrence, "dropout": _dropout,
    "norm": _norm,
}  # fmt: skip
"""The parts of architectures."""


def _size(x: Node) -> int:
    size = x.shape[-1]
    assert size is not None
    return size


def _free(net: Architecture, name: str) -> str:
    """Return a name that no input has."""
    taken = {leaf.name for leaf in net.feeds}
    number = 1
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
