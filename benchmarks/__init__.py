"""Benchmarks: comparisons in one run, interleaved, medians, as ratios."""
