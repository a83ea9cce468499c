"""Samples of ops: valid operands, so that each op is checked without being listed.

An elementwise op says by its `domain` what it takes. Any other op may have a class
method ``sample(shape, random)`` that returns an op and its operands; for the built-in
ones see `chainrule.testing.built_in_samples`.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from chainrule.errors import ConformanceError
from chainrule.ops import Elementwise, Op
from chainrule.testing.built_in_samples import SAMPLERS, Sample
from chainrule.testing.values import REAL, Sizes, between


def sample(cls: type[Op], shape: Sizes, random: np.random.Generator) -> Sample:
    """Return an op of a class, and operands to apply it to.

    Args:
        cls: the class.
        shape: the shape of the first operand, of at least one axis.
        random: where the operands' values come from.

    Raises:
        ConformanceError: the class does not say what it takes.
    """
    own = getattr(cls, "sample", None)
    if own is not None:
        made: Sample = own(shape, random)
        return made
    if cls in SAMPLERS:
        return SAMPLERS[cls](shape, random)
    operands = tuple(between(domain, shape, random) for domain in domains(cls))
    return cls(), operands


def domains(cls: type[Op]) -> tuple[tuple[float, float], ...]:
    """Return the open interval for each operand of an elementwise op.

    Raises:
        ConformanceError: the class is not elementwise, or has attributes, and has no
            ``sample`` to say what it takes.
    """
    if not issubclass(cls, Elementwise) or not cls.operands or dataclasses.fields(cls):
        raise ConformanceError(
            f"nothing says what {cls.__name__} takes: give it a class method "
            "sample(shape, random) that returns an op and a tuple of operands"
        )
    return (*cls.domain, *[REAL] * (len(cls.operands) - len(cls.domain)))
