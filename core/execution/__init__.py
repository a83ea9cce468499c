"""Execution: opening a backend, and computing nodes on it."""

from chainrule.execution.evaluate import evaluate
from chainrule.execution.opening import open_backend

__all__ = ["evaluate", "open_backend"]
