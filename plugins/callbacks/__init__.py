"""The built-in callbacks."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule import hookimpl
from chainrule.kinds.callback import Callback
from chainrule.plugins.callbacks.average import WeightAverage
from chainrule.plugins.callbacks.checkpoint import Checkpoint
from chainrule.plugins.callbacks.plateau import ReduceLROnPlateau
from chainrule.plugins.callbacks.progress import Progress
from chainrule.plugins.callbacks.trajectory import Trajectory
from chainrule.training import History


@hookimpl
def register_callbacks() -> Sequence[type[Callback]]:
    """Return the built-in callbacks."""
    return (History, Progress, Checkpoint, ReduceLROnPlateau, WeightAverage, Trajectory)
