from typing import Any

import chainrule as cr
import numpy as np
import pytest
from chainrule.testing import check_backend, check_parity, parity_cases

from chainrule_numexpr import NumexprBackend


def test_its_contract() -> None:
    check_backend(NumexprBackend())


@pytest.mark.parametrize("case", list(parity_cases()), ids=str)
def test_parity(case: Any) -> None:
    check_parity(case, NumexprBackend())


def test_a_formula_is_one_expression() -> None:
    x = cr.input("x", (3,))
    program = cr.program.Program(outputs=[cr.ops.tanh(x * x + 1.0) * 2.0])
    source = NumexprBackend().compile(program).source
    assert source.count("\n") == 0
    assert "tanh(" in source


def test_a_model_trains_as_on_numpy() -> None:
    weights = []
    for backend in ("numpy", NumexprBackend()):
        layers = [cr.layers.Dense(8, activation="tanh"), cr.layers.Dense(3)]
        model = cr.Sequential(layers, input_shape=4)
        random = np.random.default_rng(0)
        x, y = random.normal(size=(60, 4)), random.integers(0, 3, 60)
        loss = "sparse_softmax_cross_entropy"
        model.fit(x, y, loss=loss, epochs=3, seed=1, verbose=0, backend=backend)
        values = model.get_weights().values()
        weights.append(np.concatenate([value.ravel() for value in values]))
    np.testing.assert_allclose(weights[1], weights[0], atol=1e-5)
