"""Every registered component passes the checks of `chainrule.testing`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from chainrule import testing
from chainrule.execution import open_backend
from chainrule.kinds.activation import Activation
from chainrule.kinds.layer import Layer
from chainrule.kinds.loss import Loss
from chainrule.registry import registry
from chainrule.testing.targets import sample_target
from chainrule.testing.values import bounds

CHECKS: dict[str, Callable[[Any], None]] = {
    "activations": testing.check_activation,
    "layers": testing.check_layer,
    "losses": testing.check_loss,
    "optimizers": testing.check_optimizer,
    "regularizers": testing.check_regularizer,
    "initializers": testing.check_initializer,
    "schedules": testing.check_schedule,
    "metrics": testing.check_metric,
    "callbacks": testing.check_callback,
    "themes": testing.check_component,
}
EXAMPLES = 5 if open_backend().type_name == "numpy" else 2  # others compile each
checked = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None
)
seeds = st.integers(0, 2**32 - 1)


def registered(*kinds: str) -> list[Any]:
    return [
        pytest.param(entry.target, id=f"{kind}-{entry.name}")
        for kind in kinds
        for entry in registry.entries(kind)
    ]


@pytest.mark.parametrize("cls", registered(*CHECKS))
def test_component_keeps_the_contract(cls: type[Any]) -> None:
    CHECKS[cls.kind](testing.example(cls))


@pytest.mark.parametrize("cls", registered("activations"))
@checked
@given(data=st.data())
def test_activation_of_any_shape(cls: type[Activation], data: st.DataObject) -> None:
    shape = data.draw(array_shapes(min_dims=2, max_dims=3, max_side=4))
    x = data.draw(arrays(np.float64, shape, elements=st.floats(-4, 4)))
    testing.check_activation(testing.example(cls), x)  # type: ignore[arg-type]


@pytest.mark.parametrize("cls", registered("layers"))
@checked
@given(batch=st.integers(1, 5), features=st.sampled_from([2, 4]), seed=seeds)
def test_layer_of_any_size(
    cls: type[Layer], batch: int, features: int, seed: int
) -> None:
    x = np.random.default_rng(seed).standard_normal((batch, features))
    testing.check_layer(testing.example(cls), x, seed=seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("cls", registered("losses"))
@checked
@given(data=st.data(), seed=seeds)
def test_loss_of_any_shape(cls: type[Loss], data: st.DataObject, seed: int) -> None:
    shape = data.draw(array_shapes(min_dims=2, max_dims=3, max_side=4))
    low, high = bounds(cls.prediction_range)
    prediction = data.draw(arrays(np.float64, shape, elements=st.floats(low, high)))
    loss = cls()
    target = sample_target(loss, shape, np.random.default_rng(seed))
    testing.check_loss(loss, target, prediction)


@pytest.mark.parametrize("cls", registered("initializers"))
@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (7, 3), (2, 3, 4)])
def test_initializer_of_any_shape(cls: type[Any], shape: tuple[int, ...]) -> None:
    testing.check_initializer(testing.example(cls), shape)  # type: ignore[arg-type]
