"""Helper functions in OpenCL C, with NumPy's behaviour for numbers and for vectors."""

from __future__ import annotations

import re

from chainrule.backends.opencl.source.layout import Floats

_HELPERS = """
#define ALIKE __attribute__((overloadable))
F ALIKE absolute(F x) { return fabs(x); }
F ALIKE maximum(F a, F b) { return ((a >= b) | (a != a)) ? a : b; }
F ALIKE minimum(F a, F b) { return ((a <= b) | (a != a)) ? a : b; }
F ALIKE sign_of(F x) { return x != x ? x : sign(x); }
F ALIKE relu(F x) { return x < 0 ? (F)(0) : x; }
F ALIKE softplus(F x) { return maximum(x, (F)(0)) + log1p(exp(-fabs(x))); }
F ALIKE power(F a, F b) { return POWER; }
F ALIKE sine(F x) { return SINE; }
F ALIKE cosine(F x) { return COSINE; }
#undef ALIKE
"""
_INTEGER_HELPERS = """
#define ALIKE __attribute__((overloadable))
long ALIKE absolute(long x) { return x < 0 ? -x : x; }
long ALIKE maximum(long a, long b) { return a >= b ? a : b; }
long ALIKE minimum(long a, long b) { return a <= b ? a : b; }
long ALIKE sign_of(long x) { return (x > 0) - (x < 0); }
long ALIKE relu(long x) { return x < 0 ? 0 : x; }
#undef ALIKE
"""


def helpers(floats: Floats, width: int) -> str:
    """Return the functions that expressions call, for numbers and for vectors."""
    text = _of_width(floats, 1) + (_of_width(floats, width) if width > 1 else "")
    enable = "#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n"
    return (enable if floats == "double" else "") + text + _INTEGER_HELPERS


def _of_width(floats: Floats, width: int) -> str:
    """Return the functions for vectors of some width, or for numbers.

    On PoCL a lane can spoil its neighbours: a power of float64 where one of them is 0⁰,
    a sine or cosine where one is beyond 10⁹. Such lanes are computed one by one.
    """
    text = _HELPERS
    power, sine, cosine = "pow(a, b)", "sin(x)", "cos(x)"
    if width > 1:
        huge = "any(fabs(x) > (F)(1e6))"
        sine, cosine = (
            f"{huge} ? {_lanes(f'{f}(x.s#)', width)} : {f}(x)" for f in ("sin", "cos")
        )
        if floats == "double":
            power = _lanes("pow(a.s#, b.s#)", width)
    for name, value in (("COSINE", cosine), ("SINE", sine), ("POWER", power)):
        text = text.replace(f"return {name};", f"return {value};")
    own = floats if width == 1 else f"{floats}{width}"
    return re.sub(r"\bF\b", own, text)


def _lanes(text: str, width: int) -> str:
    """Return a vector of which every lane is computed alone."""
    return f"(F)({', '.join(text.replace('#', f'{i:x}') for i in range(width))})"
