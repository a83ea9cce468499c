"""Check an op: shape, dtype, derivatives, open batch, expansion, notation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.errors import ChainRuleError, ConformanceError
from chainrule.node import Parameter
from chainrule.ops import Elementwise, Op, StopGradient
from chainrule.testing.conforming import conforming
from chainrule.testing.derivatives import check_derivatives
from chainrule.testing.everywhere import check_drawn, check_on_backends
from chainrule.testing.functions import Operand, applied, leaves_for
from chainrule.testing.properties import check_equal, check_open_batch, check_result
from chainrule.testing.samples import sample
from chainrule.testing.values import Array
from chainrule.testing.written import check_notation


@conforming
def check_op(
    op: Op | type[Op], operands: Sequence[Operand] | None = None, *, seed: int = 0
) -> None:
    """Check an op: shape, dtype, derivatives, open batch, expansion, notation.

    Args:
        op: the op; or its class, to check a sample of it.
        operands: what to apply it to; None for those of a sample, which is also drawn
            and computed on every backend.
        seed: the seed of the sample and of random directions.

    Raises:
        ConformanceError: the op breaks its contract; says how.
    """
    sampled = operands is None
    if isinstance(op, type):
        op, operands = sample(op, (2, 3), np.random.default_rng(seed))
    elif operands is None:
        operands = sample(type(op), (2, 3), np.random.default_rng(seed))[1]
    values = [x for x in operands if not isinstance(x, Parameter)]
    function = applied(op, operands)
    check_result(function, values)
    check_open_batch(function, values)
    if not isinstance(op, StopGradient):
        check_derivatives(function, values, seed=seed)
    check_notation(function(*leaves_for(values)))
    if sampled:
        _check_broadcasting(op, values, seed)
        check_drawn(function(*leaves_for(values)))
        check_on_backends(op)
    if op.expands():
        check_equal(function, applied(op.expand, operands), values, "expand()")


def _check_broadcasting(op: Op, values: Sequence[Array], seed: int) -> None:
    """Check an elementwise op with one operand that is repeated along an axis."""
    shapes = {value.shape for value in values}
    if not isinstance(op, Elementwise) or len(values) < 2 or len(shapes) > 1:
        return
    for k in range(len(values)):
        narrow = [x[:1] if i == k else x for i, x in enumerate(values)]
        function = applied(op, narrow)
        try:
            check_result(function, narrow)
            check_derivatives(function, narrow, seed=seed)
        except ChainRuleError as error:
            shape = narrow[k].shape
            raise ConformanceError(
                f"with operand {k} of shape {shape}, which broadcasts: {error}"
            ) from error
