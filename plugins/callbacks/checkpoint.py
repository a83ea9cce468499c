"""Models written to a file while training goes on."""

from __future__ import annotations

from chainrule.kinds.callback import Callback, Run


class Checkpoint(Callback):
    """Save the model after each epoch.

    A training that was cut short goes on from the file with `chainrule.load` and `fit`.

    Args:
        path: the file; it is replaced each time, and always complete.
    """

    path: str

    def epoch_end(self, run: Run) -> None:
        run.model.save(self.path)
