"""Each check of `chainrule.testing` catches the fault that it looks for."""

import itertools
from typing import Any, ClassVar

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops, testing
from chainrule.errors import ConformanceError
from chainrule.ops.base import Elementwise
from chainrule.ops.reductions import Reduction
from chainrule.registry import registry


class SinWithWrongSlope(ops.Sin):
    def derivatives(self, y, x):
        return (ops.sin(x),)

    def expand(self, x):
        return ops.sin(x)


class SinWithWrongCurvature(ops.Sin):
    def derivatives(self, y, x):
        return (ops.stop_gradient(ops.cos(x)),)

    def expand(self, x):
        return ops.sin(x)


class SumWithOneWrongElement(ops.Sum):
    def vjp(self, g, y, x):
        right = super().vjp(g, y, x)[0]
        return (right * np.array([[1.0, 1, 1], [1, 1, 1.001]]),)

    def expand(self, x):
        return ops.Sum(self.axes, self.keepdims)(x)

    @classmethod
    def sample(cls, shape, random):
        return cls((0, 1)), (random.random((2, 3)),)


class SignAtZero(Elementwise):
    notation = "wrong({0})"

    def derivatives(self, y, x):
        return (x / ops.abs(x),)

    def expand(self, x):
        return ops.abs(x)


class WrongShape(Elementwise):
    notation = "wrong({0})"

    def infer(self, x):
        return x.shape[:-1], "float"

    def derivatives(self, y, x):
        return (1,)

    def expand(self, x):
        return ops.identity(x)


class WrongDtype(Elementwise):
    notation = "wrong({0})"
    result = "bool"

    def derivatives(self, y, x):
        return (None,)

    def expand(self, x):
        return ops.identity(x)


class NoNotation(Elementwise):
    latex = r"\frac{{0}"

    def derivatives(self, y, x):
        return (1,)

    def expand(self, x):
        return ops.identity(x)

    @classmethod
    def sample(cls, shape, random):
        return cls(), (random.random(shape),)


class SaysNothing(Reduction):
    def expand(self, x):
        return ops.sum(x)


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (SinWithWrongSlope, "first derivative"),
        (SinWithWrongCurvature, "second derivative"),
        (SumWithOneWrongElement, "first derivative"),
        (WrongShape, "WrongShape.expand must return a node of shape"),
        (WrongDtype, "WrongDtype.expand must return a node of shape"),
        (NoNotation, "written"),
        (SaysNothing, "nothing says what SaysNothing takes"),
    ],
)
def test_check_op(cls: type[ops.Op], message: str) -> None:
    with pytest.raises(ConformanceError, match=message):
        testing.check_op(cls)


def test_an_expansion_must_compute_what_the_kernel_computes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = lambda self, x: ops.log(1 + 1.01 * ops.exp(x))  # noqa: E731
    monkeypatch.setattr(ops.Softplus, "expand", wrong)
    with pytest.raises(ConformanceError, match=r"expand\(\)"):
        testing.check_op(ops.Softplus)


def test_a_derivative_that_is_not_finite_is_not_a_kink() -> None:
    with pytest.raises(ConformanceError, match="not finite"):
        testing.check_op(SignAtZero(), [np.zeros(3)])


class GradientOverflows(cr.Activation):
    """y = x for x > 0, eˣ − 1 elsewhere."""

    def apply(self, x):
        return ops.where(x > 0, x, ops.expm1(x))


class ChangesShape(cr.Activation):
    """y = Σ x."""

    def apply(self, x):
        return ops.sum(x, -1)


class Undocumented(cr.Activation):
    def apply(self, x):
        return ops.tanh(x)


@pytest.mark.parametrize(
    ("activation", "message"),
    [
        (GradientOverflows(), "gradient is not finite"),
        (ChangesShape(), "the result must have the shape of x"),
        (Undocumented(), "no docstring"),
    ],
)
def test_check_activation(activation: cr.Activation, message: str) -> None:
    with pytest.raises(ConformanceError, match=message), np.errstate(over="ignore"):
        testing.check_activation(activation)


class NamedStream(cr.Layer):
    """y = x m."""

    def apply(self, x):
        return ops.training(x * ops.bernoulli(x, 0.5, "mask"), x)


class AlwaysRandom(cr.Layer):
    """y = x + u."""

    def apply(self, x):
        return x + ops.uniform(x)


class GrowsParameters(cr.Layer):
    """y = x + b."""

    def apply(self, x):
        name = f"bias_{len(list(self.owned_parameters()))}"
        return x + self.parameter(name, x.shape[-1:], cr.initializers.Zeros())


