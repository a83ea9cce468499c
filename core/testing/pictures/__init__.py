"""Pictures, checked: a diagram, and random networks drawn in every way.

``python -m chainrule.testing.pictures --count 1000`` draws as many.
"""

from __future__ import annotations

from chainrule.testing.pictures.check import check_picture

__all__ = ["check_picture"]
