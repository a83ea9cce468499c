"""PyTorch with torch.compile, which needs a C++ compiler."""

import torch

from benchmarks.peers import pytorch


def make(case):
    """Return a `run` of steps whose forward and backward are compiled."""
    return pytorch.make(case, torch.compile)