class WrongInTheBatch(cr.Layer):
    """y = x / n, n the size of the batch while it is known."""

    def apply(self, x):
        return x / (x.shape[0] or 1)


class ForgetsItsConfig(cr.Layer):
    """y = a x."""

    a: float = 1.0

    def to_config(self) -> dict[str, Any]:
        return {**super().to_config(), "a": self.a + 1}

    def apply(self, x):
        return self.a * x


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (NamedStream(), "the same random numbers"),
        (AlwaysRandom(), "random outside training"),
        (GrowsParameters(), "parameters of its own"),
        (WrongInTheBatch(), "with the batch open"),
        (ForgetsItsConfig(), "restored by its config"),
    ],
)
def test_check_layer(layer: cr.Layer, message: str) -> None:
    with pytest.raises(ConformanceError, match=message):
        testing.check_layer(layer)


class MixesExamples(cr.Loss):
    """J = (mean of e)²."""

    def per_example(self, target, prediction):
        return ops.square(ops.mean(prediction - target)) + 0 * ops.sum(prediction, -1)


class LogOfZero(cr.Loss):
    """J = −y ln p."""

    target_range: ClassVar = (0.0, 1.0)
    prediction_range: ClassVar = (0.0, 1.0)

    def per_example(self, target, prediction):
        return -ops.sum(target * ops.log(prediction), -1)


class TakesAnything(cr.Loss):
    """J = mean of e²."""

    def check(self, target, prediction):
        pass

    def per_example(self, target, prediction):
        error = ops.square(prediction - target)
        return ops.mean(error, tuple(range(1, error.ndim)))


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (MixesExamples(), "sample weights"),
        (LogOfZero(), "is not finite"),
        (TakesAnything(), "one target for several"),
    ],
)
def test_check_loss(loss: cr.Loss, message: str) -> None:
    with (
        pytest.raises(ConformanceError, match=message),
        np.errstate(divide="ignore", invalid="ignore"),
    ):
        testing.check_loss(loss)


class Unseeded(cr.Initializer):
    """Another number each time."""

    count: ClassVar = itertools.count()

    def draw(self, shape, random):
        return np.full(shape, next(self.count))


class Infinite(cr.Initializer):
    """∞."""

    def draw(self, shape, random):
        return np.full(shape, np.inf)


@pytest.mark.parametrize(
    ("initializer", "message"),
    [(Unseeded(), "the same seed"), (Infinite(), "values must be finite")],
)
def test_check_initializer(initializer: cr.Initializer, message: str) -> None:
    with pytest.raises(ConformanceError, match=message):
        testing.check_initializer(initializer)


class NotANumber(cr.Regularizer):
    """J + w²."""

    def penalty(self, parameter):
        return ops.square(parameter)


class ShrinksEachTime(cr.Regularizer):
    """w ← w / 2."""

    def constrain(self, parameter):
        return parameter / 2


@pytest.mark.parametrize(
    ("regularizer", "message"),
    [
        (NotANumber(), "the penalty must be a scalar"),
        (ShrinksEachTime(), "constraining twice"),
    ],
)
def test_check_regularizer(regularizer: cr.Regularizer, message: str) -> None:
    with pytest.raises(ConformanceError, match=message):
        testing.check_regularizer(regularizer)


class Uphill(cr.Optimizer):
    """p ← p + α g."""

    lr: float = 0.1

    def update(self, p, g, lr, step):
        return {"p": p + lr * g}


class ForgetsItsSlot(cr.Optimizer):
    """p ← p − α m."""

    slots: ClassVar = ("m",)
    lr: float = 0.1

    def update(self, p, g, lr, step, m):
        return {"p": p - lr * m}


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (Uphill(), "20 steps"),
        (ForgetsItsSlot(), "must return a dict of the new values of p, m"),
    ],
)
def test_check_optimizer(optimizer: cr.Optimizer, message: str) -> None:
    with pytest.raises(ConformanceError, match=message):
        testing.check_optimizer(optimizer)


class Needs(cr.Layer):
    """y = x, after a shape that nobody knows."""

    shape: tuple[int, ...]

    def apply(self, x):
        return x


def test_example_asks_for_what_it_cannot_know() -> None:
    with pytest.raises(ConformanceError, match=r"example = \{'shape'"):
        testing.example(Needs)


def test_example_takes_what_the_class_gives() -> None:
    def given(name: str) -> dict[str, Any]:
        return testing.example(registry.find("layers", name).target).hyperparameters()

    assert given("reshape")["shape"] == (2, -1)
    assert given("dropout")["rate"] == 0.5
    assert given("dense")["units"] == 3
