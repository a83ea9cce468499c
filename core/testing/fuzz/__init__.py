"""Fuzzing: random graphs, computed as they are written and with all passes.

A graph comes from one of two places. It contains the pattern of a rewriting rule, or a
near miss of it (`sources`, `nearby`); or it is grown at random, of every op that is
registered (`registered`). With its first and second derivatives it is a `Problem`. Many
of them make a `Trial`: they are interpreted node by node, and lowered together and run
in several ways (`check`), and the values are compared (`verdict`). Where they differ, a
computation with 50 digits decides which is right (`exact`).
"""

from chainrule.testing.fuzz.problem import Problem

__all__ = ["Problem"]
