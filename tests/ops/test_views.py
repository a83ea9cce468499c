"""Computing on a view never overwrites what the view shows."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import ops


@pytest.mark.parametrize(
    "view",
    [
        lambda y: ops.broadcast_to(y, (1,)),
        lambda y: ops.expand_dims(y, 0),
        lambda y: ops.reshape(y, (1, 1)),
        ops.identity,
    ],
    ids=["broadcast_to", "expand_dims", "reshape", "identity"],
)
def test_an_op_on_a_view_of_one_number(view) -> None:
    x = cr.input("x", (3,))
    y = ops.logsumexp(x)
    (got,) = cr.evaluate([ops.tanh(view(y))], {x: [0.0, 0.0, 0.0]})
    np.testing.assert_allclose(got.item(), np.tanh(np.log(3)), rtol=1e-6)


def test_views_of_an_input_leave_the_array_that_was_fed() -> None:
    x = cr.input("x", (2, 3))
    fed = np.arange(6.0, dtype=np.float32).reshape(2, 3)
    before = fed.copy()
    row = ops.exp(-x.T[0])
    cr.evaluate([row, ops.square(x.reshape(6)), x[:, 1:] * 2], {x: fed})
    np.testing.assert_array_equal(fed, before)
