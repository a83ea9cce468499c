"""Programs: graphs made ready to run, and the lowering that makes them so."""

from chainrule.program.flat import Flat, Pack
from chainrule.program.phase import Phase, Stage
from chainrule.program.program import LEARNING_RATE, STEP, Program

__all__ = ["LEARNING_RATE", "STEP", "Flat", "Pack", "Phase", "Program", "Stage"]
