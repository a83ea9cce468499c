"""Checkpoints: the model, saved while it is trained."""

from __future__ import annotations

from chainrule.annotations import FilePath
from chainrule.kinds.callback import Callback, Run


class Checkpoint(Callback):
    """Save the model after each epoch.

    To resume a training run, load the file with `chainrule.load` and call `fit`.

    Args:
        path: the file; it is replaced each time, and always complete.
    """

    path: FilePath

    def epoch_end(self, run: Run) -> None:
        run.model.save(self.path)
