"""Every registered optimizer against the textbook, in float64, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import chainrule as cr
from chainrule.execution import open_backend
from chainrule.kinds.optimizer import Optimizer
from chainrule.node import Input, Parameter
from chainrule.program import LEARNING_RATE, STEP, Program
from chainrule.registry import registry

Vector = npt.NDArray[np.float64]
Reference = Callable[[Vector, list[Vector]], Iterator[Vector]]

STEPS = 30


# -- what tf.keras documents, with averages where the graphs have sums ----------------


def plain(p: Vector, gradients: list[Vector], lr: float = 0.01) -> Iterator[Vector]:
    for g in gradients:
        p = p - lr * g
        yield p


def momentum(p: Vector, gradients: list[Vector]) -> Iterator[Vector]:
    velocity = np.zeros_like(p)
    for g in gradients:
        velocity = 0.9 * velocity - 0.01 * g
        p = p + velocity
        yield p


def nesterov(p: Vector, gradients: list[Vector]) -> Iterator[Vector]:
    velocity = np.zeros_like(p)
    for g in gradients:
        velocity = 0.9 * velocity - 0.01 * g
        p = p + 0.9 * velocity - 0.01 * g
        yield p


def adagrad(p: Vector, gradients: list[Vector]) -> Iterator[Vector]:
    for t in range(1, len(gradients) + 1):
        total = 0.1 + sum(g**2 for g in gradients[:t])
        p = p - 0.001 * gradients[t - 1] / np.sqrt(total + 1e-7)
        yield p


def adadelta(p: Vector, gradients: list[Vector]) -> Iterator[Vector]:
    squares, updates = np.zeros_like(p), np.zeros_like(p)
    for g in gradients:
        squares = 0.95 * squares + 0.05 * g**2
        update = -np.sqrt(updates + 1e-7) / np.sqrt(squares + 1e-7) * g
        updates = 0.95 * updates + 0.05 * update**2
        p = p + 0.001 * update
        yield p


def rmsprop(p: Vector, gradients: list[Vector]) -> Iterator[Vector]:
    average = np.zeros_like(p)
    for g in gradients:
        average = average + (1 - 0.9) * (g**2 - average)
        p = p - 0.001 * g / np.sqrt(average + 1e-7)
        yield p


def adam(
    p: Vector, gradients: list[Vector], decay: float = 0.0, amsgrad: bool = False
) -> Iterator[Vector]:
    m, v, largest = np.zeros_like(p), np.zeros_like(p), np.zeros_like(p)
    for t, g in enumerate(gradients, start=1):
        p = p - 0.001 * decay * p
        m = m + (g - m) * (1 - 0.9)
        v = v + (g**2 - v) * (1 - 0.999)
        largest = np.maximum(largest, v)
        alpha = 0.001 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        p = p - alpha * m / (np.sqrt(largest if amsgrad else v) + 1e-7)
        yield p


def adamw(p: Vector, gradients: list[Vector]) -> Iterator[Vector]:
    return adam(p, gradients, decay=0.004)


def amsgrad(p: Vector, gradients: list[Vector]) -> Iterator[Vector]:
    return adam(p, gradients, amsgrad=True)


def adamax(p: Vector, gradients: list[Vector]) -> Iterator[Vector]:
    m, u = np.zeros_like(p), np.zeros_like(p)
    for t, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        u = np.maximum(0.999 * u, np.abs(g))
        p = p - 0.001 / (1 - 0.9**t) * m / (u + 1e-7)
        yield p


def nadam(p: Vector, gradients: list[Vector]) -> Iterator[Vector]:
    m, v, product = np.zeros_like(p), np.zeros_like(p), 1.0
    for t, g in enumerate(gradients, start=1):
        u_t = 0.9 * (1 - 0.5 * 0.96**t)
        u_next = 0.9 * (1 - 0.5 * 0.96 ** (t + 1))
        product *= u_t
        m = m + (g - m) * (1 - 0.9)
        v = v + (g**2 - v) * (1 - 0.999)
        m_hat = u_next * m / (1 - product * u_next) + (1 - u_t) * g / (1 - product)
        v_hat = v / (1 - 0.999**t)
        p = p - m_hat * 0.001 / (np.sqrt(v_hat) + 1e-7)
        yield p


REFERENCES: dict[str, Reference] = {
    "gradient_descent": plain, "sgd": plain, "momentum": momentum,
    "nesterov": nesterov, "adagrad": adagrad, "adadelta": adadelta,
    "rmsprop": rmsprop, "adam": adam, "adamw": adamw, "adamax": adamax,
    "amsgrad": amsgrad, "nadam": nadam,
}  # fmt: skip

BUILT_IN = [
    e.name for e in registry.entries("optimizers") if e.distribution == "chainrule"
]


# -- the optimizers, run as programs --------------------------------------------------


def run(
    optimizer: Optimizer, p: Vector, gradients: list[Vector], lr: float | None = None
) -> Iterator[Vector]:
    """Yield the parameters after each step."""
    parameter = Parameter("p", p)
    fed = Input("g", p.shape)
    slots = {
        name: Parameter(name, np.full(p.shape, optimizer.slot_start(name)))
        for name in optimizer.slots
    } | {
        name: Parameter(name, np.float64(optimizer.slot_start(name)))
        for name in optimizer.scalar_slots
    }
    new = optimizer.new_values(parameter, fed, LEARNING_RATE, STEP, slots)
    targets = {"p": parameter, **slots}
    program = Program(
        phases=[[(targets[name], node) for name, node in new.items()]],
        shapes={fed: p.shape},
        dtype="float64",
    )
    executable = open_backend("numpy").compile(program)
    for step, g in enumerate(gradients, start=1):
        executable.put(fed, g)
        executable.run(step=step, lr=optimizer.lr if lr is None else lr)
        yield parameter.value.copy()


def problem(size: int = 17, steps: int = STEPS) -> tuple[Vector, list[Vector]]:
    random = np.random.default_rng(7)
    gradients = [random.normal(size=size) * 10.0 ** (t % 4 - 2) for t in range(steps)]
    gradients[3][:5] = 0.0
    return random.normal(size=size), gradients


@pytest.mark.parametrize("name", BUILT_IN)
def test_agrees_with_its_reference(name: str) -> None:
    assert name in REFERENCES, f"write a float64 reference for {name}"
    p, gradients = problem()
    ours = list(run(cr.optimizers[name], p, gradients))
    theirs = list(REFERENCES[name](p, gradients))
    np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-13)


def test_every_reference_has_an_optimizer() -> None:
    assert set(REFERENCES) == set(BUILT_IN)


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_learning_rate_is_fed_at_run_time(name: str) -> None:
    p, gradients = problem(steps=5)
    slow = list(run(cr.optimizers[name], p, gradients, lr=1e-9))
    np.testing.assert_allclose(slow[-1], p, atol=1e-6)


@pytest.mark.parametrize("name", BUILT_IN)
def test_hyperparameters_survive_a_config(name: str) -> None:
    optimizer = registry.find("optimizers", name).target(lr=0.5, clip_norm=2)
    again = registry.resolve("optimizers", optimizer.to_config())
    assert again.hyperparameters() == optimizer.hyperparameters()


def test_clip_value_comes_first_and_acts_on_elements() -> None:
    p, gradients = problem()
    ours = run(cr.optimizers.SGD(clip_value=0.5), p, gradients)
    theirs = plain(p, [np.clip(g, -0.5, 0.5) for g in gradients])
    np.testing.assert_allclose(list(ours), list(theirs))


def test_clip_norm_acts_on_the_whole_gradient() -> None:
    p, gradients = problem()
    clipped = [g * min(1.0, 2.0 / float(np.linalg.norm(g))) for g in gradients]
    assert any(
        c is not g and (c != g).any() for c, g in zip(clipped, gradients, strict=True)
    )
    ours = run(cr.optimizers.Momentum(clip_norm=2.0), p, gradients)
    np.testing.assert_allclose(list(ours), list(momentum(p, clipped)))


def test_both_clips() -> None:
    p, gradients = problem()
    once = [np.clip(g, -0.5, 0.5) for g in gradients]
    twice = [g * min(1.0, 1.0 / float(np.linalg.norm(g))) for g in once]
    ours = run(cr.optimizers.SGD(clip_value=0.5, clip_norm=1.0), p, gradients)
    np.testing.assert_allclose(list(ours), list(plain(p, twice)))


def test_a_zero_gradient_is_not_clipped_to_nan() -> None:
    p, _ = problem()
    (after,) = run(cr.optimizers.SGD(clip_norm=1.0), p, [np.zeros_like(p)])
    np.testing.assert_array_equal(after, p)


@pytest.mark.parametrize(
    ("hyperparameters", "message"),
    [
        ({"lr": -1.0}, "> 0"),
        ({"lr": 0.0}, "> 0"),
        ({"beta_1": 1.0}, r"in \[0, 1\)"),
        ({"clip_norm": -2.0}, "> 0"),
        ({"learning_rate": 0.1}, "no hyperparameter"),
    ],
)
def test_hyperparameters_out_of_range(hyperparameters: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cr.optimizers.Adam(**hyperparameters)
