"""Lowering: a program becomes launches of kernels, and memory for all they use."""
