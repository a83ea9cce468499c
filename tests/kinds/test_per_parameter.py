"""Optimizers that are applied to each parameter, in its shape."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ComponentError, ConformanceError, HyperparameterError
from chainrule.testing import check_optimizer

random = np.random.default_rng(4)
X = random.normal(size=(12, 3)).astype(np.float32)
Y = random.normal(size=(12, 2)).astype(np.float32)


class Lamb(cr.Optimizer):
    """r = m / (√v + ε) + λ p;  p ← p − α ‖p‖ / ‖r‖ r; biases do not decay."""

    per_parameter = True
    slots: ClassVar[tuple[str, ...]] = ("m", "v")
    lr: float = 0.05

    def update(self, p: cr.Node, g: cr.Node, lr: Any, step: Any, m: Any, v: Any) -> Any:
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        r = m / (cr.ops.sqrt(v) + 1e-3) + (0.1 * p if p.name == "kernel" else 0 * p)
        trust = (cr.ops.l2_norm(p) + 1e-2) / (cr.ops.l2_norm(r) + 1e-6)
        return {"p": p - lr * trust * r, "m": m, "v": v}


class Muon(cr.Optimizer):
    """p ← p − α U Vᵀ for a matrix with the gradient U S Vᵀ; other p ← p − α g."""

    per_parameter = True
    lr: float = 0.05

    def update(self, p: cr.Node, g: cr.Node, lr: cr.Node, step: cr.Node) -> Any:
        if p.ndim != 2:
            return {"p": p - lr * g}
        x = g / cr.ops.l2_norm(g)
        for _ in range(30):
            x = 1.5 * x - 0.5 * (x @ cr.ops.transpose(x)) @ x
        return {"p": p - lr * x}


def lamb(value: Any, g: Any, kernel: bool) -> Any:
    m, v = 0.1 * g, 0.01 * g * g
    r = m / (np.sqrt(v) + 1e-3) + kernel * 0.1 * value
    return value - 0.05 * (np.linalg.norm(value) + 1e-2) * r / (
        np.linalg.norm(r) + 1e-6
    )


def muon(value: Any, g: Any, kernel: bool) -> Any:
    if not kernel:
        return value - 0.05 * g
    u, _, v = np.linalg.svd(g, full_matrices=False)
    return value - 0.05 * u @ v


def model() -> cr.Model:
    layers = [cr.layers.Dense(4, activation="tanh"), cr.layers.Dense(2)]
    made = cr.Sequential(layers, input_shape=3)
    weights = made.get_weights()
    made.set_weights({path: w + 0.1 for path, w in weights.items()})
    return made


def gradients(made: cr.Model) -> dict[str, Any]:
    t = cr.input("t", (None, 2))
    loss = cr.losses.mse(t, made.outputs[0])
    slopes = cr.grad(loss, list(made.parameters.values()))
    feeds = {made.inputs[0]: X, t: Y}
    values = cr.evaluate(slopes, feeds, dtype="float64")
    return dict(zip(made.parameters.keys(), values, strict=True))


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
@pytest.mark.parametrize(("optimizer", "rule"), [(Lamb, lamb), (Muon, muon)])
def test_one_step_is_the_rule_applied_to_each(
    optimizer: Any, rule: Any, backend: str
) -> None:
    made = model()
    before, slopes = made.get_weights(), gradients(made)
    made.fit(X, Y, loss="mse", optimizer=optimizer(), batch_size=12, backend=backend)
    for path, value in made.get_weights().items():
        wanted = rule(before[path], slopes[path], path.endswith("kernel"))
        np.testing.assert_allclose(value, wanted, rtol=2e-4, atol=2e-5)


def test_it_clips_by_the_norm_of_the_whole_gradient() -> None:
    class Plain(cr.Optimizer):
        per_parameter = True
        lr: float = 0.1

        def update(self, p: cr.Node, g: cr.Node, lr: cr.Node, step: cr.Node) -> Any:
            return {"p": p - lr * g}

    one, other = model(), model()
    other.set_weights(one.get_weights())
    options: dict[str, Any] = {"loss": "mse", "epochs": 3}
    one.fit(X, Y, optimizer=Plain(clip_norm=0.1), **options)
    other.fit(X, Y, optimizer=cr.optimizers.SGD(lr=0.1, clip_norm=0.1), **options)
    for path, value in one.get_weights().items():
        np.testing.assert_allclose(value, other.get_weights()[path], rtol=1e-5)


@pytest.mark.parametrize("optimizer", [Lamb(), Muon()])
def test_a_minimizer_and_the_kit_know_it(optimizer: cr.Optimizer) -> None:
    w = cr.parameter("kernel", np.eye(3))
    step = optimizer.minimize(cr.ops.sum(w * w))
    assert step() > step() > step()
    check_optimizer(optimizer)


def test_adamw_spares_what_is_excluded() -> None:
    spared, all_decay, adam = model(), model(), model()
    for made in (spared, all_decay):
        made.set_weights(adam.get_weights())
    excluded = cr.optimizers.AdamW(exclude_from_weight_decay=("bias",))
    for made, optimizer in (
        (spared, excluded), (all_decay, "adamw"), (adam, "adam"),
    ):  # fmt: skip
        made.fit(X, Y, loss="mse", optimizer=optimizer)
    for path, value in spared.get_weights().items():
        same = adam if path.endswith("bias") else all_decay
        np.testing.assert_allclose(value, same.get_weights()[path], rtol=1e-6)
    check_optimizer(excluded)
    wrong = cr.optimizers.AdamW(exclude_from_weight_decay=("biases",))
    with pytest.raises(HyperparameterError, match="called 'biases'; there are bias, k"):
        model().fit(X, Y, loss="mse", optimizer=wrong)


def returning(new: Any, *, scalars: tuple[str, ...] = ()) -> cr.Optimizer:
    class Wrong(cr.Optimizer):
        per_parameter = True
        scalar_slots = scalars
        lr: float = 0.1

        def update(self, p: Any, g: Any, lr: Any, step: Any, **slots: Any) -> Any:
            return new(p)

    return Wrong()


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (returning(lambda p: {"p": cr.ops.sum(p)}), r"of dense_1/kernel \(3, 4\), got"),
        (returning(lambda p: {"p": p, "m": p}), r"of p of dense_1/kernel .* got p, m"),
        (returning(None, scalars=("k",)), "no single new value for k: make slots of"),
    ],
)
def test_mistakes_name_the_parameter(optimizer: cr.Optimizer, message: str) -> None:
    with pytest.raises(ComponentError, match=message):
        model().fit(X, Y, loss="mse", optimizer=optimizer)


def test_the_kit_tries_a_matrix_too() -> None:
    class Upward(cr.Optimizer):
        """It climbs, with matrices alone."""

        per_parameter = True
        lr: float = 0.1

        def update(self, p: cr.Node, g: cr.Node, lr: cr.Node, step: cr.Node) -> Any:
            return {"p": p + lr * g if p.ndim == 2 else p - lr * g}

    with pytest.raises(ConformanceError, match="20 steps"):
        check_optimizer(Upward())
