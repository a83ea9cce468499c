"""Parameters: their values are replaced by arrays of the same shape."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import GraphError


@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_step_of_gradient_descent_by_hand(shape, dtype):
    w = cr.parameter("w", np.full(shape, 2.0, dtype))
    (g,) = cr.grad(cr.ops.sum(cr.ops.square(w)), [w])
    for wanted in (1.6, 1.28, 1.024):
        (slope,) = cr.evaluate([g])
        w.value = w.value - 0.1 * slope
        assert isinstance(w.value, np.ndarray)
        assert w.value.shape == shape
        np.testing.assert_allclose(w.value, wanted, rtol=1e-5)


def test_a_number_takes_the_dtype_of_the_parameter():
    w = cr.parameter("w", np.float32(2))
    w.value = 3.5
    assert w.value.dtype == np.float32


@pytest.mark.parametrize("value", [np.ones(3), [1.0], "x", np.array("x"), None])
def test_what_does_not_fit_is_refused(value):
    w = cr.parameter("w", 2.0)
    with pytest.raises(cr.errors.GraphError, match="'w' must be numbers of shape"):
        w.value = value


def test_integers_that_no_integer_of_64_bits_holds_are_refused_by_name():
    with pytest.raises(GraphError, match=r"to 2⁶³ − 1, got 1180591620717411303424;"):
        cr.constant([1, 2**70])
