"""Training: from data and a graph to a history and better parameters."""

from chainrule.training.history import History
from chainrule.training.run import Run

__all__ = ["History", "Run"]
