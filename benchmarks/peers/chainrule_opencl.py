"""chainrule on the OpenCL device that it chooses."""

import os

os.environ["CHAINRULE_BACKEND"] = "opencl"

from benchmarks.peers.chainrule_fit import make

__all__ = ["make"]
