"""An error of a component in mid-run says whose it is, and where it happened."""

from __future__ import annotations

import traceback
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ComponentError
from chainrule.kinds.callback import Run
from chainrule.node import Node

X = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)


def fit(**options: Any) -> None:
    model = cr.Sequential([cr.layers.Dense(4, name="first")])
    model.fit(X, X, **{"loss": "mse", "epochs": 3, "batch_size": 4, **options})


def notes(error: BaseException) -> list[str]:
    return list(getattr(error, "__notes__", ()))


EVENTS = {
    "begin": "in epoch 0, after step 0",
    "epoch_begin": "in epoch 1, after step 0",
    "step_end": "in epoch 1, after step 1",
    "epoch_end": "in epoch 1, after step 2",
    "end": "in epoch 3, after step 6",
}


@pytest.mark.parametrize("event", EVENTS)
def test_an_error_in_a_callback_says_which_and_when(event: str) -> None:
    def fail(self: cr.Callback, run: Run) -> None:
        raise KeyError("mine")

    spy = type("Spy", (cr.Callback,), {event: fail})()
    with pytest.raises(KeyError) as caught:
        fit(callbacks=[spy])
    assert notes(caught.value)[-1] == f"in Spy.fail, {EVENTS[event]}"


class Sick(cr.Metric):
    """Breaks when it is computed."""

    def totals(self, target: Node, prediction: Node) -> tuple[Node, ...]:
        return (cr.ops.sum(prediction),)

    def result(self, *totals: float) -> float:
        return 1 / 0


class SickRule(cr.Regularizer):
    """Breaks when it watches."""

    def watch(self, history: Any, better: Any) -> Any:
        return 1 / 0 if history.get("loss") else "go on"


class SickRate(cr.Schedule):
    """Breaks in its third step."""

    def rate(self, lr: float, step: int, steps_per_epoch: int) -> float:
        return lr / (step - 3)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"metrics": [Sick()]}, "in Sick.result, in epoch 1, after step 2"),
        ({"regularizers": [SickRule()]}, "in SickRule.watch, in epoch 1, after step 2"),
        ({"schedule": SickRate()}, "in SickRate.rate, in epoch 2, after step 2"),
    ],
)
def test_so_does_an_error_of_any_other_component(
    options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        fit(**options)
    assert said in notes(caught.value)


def test_an_error_at_the_end_does_not_cover_the_first_one() -> None:
    ended = []

    class Sicker(cr.Callback):
        def begin(self, run: Run) -> None:
            raise KeyError("first")

        def end(self, run: Run) -> None:
            raise ValueError("second")

    class Healthy(cr.Callback):
        def end(self, run: Run) -> None:
            ended.append(run.step)

    with pytest.raises(KeyError, match="first") as caught:
        fit(callbacks=[Sicker(), Healthy()])
    assert "Sicker.end failed, too: ValueError: second" in notes(caught.value)
    assert ended == [0]
    assert "in Sicker.begin" in "".join(traceback.format_exception(caught.value))


def test_every_callback_is_told_of_the_end() -> None:
    class Sicker(cr.Callback):
        def end(self, run: Run) -> None:
            raise ValueError(f"step {run.step}")

    with pytest.raises(ValueError, match="step 6") as caught:
        fit(callbacks=[Sicker(), Sicker()])
    assert "Sicker.end failed, too: ValueError: step 6" in notes(caught.value)


def test_an_error_of_chainrule_itself_blames_nobody() -> None:
    with pytest.raises(cr.ChainRuleError) as caught:
        fit(loss="binary_cross_entropy")
    assert notes(caught.value) == []


@pytest.mark.parametrize("value", [None, "0.1", float("nan"), np.ones(2)])
def test_a_schedule_returns_a_number(value: Any) -> None:
    class Wrong(cr.Schedule):
        def rate(self, lr: float, step: int, steps_per_epoch: int) -> float:
            rate: float = value
            return rate

    with pytest.raises(ComponentError, match=r"Wrong\.rate must return a finite numb"):
        fit(schedule=Wrong())


@pytest.mark.parametrize("value", [None, "x", np.ones(7)])
def test_an_initializer_returns_numbers_of_the_shape(value: Any) -> None:
    class Wrong(cr.Initializer):
        def draw(self, shape: Any, random: Any) -> Any:
            return value

    model = cr.Sequential([cr.layers.Dense(4, kernel_initializer=Wrong())])
    with pytest.raises(ComponentError, match=r"Wrong\.draw must return numbers of sha"):
        model.fit(X, X, loss="mse")


def test_a_rule_that_watches_returns_a_verdict() -> None:
    class Wrong(cr.Regularizer):
        def watch(self, history: Any, better: Any) -> Any:
            return None

    with pytest.raises(ComponentError, match=r"Wrong\.watch must return one of 'go on"):
        fit(regularizers=[Wrong()])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (lambda p, g: (p - g, g), r"must return a dict of the new values of p; got \("),
        (lambda p, g: {"p": p - g, "m": g}, "new values of p; got p, m"),
        (lambda p, g: {"p": 3.0}, "must return a node of shape .* for 'p', got 3.0"),
        (lambda p, g: {"p": cr.ops.sum(p)}, r"of shape .* for 'p', got .*sum \(\)"),
    ],
)
def test_an_update_returns_a_dict_of_nodes(value: Any, said: str) -> None:
    class Wrong(cr.Optimizer):
        lr: float = 0.1

        def update(
            self, p: Node, g: Node, lr: Node, step: Node, *_: Any, **slots: Any
        ) -> dict[str, Node]:
            made: dict[str, Node] = value(p, g)
            return made

    with pytest.raises(ComponentError, match=said):
        fit(optimizer=Wrong())


def test_a_constraint_keeps_the_shape() -> None:
    class Wrong(cr.Regularizer):
        def constrain(self, parameter: Node) -> Node:
            return cr.ops.sum(parameter)

    with pytest.raises(ComponentError, match=r"Wrong\.constrain must return a node of"):
        fit(regularizers=[Wrong()])


class Breaks(cr.Layer):
    """A layer whose formula cannot be built."""

    def apply(self, x: cr.Node) -> cr.Node:
        raise KeyError("w")


def test_an_error_while_a_model_is_built_names_the_layer() -> None:
    with pytest.raises(KeyError) as caught:
        cr.Sequential([Breaks()], input_shape=3)
    assert "in Breaks.apply" in caught.value.__notes__
