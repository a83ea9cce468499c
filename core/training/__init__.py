"""Training: from data and a graph to better parameters and a history."""

from chainrule.training.history import History
from chainrule.training.run import Run

__all__ = ["History", "Run"]
