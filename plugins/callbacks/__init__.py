"""Built-in callbacks."""

from __future__ import annotations

from chainrule.kinds.callback import Callback
from chainrule.plugins.callbacks.checkpoint import Checkpoint
from chainrule.plugins.callbacks.progress import Progress
from chainrule.registry.hooks import hookimpl
from chainrule.training import History


@hookimpl
def register_callbacks() -> list[type[Callback]]:
    """Return the built-in callbacks."""
    return [History, Progress, Checkpoint]
