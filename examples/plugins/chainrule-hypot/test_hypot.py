import chainrule as cr
import numpy as np
import pytest
from chainrule.testing import check_derivatives, check_op

from chainrule_hypot import Hypot


def test_hypot() -> None:
    check_op(Hypot())


def test_derivatives_of_sums_over_broadcast_axes() -> None:
    values = [np.array([[1.0], [-2], [3]]), np.array([0.5, -1, 2, 4])]
    check_derivatives(lambda a, b: cr.ops.sum(Hypot()(a, b)), values)


def test_its_form_for_other_backends_is_the_same() -> None:
    a, b = cr.input("a", (4,)), cr.input("b", (4,))
    values = {a: np.array([3e30, 0, 1e-30, -5]), b: np.array([4e30, 0, 0, 12])}
    got = cr.evaluate([Hypot()(a, b), Hypot().expand(a, b)], values)
    for result in got:
        np.testing.assert_allclose(result, [5e30, 0, 1e-30, 13], rtol=1e-6)


@pytest.mark.parametrize("backend", ["numpy", "opencl"])
def test_its_kernels(backend: str) -> None:
    a = cr.input("a", (4,))
    values = {a: np.array([3e30, 0, 3e-30, -12])}
    other = np.array([4e30, 0, 4e-30, 5], np.float32)
    try:
        (y,) = cr.evaluate([cr.ops.hypot(a, other)], values, backend=backend)
    except cr.errors.BackendError as error:
        pytest.skip(str(error))
    np.testing.assert_allclose(y, [5e30, 0, 5e-30, 13], rtol=1e-6)
