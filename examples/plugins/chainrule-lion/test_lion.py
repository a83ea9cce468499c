import chainrule as cr
import numpy as np
import pytest
from chainrule.testing import check_optimizer

from chainrule_lion import Lion


def test_lion() -> None:
    check_optimizer(Lion())
    check_optimizer(Lion(weight_decay=0.1))


def test_every_weight_moves_by_the_learning_rate() -> None:
    w = cr.parameter("w", [1.0, -2.0, 3.0])
    Lion(lr=0.1).minimize(cr.ops.sum(w * w))()
    np.testing.assert_allclose(w.value, [0.9, -1.9, 2.9], rtol=1e-6)


@pytest.mark.parametrize("beta", [-0.1, 1.0])
def test_a_share_lies_between_0_and_1(beta: float) -> None:
    with pytest.raises(cr.errors.HyperparameterError, match="beta_1"):
        Lion(beta_1=beta)
