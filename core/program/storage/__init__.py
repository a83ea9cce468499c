"""Storage: where the results of a program live, as any backend can decide it."""

from chainrule.program.storage.best_fit import FreeBlocks
from chainrule.program.storage.destinations import Destination, destinations
from chainrule.program.storage.liveness import Liveness, readers
from chainrule.program.storage.views import VIEWS, Layout, row_major, view_of

__all__ = [
    "VIEWS", "Destination", "FreeBlocks", "Layout", "Liveness", "destinations",
    "readers", "row_major", "view_of",
]  # fmt: skip
