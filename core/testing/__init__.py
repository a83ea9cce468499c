"""Checks of components, for the tests of a plugin.

::

    from chainrule.testing import check_activation

    def test_swish():
        check_activation(Swish())

They raise `ConformanceError`, which is an `AssertionError`. The built-in components
must pass the same checks.
"""

from __future__ import annotations

from chainrule.errors import ConformanceError
from chainrule.testing.backends import check_backend
from chainrule.testing.components import (
    check_component,
    check_initializer,
    check_optimizer,
    check_regularizer,
)
from chainrule.testing.derivatives import check_derivatives
from chainrule.testing.examples import example
from chainrule.testing.losses import check_loss
from chainrule.testing.modules import check_activation, check_layer
from chainrule.testing.ops import check_op
from chainrule.testing.parity import check_parity
from chainrule.testing.parity_cases import parity_cases
from chainrule.testing.pictures import check_picture

__all__ = [
    "ConformanceError", "check_activation", "check_backend", "check_component",
    "check_derivatives", "check_initializer", "check_layer", "check_loss", "check_op",
    "check_optimizer", "check_parity", "check_picture", "check_regularizer", "example",
    "parity_cases",
]  # fmt: skip
