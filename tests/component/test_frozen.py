"""Frozen objects: setting what has no effect says what to do instead."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.component import Component, fields_of
from chainrule.errors import FrozenError
from chainrule.kinds.callback import Run
from chainrule.registry import registry
from chainrule.registry.kinds import KINDS

KINDS_OF_COMPONENTS = [
    kind for kind, base in KINDS.items() if base and issubclass(base, Component)
]
EVERY = [
    pytest.param(entry.target, id=f"{kind}.{entry.name}")
    for kind in KINDS_OF_COMPONENTS
    for entry in registry.entries(kind)
]


def component(cls: Any) -> Component:
    """Make a component, whatever it needs."""
    needed: dict[str, Any] = {
        "units": 2, "rate": 0.1, "stddev": 0.1, "path": "file", "epochs": 2,
        "shape": (2,),
        "activation": "relu", "function": np.tanh, "hidden": (2,), "value": 1.0,
        "boundaries": (1.0,), "factors": (1.0, 0.5), "axes": (1,), "layers": (2, 2),
    }  # fmt: skip
    wanted = {
        f.name: needed[f.name] for f in fields_of(cls) if f.name in needed
    } | dict(getattr(cls, "example", {}))
    return cls(**wanted)  # type: ignore[no-any-return]


@pytest.mark.parametrize("cls", EVERY)
def test_no_hyperparameter_can_be_set(cls: type[Component]) -> None:
    made = component(cls)
    before = made.hyperparameters()
    for name, value in before.items():
        with pytest.raises(FrozenError, match=f"{name} cannot be set: make another"):
            setattr(made, name, value)
        with pytest.raises(FrozenError, match="cannot be deleted"):
            delattr(made, name)
    with pytest.raises(FrozenError, match="no attribute 'foo', so setting it would"):
        made.foo = 1  # type: ignore[attr-defined]
    with pytest.raises(FrozenError, match="to_config can be read, not set"):
        made.to_config = None  # type: ignore[method-assign,assignment]
    assert made.hyperparameters() == before


def model() -> cr.Sequential:
    return cr.Sequential([cr.layers.Dense(2, activation="relu")], input_shape=2)


@pytest.mark.parametrize(
    ("made", "name", "value", "message"),
    [
        (lambda: cr.layers.Dense(2), "activation", "tanh",
         r"Dense\(units=2, activation='tanh'\)"),
        (cr.optimizers.Adam, "lr", 0.1,
         r"Adam\(lr=0.1\); the next fit goes on with it, and schedule="),
        (cr.optimizers.SGD, "learning_rate", 0.1, r"SGD\(lr=0.1\)"),
        (lambda: cr.layers.Dense(2), "trainable", False, r"model.freeze\('dense'\)"),
        (lambda: cr.layers.Dense(2), "name", "a", r"Dense\(units=2, name='a'\)"),
        (cr.callbacks.History, "epocs", 1, "no attribute 'epocs'"),
        (model, "layers", [], "layers can be read, not set"),
        (model, "predict", len, "predict can be read, not set"),
        (model, "optimizer", "adam", r"write model.fit\(…, optimizer=…\)"),
        (model, "meta", {}, "Did you mean 'metadata'"),
    ],
)  # fmt: skip
def test_the_message_says_what_to_write(
    made: Callable[[], Any], name: str, value: Any, message: str
) -> None:
    with pytest.raises(FrozenError, match=message):
        setattr(made(), name, value)


@pytest.mark.parametrize(
    ("name", "message"),
    [("lr", "give fit a schedule"), ("stopping", r"run.stop\(\)"), ("foo", "no attr"),
     ("epoch", "can be read, not set")],
)  # fmt: skip
def test_a_run_is_for_reading(name: str, message: str) -> None:
    class Setter(cr.Callback):
        def epoch_end(self, run: Run) -> None:
            setattr(run, name, 1)

    x = np.ones((4, 2), np.float32)
    with pytest.raises(FrozenError, match=message):
        model().fit(x, x, loss="mse", callbacks=[Setter()])


def test_what_a_method_assigns_is_state() -> None:
    class Spy(cr.Callback):
        limit: float = 1.0

        def begin(self, run: Run) -> None:
            self.seen: list[int] = []

        def step_end(self, run: Run) -> None:
            self.seen.append(run.step)

    x = np.ones((4, 2), np.float32)
    spy = Spy()
    model().fit(x, x, loss="mse", callbacks=[spy], batch_size=2)
    assert spy.seen == [1, 2]
    spy.seen = []
    with pytest.raises(FrozenError, match=r"Did you mean 'seen'.* Let a method assign"):
        spy.sen = []  # type: ignore[attr-defined]
    with pytest.raises(FrozenError, match=r"Spy\(limit=2.0\)"):
        spy.limit = 2.0


@pytest.mark.parametrize(
    "name", ["shape", "dtype", "op", "inputs", "data", "grad", "y"]
)
@pytest.mark.parametrize("how", [setattr, lambda node, name, _: delattr(node, name)])
def test_a_node_never_changes(name: str, how: Any) -> None:
    x, w = cr.input("x", (None, 2)), cr.parameter("w", [1.0, 2.0])
    for node in (x, w, x * w, cr.constant(1.0)):
        before = node.shape, node.dtype, node.op, node.inputs
        with pytest.raises(FrozenError, match=f"{name} cannot be"):
            how(node, name, None)
        assert (node.shape, node.dtype, node.op, node.inputs) == before


def test_what_is_set_of_a_node_and_what_says_so() -> None:
    w = cr.parameter("w", [1.0, 2.0])
    w.value, w.trainable, w.name = np.ones(2), False, "v"
    assert (w.value.tolist(), w.frozen, w.name) == ([1.0, 1.0], True, "v")
    with pytest.raises(FrozenError, match="value cannot be set"):
        cr.constant(1.0).value = np.ones(())
    with pytest.raises(FrozenError, match=r"w.value = …"):
        w.data = 3.0  # type: ignore[attr-defined]
    with pytest.raises(FrozenError, match=r"cr.ops.reshape"):
        w.shape = (2, 1)


def test_copies_of_nodes_are_whole() -> None:
    x = cr.input("x", (None, 2))
    for made in (copy.copy(x), copy.deepcopy(x * 2), pickle.loads(pickle.dumps(x * 2))):
        assert made.shape == (None, 2)
