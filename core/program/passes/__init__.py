"""The passes of lowering: each takes root nodes and returns equal, simpler ones.

Some are needed for a program to run at all (a mode is chosen, shapes become concrete,
ops without a kernel are expanded). The others rewrite: they compute the same with less
work, or where the written form overflows. ``rewrite=False`` leaves those out.

What rewriting may change, and what not:

=============================================  =========================================
the value as written is …                      rewritten, it is …
=============================================  =========================================
finite                                         the same up to rounding: of a result, or
                                               of the argument of an exponential; never
                                               infinite or NaN (but for numbers that lie
                                               within a rounding of the largest one)
infinite or NaN because an intermediate        allowed to be the exact value of what is
result overflows or underflows, as in          written, computed in another way
``exp(z) / sum(exp(z))`` for z = 100
inexact because an intermediate result         allowed to be nearer to the exact value
overflows, underflows or cancels
without an exact value, as 0 / 0 or ln(−1)     still not finite
a zero                                         a zero, perhaps of the other sign
computed from numbers below the smallest       what it is if these are zeros
normal one
=============================================  =========================================

The same holds for derivatives: they are those of what is written, also where a form is
computed in another way, and nothing is seen through `stop_gradient` before they are
taken. A rule looks at every operand, each as often as it stands there, at axes and at
shapes, and matches only what it can prove. Programs of both widths share the rules, so
"largest" and "smallest" are those of float32.

Every rule comes with a generator of graphs that contain it (`rule`); the tests take
each graph and near misses of it, and compare values, first and second derivatives with
those of the graph as written.
"""
