"""Differences of what is nearly equal, whose digits would cancel.

Their derivatives have all digits as they are written, so they stay.
"""

from __future__ import annotations

from chainrule.ops import maximum, softplus
from chainrule.program.passes.rule import law

CANCELLING = (
    law(
        "softplus(z) − y · z = softplus(−|z|) + (max(z, 0) − y · z)",
        lambda y, z: softplus(z) - y * z,
        lambda y, z: softplus(-abs(z)) + (maximum(z, 0.0) - y * z),
    ),
    law(
        "softplus(z) − z = softplus(−z)",
        lambda z: softplus(z) - z,
        lambda z: softplus(-z),
    ),
)
