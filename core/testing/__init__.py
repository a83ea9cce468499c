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
from chainrule.testing.figures import check_figure
from chainrule.testing.losses import check_loss
from chainrule.testing.modules import check_activation, check_layer
from chainrule.testing.ops import check_op
from chainrule.testing.others import check_command, check_dataset, check_renderer
from chainrule.testing.parity import check_parity
from chainrule.testing.parity_cases import parity_cases
from chainrule.testing.pictures import check_picture
from chainrule.testing.reports import check_plugin
from chainrule.testing.runs import check_callback, check_metric, check_schedule

__all__ = [
    "ConformanceError",
    "check_activation",
    "check_backend",
    "check_callback",
    "check_command",
    "check_component",
    "check_dataset",
    "check_derivatives",
    "check_figure",
    "check_initializer",
    "check_layer",
    "check_loss",
    "check_metric",
    "check_op",
    "check_optimizer",
    "check_parity",
    "check_picture",
    "check_plugin",
    "check_regularizer",
    "check_renderer",
    "check_schedule",
    "example",
    "parity_cases",
]  # fmt: skip
