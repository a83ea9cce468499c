"""Training: from data and a graph to better parameters and a history."""

from chainrule.training.history import History

__all__ = ["History"]
