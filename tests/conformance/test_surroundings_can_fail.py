"""Checks of what surrounds the arithmetic catch their faults, too.

Files, pictures, determinism, backends, figures, and gradients that are cut off.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, ClassVar

import click
import numpy as np
import pytest

import chainrule as cr
from chainrule import ops, testing
from chainrule.annotations import OfKind
from chainrule.errors import ConformanceError
from chainrule.plotting.canvas import Canvas
from chainrule.plotting.plot import Data, Plot
from chainrule.registry import registry


class CutsByMistake(cr.Activation):
    """y = x σ(x), with the factor σ(x) taken for a constant."""

    def apply(self, x: cr.Node) -> cr.Node:
        return x * ops.stop_gradient(ops.sigmoid(x))


class CutsByIntent(CutsByMistake):
    """The same, said to be meant."""

    cuts_gradient = True


class Straight(cr.Activation):
    """y = sign(x), with the slope of x."""

    cuts_gradient = True

    def apply(self, x: cr.Node) -> cr.Node:
        return x + ops.stop_gradient(ops.sign(x) - x)


class Shifted(cr.Activation):
    """y = x - c + c: what is cut off does not count."""

    def apply(self, x: cr.Node) -> cr.Node:
        shift = ops.stop_gradient(ops.max(x, -1, keepdims=True))
        return x - shift + ops.max(x, -1, keepdims=True) * 0 + shift


class MeansPenalty(cr.Regularizer):
    """J + w² / mean w², with the mean taken for a constant."""

    def penalty(self, parameter: cr.Node) -> cr.Node:
        squares = ops.square(parameter)
        return ops.sum(squares * ops.stop_gradient(ops.mean(squares)))


class LocalPenalty(cr.Regularizer):
    """J + mean of (ŷ - c)², c the prediction taken for a constant, halved."""

    def batch_penalty(self, batch: Any) -> cr.Node:
        (y,) = batch.predictions
        return ops.mean(ops.square(y - ops.stop_gradient(y / 2)))


class LocalByIntent(LocalPenalty):
    """The same, said to be meant."""

    cuts_gradient = True


class Within(cr.Layer):
    """y = f(x), with a part that cuts by intent."""

    inner: Annotated[cr.Activation, OfKind("activations")]

    def apply(self, x: cr.Node) -> cr.Node:
        return self.inner(2 * x)


class CutsALoss(cr.Loss):
    """J = mean of (p - t)² / |p - t|, with the divisor taken for a constant."""

    def per_example(self, target: cr.Node, prediction: cr.Node) -> cr.Node:
        error = prediction - target
        return ops.mean(error * ops.stop_gradient(error), -1)


HINT = "write cuts_gradient = True"


@pytest.mark.parametrize(
    ("check", "component"),
    [
        (testing.check_activation, CutsByMistake()),
        (testing.check_layer, Within(CutsByMistake())),
        (testing.check_loss, CutsALoss()),
        (testing.check_regularizer, MeansPenalty()),
        (testing.check_regularizer, LocalPenalty()),
    ],
)
def test_a_gradient_that_is_cut_by_mistake_is_found(
    check: Callable[[Any], None], component: Any
) -> None:
    with pytest.raises(ConformanceError, match=f"(?s)first derivative.*{HINT}"):
        check(component)


def test_one_that_is_cut_by_intent_is_no_fault() -> None:
    testing.check_activation(CutsByIntent())
    testing.check_activation(Straight())
    testing.check_activation(Shifted())
    testing.check_layer(Within(CutsByIntent()))
    testing.check_regularizer(LocalByIntent())


# -- determinism -----------------------------------------------------------------------


class Noisy(cr.Activation):
    """y = x + u, also where nothing is trained."""

    def apply(self, x: cr.Node) -> cr.Node:
        return x + ops.uniform(x)


class Whim(cr.Activation):
    """y = k x, with another k in each call."""

    calls: ClassVar = itertools.count(1)

    def apply(self, x: cr.Node) -> cr.Node:
        return next(self.calls) * x


class NoisyLoss(cr.Loss):
    """J = mean of u e²."""

    def per_example(self, target: cr.Node, prediction: cr.Node) -> cr.Node:
        error = ops.square(prediction - target)
        return ops.mean(error * ops.uniform(error, "noise"), -1)


class Forgetful(cr.Layer):
    """y = k x, where k is not in the configuration."""

    made: ClassVar = itertools.count(1)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "_k", next(self.made))

    def apply(self, x: cr.Node) -> cr.Node:
        return vars(self)["_k"] * x


# -- pictures --------------------------------------------------------------------------


class Unwritable(cr.Elementwise):
    """y = x, whose notation fails where a picture is made of it."""

    notation = "f({0})"

    def derivatives(self, y: cr.Node, x: cr.Node) -> tuple[cr.Node]:
        return (Slope()(x),)

    def expand(self, x: cr.Node) -> cr.Node:
        return ops.identity(x)


class Slope(cr.Elementwise):
    """y = 1, which cannot be written."""

    def written(self, node: cr.Node) -> tuple[str, str]:
        raise cr.ChainRuleError("no words for it")

    def derivatives(self, y: cr.Node, x: cr.Node) -> tuple[None]:
        return (None,)

    def expand(self, x: cr.Node) -> cr.Node:
        return x * 0 + 1


# -- shapes ----------------------------------------------------------------------------


class Flat(cr.Regularizer):
    """w ← the first row of w."""

    def constrain(self, parameter: cr.Node) -> cr.Node:
        return parameter[:1]


class Narrows(cr.Regularizer):
    """h ← the first column of h."""

    def transform(self, x: cr.Node, name: str) -> cr.Node:
        return x[:, :1]


class Transposed(cr.Initializer):
    """Ones, of another shape."""

    def draw(self, shape: tuple[int, ...], random: Any) -> Any:
        return np.ones(shape[::-1])


class FarOff(cr.Activation):
    """y = x for small x, NaN for large x."""

    def apply(self, x: cr.Node) -> cr.Node:
        return x + 0 * ops.sqrt(ops.square(ops.square(x)) * 1e30)


class ByTheBatch(cr.Loss):
    """J = e² / n, n the size of the batch while it is known."""

    def per_example(self, target: cr.Node, prediction: cr.Node) -> cr.Node:
        n = prediction.shape[0] or 1
        return ops.mean(ops.square(prediction - target), -1) / n


class Slanted(cr.Loss):
    """J = mean of e², with another slope."""

    def per_example(self, target: cr.Node, prediction: cr.Node) -> cr.Node:
        return ops.mean(Wrong()(prediction - target), -1)


class Wrong(cr.Elementwise):
    """y = x², with the slope 3 x."""

    notation = "w({0})"

    def derivatives(self, y: cr.Node, x: cr.Node) -> tuple[cr.Node]:
        return (3 * x,)

    def expand(self, x: cr.Node) -> cr.Node:
        return ops.square(x)


class SlantedPenalty(cr.Regularizer):
    """J + Σ w², with another slope."""

    def penalty(self, parameter: cr.Node) -> cr.Node:
        return ops.sum(Wrong()(parameter))


class Open(cr.Elementwise):
    """y = x / n, n the size of the batch while it is known."""

    notation = "open({0})"

    def derivatives(self, y: cr.Node, x: cr.Node) -> tuple[cr.Node]:
        return (self.expand(cr.constant(1.0) + 0 * x),)

    def expand(self, x: cr.Node) -> cr.Node:
        return x / (x.shape[0] or 1)


# -- what acts in a run ----------------------------------------------------------------


class ListsTotals(cr.Metric):
    """The error, in a list."""

    def totals(self, target: cr.Node, prediction: cr.Node) -> Any:
        return [ops.sum(ops.abs(target - prediction))]

    def result(self, total: float) -> float:
        return total


class Picky(cr.Metric):
    """A metric that takes nothing."""

    def totals(self, target: cr.Node, prediction: cr.Node) -> Any:
        raise cr.ChainRuleError("wrong shape")

    def result(self, total: float) -> float:
        return total


class Growing(cr.Schedule):
    """Lasts for the steps that are asked for, and fails in a run."""

    def rate(self, lr: float, step: int, steps_per_epoch: int) -> float:
        return float("nan") if step > 5 else lr


def objects() -> Any:
    """Return texts and lists."""
    return np.array([None, "a"], object), np.ones(2)


def wordless(graph: Any) -> str:
    return "a picture"


@click.command(context_settings={"help_option_names": ["--other"]})
def helpless() -> None:
    """Do something."""


FAULTS: list[tuple[Callable[[Any], None], Any, str]] = [
    (testing.check_activation, Noisy(), "random outside training"),
    (testing.check_activation, Whim(), "a second call computes something else"),
    (
        testing.check_loss,
        NoisyLoss(),
        "random outside training",
    ),
    (testing.check_layer, Forgetful(), "when it was saved and loaded"),
    (testing.check_op, Unwritable, "cannot be drawn: no words for it"),
    (testing.check_regularizer, Flat(), "constraining twice|shape"),
    (
        testing.check_regularizer,
        Narrows(),
        r"must keep the shape \(4, 3\), got \(4, 1\)",
    ),
    (testing.check_initializer, Transposed(), r"shape \(6, 4\)"),
    (testing.check_activation, FarOff(), "the value is not finite"),
    (testing.check_loss, ByTheBatch(), "with the batch open"),
    (testing.check_loss, Slanted(), "first derivative"),
    (testing.check_regularizer, SlantedPenalty(), "first derivative"),
    (testing.check_op, Open, "with the batch open"),
    (testing.check_metric, ListsTotals(), "must return a tuple"),
    (testing.check_metric, Picky(), "give the check targets and predictions"),
    (testing.check_schedule, Growing(), "rate"),
    (testing.check_dataset, objects, "arrays of numbers"),
    (testing.check_renderer, wordless, "no docstring"),
    (testing.check_command, helpless, "--help fails"),
]


@pytest.mark.parametrize(
    ("check", "component", "message"),
    FAULTS,
    ids=[getattr(c, "__name__", type(c).__name__) for _, c, _ in FAULTS],
)
def test_a_fault_is_found(
    check: Callable[[Any], None], component: Any, message: str
) -> None:
    with pytest.raises(ConformanceError, match=message), np.errstate(all="ignore"):
        check(component)


# -- backends --------------------------------------------------------------------------


class Wrongly:
    """A plugin with an op that NumPy computes wrongly."""

    @cr.hookimpl
    def register_ops(self) -> list[type[cr.Op]]:
        return [Doubled]

    @cr.hookimpl
    def register_kernels(self) -> Mapping[str, Mapping[type[cr.Op], Any]]:
        return {"numpy": {Doubled: "multiply({0}, 3, {out})"}}


class Doubled(cr.Elementwise):
    """y = 2 x."""

    notation = "2 {0}"

    def derivatives(self, y: cr.Node, x: cr.Node) -> tuple[float]:
        return (2.0,)

    def expand(self, x: cr.Node) -> cr.Node:
        return 2 * x


@pytest.fixture
def wrong_kernel() -> Iterator[None]:
    registry.plugins.register(Wrongly(), "wrongly")
    yield
    registry.plugins.unregister("wrongly")


@pytest.mark.usefixtures("wrong_kernel", "on_numpy")
def test_a_wrong_kernel_is_found() -> None:
    with pytest.raises(ConformanceError, match="first derivative"):
        testing.check_op(Doubled)


# -- figures ---------------------------------------------------------------------------


def tiny(canvas: Canvas, data: Data) -> None:
    canvas.panels()[0].text(0.5, 0.5, "small", fontsize=2)


def outside(canvas: Canvas, data: Data) -> None:
    (axes,) = canvas.panels()
    axes.text(1.3, 0.5, "far away", transform=axes.transAxes, in_layout=False)


def covered(canvas: Canvas, data: Data) -> None:
    (axes,) = canvas.panels()
    axes.text(0.2, 0.5, "one text")
    axes.text(0.2, 0.5, "another")


def whim(canvas: Canvas, data: Data) -> None:
    canvas.panels()[0].plot(np.random.default_rng().normal(size=9))


def readable(canvas: Canvas, data: Data) -> None:
    canvas.panels()[0].plot(data["loss"])


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (tiny, r"column: text has|slide: text has"),
        (outside, "'far away' is cut off"),
        (covered, "'one text' overlaps 'another'|'another' overlaps"),
        (whim, "two renderings of the same data differ"),
    ],
)
def test_a_figure_that_cannot_be_read_is_found(
    draw: Callable[[Canvas, Data], None], message: str
) -> None:
    def figure() -> Plot:
        """Show something."""
        return Plot(draw, {"loss": np.arange(3.0)})

    with pytest.raises(ConformanceError, match=message):
        testing.check_figure(figure)


def test_so_is_one_that_fails_or_returns_something_else() -> None:
    def fails() -> Plot:
        """Fail."""
        raise KeyError("loss")

    def text(history: Any) -> str:
        """Return no plot."""
        return "a picture"

    def wordless(history: Any) -> Plot:
        return Plot(readable, {"loss": np.asarray(history["loss"])})

    def good(history: Any) -> Plot:
        """Show the loss."""
        return wordless(history)

    testing.check_figure(good)
    with pytest.raises(ConformanceError, match="it fails: KeyError: 'loss'"):
        testing.check_figure(fails)
    with pytest.raises(ConformanceError, match=r"must return a cr\.Plot, got 'a pic"):
        testing.check_figure(text)
    with pytest.raises(ConformanceError, match="no docstring"):
        testing.check_figure(wordless)
